"""Customers on demand: background traffic and load tests, both one Locust program in a process of its own.

`run` is what the session uses and never imports locust (importing it monkey-patches the process); the program
itself is `python -m lab.load`; `export` writes the same load as a locustfile.
"""
