"""Faultlab: a sandbox microservice lab that teaches incidents with live evidence."""

__version__ = "0.1.0"
