"""Paths as people write them."""

import os
from pathlib import Path


def path_of(text: str) -> Path:
    """`~` and `~name` are somebody's home, as in a shell; a name that nobody has stays as it is written."""
    return Path(os.path.expanduser(text))  # Path.expanduser raises RuntimeError instead
