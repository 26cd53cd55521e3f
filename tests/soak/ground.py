"""What a mistreated lab stands on: a small disk of its own, a clock that can be set, short scenarios."""

import contextlib
import os
import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
from whole_lab import WholeLab

from lab.remote.home import address

ROOT = Path(__file__).parents[2]
DISK_MB = 192
SHIM = Path(__file__).with_name("shim.c")
SHORT = """
windows:
  learn: {baseline: 2s, symptoms: 30s, load: 0.2}
  prove: {baseline: 2s, symptoms: 30s, load: 0.2}
"""
INCIDENTS = ("rate-limit", "contract-break", "all-quiet")
LESSONS = ("api-basics",)


class Ground:
    """A folder for one home; where this machine allows it, a disk that can be full and a clock that can be wrong."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.disk = folder / "disk"
        self.disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(self.disk)]
        self.small = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        self.library = _compiled(folder)
        self.scenarios = {name: _in_a_hurry(name, folder / "scenarios" / name) for name in INCIDENTS}
        self.scenarios |= {name: name for name in LESSONS}

    def lab(self) -> "Soaked":
        """The lab that lives here."""
        return Soaked(self.disk / "home", self.library)

    def set_clock(self, seconds: int) -> None:
        """Put the lab's wall clock forward, or back; 0 puts it right."""
        self._switch(0, seconds)

    def slow_down_disk(self, seconds: float) -> None:
        """Let each flush to disk take that much longer; 0 ends it."""
        self._switch(8, round(seconds * 1e6))

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        """Not a byte is free meanwhile."""
        filler = self.disk / "filler"
        with filler.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        try:
            yield
        finally:
            filler.unlink()

    def close(self) -> None:
        """Take the disk away."""
        if self.small:
            subprocess.run(["umount", "-l", str(self.disk)], check=True)

    def _switch(self, offset: int, value: int) -> None:
        assert self.library is not None
        with Path(f"{self.library}.switch").open("r+b") as file:
            file.seek(offset)
            file.write(struct.pack("=q", value))


class Soaked(WholeLab):
    """`lab` with the shim loaded."""

    def __init__(self, home: Path, library: Path | None) -> None:
        super().__init__(home)
        self._library = library

    def env(self) -> dict[str, str]:
        """A new user's environment, and the shim."""
        return super().env() | ({} if self._library is None else {"LD_PRELOAD": str(self._library)})

    def console(self) -> psutil.Process | None:
        """The console's process, also when its address file is damaged."""
        known = address(self.home)
        try:
            return None if known is None else psutil.Process(known.pid)
        except psutil.NoSuchProcess:
            return None

    def journal(self) -> Path | None:
        """The newest session's journal."""
        return max((self.home / "sessions").glob("*/journal.jsonl"), key=_changed, default=None)


def _changed(path: Path) -> float:
    return path.stat().st_mtime


def _compiled(folder: Path) -> Path | None:
    compiler = shutil.which("cc")
    if compiler is None or os.name != "posix":
        return None
    library = folder / "ground.so"
    build = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SHIM), "-ldl"]
    if subprocess.run(build, capture_output=True, check=False).returncode != 0:
        return None
    Path(f"{library}.switch").write_bytes(bytes(16))
    return library


def _in_a_hurry(name: str, folder: Path) -> str:
    """A copy of an incident whose parts are short."""
    shutil.copytree(ROOT / "scenarios" / name, folder)
    file = folder / "scenario.yaml"
    text = re.sub(r"\nwindows:.*?(?=\n\S|\Z)", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    file.write_text(text.rstrip("\n") + "\n" + SHORT, encoding="utf-8")
    return str(folder)
