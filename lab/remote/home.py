"""LAB_HOME: the one directory a lab keeps its state in, and what its console left there."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.core.errors import EnvironmentLacks
from lab.core.paths import path_of


@dataclass(frozen=True, slots=True)
class Address:
    """Where a console said it listens; it may be gone by now."""

    url: str
    pid: int
    """0 for a console in a container."""
    nonce: str
    project: str = ""
    """The containers it runs in, as Compose calls them; empty: it is a process of this machine."""
    contained: bool = False
    """Whether this command runs in the console's own container."""


def home() -> Path:
    """$LAB_HOME, else the user's state directory; not created."""
    given = os.environ.get("LAB_HOME")
    return path_of(given).absolute() if given else usual_home()


def usual_home() -> Path:
    """The user's state directory."""
    from platformdirs import user_state_path

    return user_state_path("faultlab", appauthor=False)


def made(directory: Path) -> Path:
    """The directory, writable, created if need be and then for its owner alone; EnvironmentLacks otherwise."""
    try:
        # keys of a run, answers, progress: nobody else on this machine needs them
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = directory / f".write-{os.getpid()}"
        probe.write_bytes(b"faultlab")
        probe.unlink()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise EnvironmentLacks(
            f"The lab cannot write to its directory {directory}: {reason}.",
            "Make room or permission there, or choose another directory with the LAB_HOME variable; "
            "`lab doctor` checks it.",
        ) from None
    return directory


def address(directory: Path) -> Address | None:
    """What console.json says, or the lock that the console holds, should that file be damaged; None without either."""
    return _address_in(directory / "console.json") or _address_in(directory / "console.lock")


def _address_in(file: Path) -> Address | None:
    try:
        written: Any = json.loads(file.read_text(encoding="utf-8"))
        return Address(
            str(written["url"]).rstrip("/"),
            int(written["pid"]),
            str(written["nonce"]),
            project=str(written.get("project", "")),
            contained=written.get("contained") is True,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
