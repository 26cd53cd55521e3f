"""The project's docker-compose.yml, driven for one lab: the image built when the code has changed, containers up."""

import hashlib
import os
import re
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import lab
from lab.containers.engine import Engine
from lab.containers.troubles import explained
from lab.core.errors import EnvironmentLacks

FILE = "docker-compose.yml"
BUILT_FROM = ("Dockerfile", "pyproject.toml", "requirements.lock", "lab", "services", "scenarios")
"""What is in the image; .dockerignore says the same."""
SHOWN_AT = "/scenarios"
"""Where the console's container has scenarios of somebody's own."""
_STEP = re.compile(r"^#\d+ \[(?:\S+ )?(builder|stage-1) +(\d+)/(\d+)\] ")
_KEPT_LINES = 40

Going = Callable[[str], None]
"""Called with what is going on."""


@dataclass(frozen=True)
class Published:
    """The ports on this machine."""

    console: int
    gateway: int


def folder() -> Path:
    """Where docker-compose.yml is: beside the package in a clone, else here; EnvironmentLacks in neither."""
    for place in (Path(lab.__file__).parents[1], Path.cwd()):
        if (place / FILE).is_file() and (place / "lab").is_dir():
            return place
    raise EnvironmentLacks(
        "Containers are built from the project's folder, and this is an installed lab without it.",
        "Start it from a clone (`cd faultlab`, then `make start` sets it up), or leave out `--runtime compose`.",
    )


def image() -> str:
    """The image of the console and of each service."""
    return os.environ.get("LAB_IMAGE") or "faultlab"


def name_for(home: Path, usual: Path) -> str:
    """The lab's project, as Compose names it; each home has its own, the usual one the plain name."""
    if home == usual:
        return "faultlab"
    return f"faultlab-{hashlib.sha256(str(home).encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Project:
    """One lab's containers, as docker-compose.yml describes them."""

    folder: Path
    name: str
    published: Published
    scenarios: Path | None = None
    """A scenario, or a folder of some, that is shown to the console besides those of the image."""

    def source(self) -> str:
        """Changes whenever anything in the image would."""
        digest = hashlib.sha256()
        for path in _files(self.folder):
            digest.update(str(path.relative_to(self.folder)).encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()[:16]

    def build(self, engine: Engine, going: Going) -> bool:
        """Build the image unless it was built from this code; whether it was. LabError when it cannot be."""
        source = self.source()
        if engine.source_of(image()) == source:
            return False

        def tell(line: str) -> None:
            if step := _STEP.match(line):
                part = "libraries and code" if step[1] == "builder" else "putting it together"
                going(f"Building the image: {part}, step {step[2]} of {step[3]}")

        self._run(["--progress", "plain", "build", "lab"], "The image could not be built", tell, LAB_SOURCE=source)
        return True

    def up(self, looking: Callable[[], None]) -> None:
        """Create and start the containers; `looking` is called while that goes on. LabError when it fails."""
        self._run(["--progress", "plain", "up", "--detach", "--no-build"], "The containers could not be started",
                  lambda _line: None, looking)  # fmt: skip

    def _run(
        self,
        words: list[str],
        doing: str,
        tell: Callable[[str], None],
        looking: Callable[[], None] = lambda: None,
        **env: str,
    ) -> None:
        command = ["docker", "compose", "--file", str(self.folder / FILE), "--project-name", self.name, *words]
        try:
            process = subprocess.Popen(  # noqa: S603 - Docker's own program, no shell
                command,
                cwd=self.folder,
                env={**os.environ, **self._env(), **env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise EnvironmentLacks(f"Docker cannot be run: {error.strerror}.", "See `lab doctor`.") from None
        said: deque[str] = deque(maxlen=_KEPT_LINES)
        assert process.stdout is not None
        reading = threading.Thread(target=_read, args=(process.stdout, said, tell), daemon=True)
        with process:
            reading.start()
            try:
                while process.poll() is None:
                    looking()
                    time.sleep(0.05)
            except BaseException:
                process.terminate()
                raise
            finally:
                reading.join()
        if process.returncode:
            raise explained("\n".join(said), doing)

    def _env(self) -> dict[str, str]:
        """What docker-compose.yml asks for."""
        env = {
            "LAB_ID": self.name,
            "LAB_PORT": str(self.published.console),
            "GATEWAY_PORT": str(self.published.gateway),
            "TZ": os.environ.get("TZ") or local_zone(),
        }
        if self.scenarios is None:
            return env
        single = (self.scenarios / "scenario.yaml").is_file()
        shown_at = f"{SHOWN_AT}/{self.scenarios.name}" if single else SHOWN_AT
        return {**env, "LAB_SCENARIOS": str(self.scenarios), "LAB_SCENARIOS_AT": shown_at}


def local_zone() -> str:
    """This machine's offset from UTC as the TZ variable says it without a zone's name: `<+02>-2`."""
    minutes = (time.localtime().tm_gmtoff or 0) // 60
    sign, (hours, rest) = ("-" if minutes < 0 else "+"), divmod(abs(minutes), 60)
    west = "+" if minutes < 0 else "-"  # there the sign counts westwards
    return f"<{sign}{hours:02}{f'{rest:02}' if rest else ''}>{west}{hours}{f':{rest:02}' if rest else ''}"


def _files(folder: Path) -> Iterator[Path]:
    for name in BUILT_FROM:
        place = folder / name
        found = [place] if place.is_file() else sorted(place.rglob("*"))
        yield from (path for path in found if path.is_file() and "__pycache__" not in path.parts)


def _read(stream: IO[str], said: deque[str], tell: Callable[[str], None]) -> None:
    for line in stream:
        said.append(line)
        tell(line.rstrip())
