"""The commands that the documentation prints, and a shell to run them in as a stranger would."""

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

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELLS = ("sh", "console", "powershell")
REMARK = re.compile(r"\s+# .*$")
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


def block_of(page: Path, language: str) -> str:
    """The page's first block in this language."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return next(block for found, block in FENCE.findall(text) if found == language)


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

    def env(self) -> dict[str, str]:
        """What a fresh account has, and no more; a browser that opens nothing."""
        kept = {name: os.environ[name] for name in ("TZ", "LAB_NO_FORK") if name in os.environ}
        path = f"{BIN}{os.pathsep}/usr/local/bin{os.pathsep}/usr/bin{os.pathsep}/bin"
        return kept | {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8", "BROWSER": "true", "COLUMNS": "80"}

    def clone(self, name: str = "faultlab") -> None:
        """The project's folder as a clone that is set up already: its files, and its environment, by links."""
        clone = self.folder / name
        clone.mkdir()
        for entry in ROOT.iterdir():
            if entry.name not in (".git", ".venv", "build", "site", "dist"):
                (clone / entry.name).symlink_to(entry)
        (clone / ".venv").symlink_to(sys.prefix)

    def run(self, commands: Sequence[str], within_s: float = 300) -> list[Ran]:
        """Run them in one shell, one after the other, so that `cd` and `export` last; each to its end."""
        self._outputs.joinpath("codes").write_text("")
        script = []
        for command in commands:
            self._count += 1
            at = self._outputs / str(self._count)
            script.append(f"{{ {command}\n}} >{at}.out 2>{at}.err </dev/null; echo $? >>{self._outputs}/codes")
        first = self._count - len(commands) + 1
        subprocess.run(
            [shutil.which("bash") or "bash", "--noprofile", "--norc", "-c", "\n".join(script)],
            cwd=self.folder,
            env=self.env(),
            timeout=within_s,
            check=False,
        )
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

    def _consoles(self) -> Iterator[psutil.Process]:
        for file in self.home.parent.rglob("console.json"):
            try:
                yield psutil.Process(json.loads(file.read_text(encoding="utf-8"))["pid"])
            except (OSError, ValueError, psutil.NoSuchProcess):
                continue
