"""What stands in a file that a command names, or comes on stdin."""

import sys

from lab.core.errors import UsageError
from lab.core.paths import path_of


def read(name: str) -> str:
    """The text of a file, or of stdin for `-`; UsageError when it cannot be read as UTF-8, with or without a mark."""
    try:
        return sys.stdin.read() if name == "-" else path_of(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8 text"
        raise UsageError(f"{name} cannot be read: {reason.lower()}.", "Check the file's name.") from None
