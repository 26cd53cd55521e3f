"""Beanline, the online coffee-bean shop that learners investigate."""
