"""Other programs to measure beside ours, fetched into a cache folder: `BENCH_CACHE`, else `.bench/`.

A peer that cannot be had raises Lacking, and the page says so.
"""

import os
from pathlib import Path

CACHE = Path(os.environ.get("BENCH_CACHE") or Path(__file__).parents[2] / ".bench")


class Lacking(Exception):
    """The peer cannot be had here; why, in a few words."""
