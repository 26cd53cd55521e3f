"""The commands that the documentation prints, and a shell to run them in as a stranger would."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from lab.core import ports

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
PORTS = re.compile(r"\b(7700|7710|8003|8010|9100|9101|9102)\b")
"""Ports that pages print; somebody else on this machine may have them."""
SHELLS = ("sh", "console", "powershell")
REMARK = re.compile(r"\s+# .*$")
MARKS = (".installed", ".dev")
BIN = Path(sys.prefix) / "bin"


def pages() -> list[Path]:
    """Every page for people, as a path below the project's folder."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page.relative_to(ROOT) for page in found if "generators" not in page.parts]


def printed(page: Path) -> list[str]:
    """Every command of a page, in order: all lines of its shell blocks, and in others those behind a `$`."""
    found = []
    for language, block in FENCE.findall((ROOT / page).read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.startswith("$ ") or (language in SHELLS and line.strip()):
                found.append(REMARK.sub("", line.removeprefix("$ ")).strip())
    return found


def files(page: Path) -> dict[str, str]:
    """The files that a page has its reader make: blocks below a line such as `stock.py`:"""
    return dict(FILE.findall((ROOT / page).read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Ran:
    """A command and how it ended."""

    command: str
    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"{self.command}\n  ended with {self.code}\n{self.out[-1500:]}{self.err[-1500:]}"


class Stranger:
    """Somebody with a home of their own, an empty folder to work in, and `lab` on the path."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.folder = folder / "work"
        self._outputs = folder / "outputs"
        for one in (self.home, self.folder, self._outputs):
            one.mkdir(parents=True)
        self._count = 0
        self._ports: dict[str, str] = {}

    def env(self) -> dict[str, str]:
        """What a fresh account has, and no more; a browser that opens nothing."""
        kept = {name: os.environ[name] for name in ("TZ", "LAB_NO_FORK") if name in os.environ}
        path = f"{BIN}{os.pathsep}/usr/local/bin{os.pathsep}/usr/bin{os.pathsep}/bin"
        return kept | {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8", "BROWSER": "true", "COLUMNS": "80"}

    def clone(self, name: str = "faultlab") -> None:
        """The project's folder as a clone that is set up already: its files, and its environment, by links.

        The marks of being set up are the clone's own: without them `make` would install the clone into our environment.
        """
        clone = self.folder / name
        clone.mkdir()
        for entry in ROOT.iterdir():
            if entry.name not in (".git", ".venv", "build", "site", "dist"):
                (clone / entry.name).symlink_to(entry)
        programs = clone / ".venv/bin"
        programs.mkdir(parents=True)
        for entry in (*(one for one in Path(sys.prefix).iterdir() if one.name != "bin"), *BIN.iterdir()):
            if entry.name not in MARKS:
                ((programs if entry.parent == BIN else programs.parent) / entry.name).symlink_to(entry)
        for mark in MARKS:
            (programs / mark).touch()

    def write(self, name: str, text: str) -> None:
        """Make a file in the folder."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(self._with_ports(text), encoding="utf-8")

    def _with_ports(self, text: str) -> str:
        def free(found: re.Match[str]) -> str:
            if found[0] not in self._ports:
                (port,) = ports.pick(1)
                self._ports[found[0]] = str(port)
            return self._ports[found[0]]

        return PORTS.sub(free, text)

    def run(self, commands: Sequence[str], within_s: float = 800) -> list[Ran]:
        """Run them in one shell, one after the other, so that `cd` and `export` last; each to its end."""
        self._outputs.joinpath("codes").write_text("")
        script = []
        for command in commands:
            self._count += 1
            at = self._outputs / str(self._count)
            script.append(
                f"{{ {self._with_ports(command)}\n}} >{at}.out 2>{at}.err </dev/null; echo $? >>{self._outputs}/codes"
            )
        first = self._count - len(commands) + 1
        shell = subprocess.Popen(
            [shutil.which("bash") or "bash", "--noprofile", "--norc", "-m", "-c", "\n".join(script)],
            cwd=self.folder,
            env=self.env(),
            start_new_session=True,
        )
        try:
            shell.wait(within_s)
        finally:
            for left in self._of(shell.pid):
                left.kill()
            shell.wait()
        codes = self._outputs.joinpath("codes").read_text().split()
        texts = [
            [self._outputs.joinpath(f"{number}.{end}").read_text(encoding="utf-8") for end in ("out", "err")]
            for number in range(first, first + len(codes))
        ]
        return [Ran(command, int(code), *said) for command, code, said in zip(commands, codes, texts, strict=False)]

    def leave(self) -> None:
        """End every lab that was started below this home, by pid."""
        for lab in self._consoles():
            tree = [lab, *lab.children(recursive=True)]
            for process in tree:
                try:
                    process.kill()
                except psutil.NoSuchProcess:
                    continue
            psutil.wait_procs(tree, timeout=5)

    @staticmethod
    def _of(session: int) -> Iterator[psutil.Process]:
        """What still runs in the shell's session: programs that were left in the background."""
        for process in psutil.process_iter():
            with contextlib.suppress(OSError, psutil.Error):
                if os.getsid(process.pid) == session:
                    yield process

    def _consoles(self) -> Iterator[psutil.Process]:
        for file in self.home.parent.rglob("console.json"):
            try:
                yield psutil.Process(json.loads(file.read_text(encoding="utf-8"))["pid"])
            except (OSError, ValueError, psutil.NoSuchProcess):
                continue
