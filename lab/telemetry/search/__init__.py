"""Searches compiled to SQL: `matching` says what a query means, this finds it without reading everything."""
