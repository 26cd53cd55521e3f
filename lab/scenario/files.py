"""Reading a scenario's files, which a stranger may have made: plain files of a modest size that are in its folder."""

import stat
from pathlib import Path

LARGEST_BYTES = 1024 * 1024


class UnfitFileError(OSError):
    """A file that a scenario may not have; `strerror` says why."""

    def __init__(self, why: str, path: Path) -> None:
        super().__init__(0, why, str(path))


def read_text(path: Path) -> str:
    """The text of one file of a scenario's folder.

    OSError when there is none, UnicodeDecodeError when it is not UTF-8. UnfitFileError for a link out of the folder
    (it would show somebody's own files as a lesson), for anything but a plain file (a pipe would be waited for
    forever), and for one that is too large.
    """
    if not path.resolve().is_relative_to(path.parent.resolve()):
        raise UnfitFileError("it leads out of the scenario's folder", path)
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise UnfitFileError("it is not a plain file", path)
    if found.st_size > LARGEST_BYTES:
        raise UnfitFileError(f"it is larger than {LARGEST_BYTES // 1024} kB", path)
    return path.read_text(encoding="utf-8")
