"""Paths as people write them."""

import os
from pathlib import Path

from lab.core.errors import NotFound


def path_of(text: str) -> Path:
    """`~` and `~name` are somebody's home, as in a shell; a name that nobody has stays as it is written.

    NotFound for what no file can be called: the functions that look at files would raise ValueError.
    """
    try:
        if "\0" in text:
            raise ValueError
        os.fsencode(text)
    except ValueError:
        what = f"{text!r} cannot be a path: it holds a character that no file's name may have."
        raise NotFound(what, "Check how it is written.") from None
    return Path(os.path.expanduser(text))  # Path.expanduser raises RuntimeError instead
