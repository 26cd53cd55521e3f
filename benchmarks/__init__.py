"""Measurements against budgets, each beside a mark of the same minutes: `python -m benchmarks`, or `make bench`.

One file per theme in `themes/`; what it starts beside the lab's own programs is in `programs/` and `peers/`.
"""
