"""LAB_HOME: the one directory a lab keeps its state in, and what its console left there."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.core.errors import EnvironmentLacks


@dataclass(frozen=True, slots=True)
class Address:
    """Where a console said it listens; it may be gone by now."""

    url: str
    pid: int
    nonce: str


def home() -> Path:
    """$LAB_HOME, else the user's state directory; not created."""
    given = os.environ.get("LAB_HOME")
    if given:
        return Path(given).expanduser().absolute()
    from platformdirs import user_state_path

    return user_state_path("faultlab", appauthor=False)


def made(directory: Path) -> Path:
    """The directory, created if need be and writable; EnvironmentLacks otherwise."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
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
    """What console.json says; None without a readable one."""
    try:
        text = (directory / "console.json").read_text(encoding="utf-8")
        written: Any = json.loads(text)
        return Address(str(written["url"]).rstrip("/"), int(written["pid"]), str(written["nonce"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
