"""Child processes: started plainly, or forked from a warmed one; none outlives the process that started it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lab.processes.child import Child as Child

PASSED_ON = (
    "PATH",
    "LD_PRELOAD",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "VIRTUAL_ENV",
)


@dataclass(frozen=True)
class Program:
    """What to run. Secrets go by standard input or by files, never by `command` or `env`."""

    title: str
    """What lists of processes show where it can be chosen."""
    command: tuple[str, ...]
    """`python` as its first word means this interpreter."""
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    """Beside the few variables that any program needs."""
    log: Path | None = None
    """The file its standard error is appended to; None: `Child.stderr`."""
    shown: bool = False
    """Whether its standard output goes where ours goes, instead of to `Child.stdout`."""

    @property
    def module(self) -> str | None:
        """`x.y` when the command is `python -m x.y` and nothing more."""
        python, *rest = self.command
        return rest[1] if python == "python" and len(rest) == 2 and rest[0] == "-m" else None


class Launcher(Protocol):
    """Starts programs."""

    async def start(self, program: Program) -> Child:
        """The running child; EnvironmentLacks when it cannot be started."""
        ...


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """A child's environment: the few variables any program needs, and its own."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, "PYTHONUTF8": "1", "EXIT_WITH_PARENT": "1", **more}
