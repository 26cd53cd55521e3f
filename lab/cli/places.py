"""Where a console lives: a process of this machine, containers, or the very container that this command runs in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from lab.cli.command import Lab
from lab.cli.live import progress
from lab.core.errors import EnvironmentLacks, NothingRunning, UsageError
from lab.remote import home as homes
from lab.remote import spawn
from lab.remote.client import Console

EMBEDDED, COMPOSE = "embedded", "compose"


class Place(Protocol):
    """A console that this command starts."""

    runtime: str

    def opened(self) -> Console:
        """The console, started if need be, and answering."""
        ...

    def scenario(self, given: str | None) -> str | None:
        """A scenario's name or path as the console knows it."""
        ...

    def end(self) -> bool:
        """End what this command started; False when something was there before, and goes on."""
        ...

    def let_go(self) -> None:
        """Leave it running after this program."""
        ...


class Detached:
    """A process of this machine."""

    runtime = EMBEDDED

    def __init__(self, lab: Lab, port: int | None, scenarios: Sequence[Path]) -> None:
        self._home = lab.home
        self._port = port
        self._scenarios = scenarios
        self._process: Any = None

    def opened(self) -> Console:
        """As Place.opened."""
        self._process = spawn.launch(self._home, port=self._port, scenarios=self._scenarios)
        return spawn.ready(self._process, self._home)

    def scenario(self, given: str | None) -> str | None:
        """It sees what we see."""
        return given

    def end(self) -> bool:
        """As Place.end."""
        if self._process is not None:
            spawn.end(self._home, self._process)
        return True

    def let_go(self) -> None:
        """As Place.let_go."""
        if self._process is not None:
            spawn.let_go(self._process)


class Containers:
    """Containers that `docker compose` starts from the project's folder."""

    runtime = COMPOSE

    def __init__(
        self, lab: Lab, port: int | None, gateway_port: int | None, scenarios: Sequence[Path], scenario: str | None
    ) -> None:
        self._lab = lab
        self._ports = port, gateway_port
        shown = {one.resolve() for one in scenarios}
        if scenario is not None and Path(scenario).is_absolute() and Path(scenario).resolve().parent not in shown:
            shown.add(Path(scenario).resolve())  # itself alone: what is beside it is nobody's business
        if len(shown) > 1:
            raise UsageError(
                "In containers, only one folder of scenarios can be shown to the lab.",
                "Put the scenarios into one folder, or give one --scenarios.",
            )
        self._scenarios = next(iter(shown), None)
        self._opened: Any = None

    def opened(self) -> Console:
        """As Place.opened."""
        from lab.containers.life import Wish, open_lab

        port, gateway_port = self._ports
        wish = Wish(self._lab.home, project_of(self._lab.home), port, gateway_port, self._scenarios)
        with progress(self._lab.terminal) as bar:
            self._opened = open_lab(wish, lambda text: bar.update(None, text), bar.done)
        return Console(self._opened.url)

    def scenario(self, given: str | None) -> str | None:
        """What is shown to the console is at /scenarios there."""
        if given is None or not Path(given).is_absolute():
            return given
        return f"/scenarios/{Path(given).resolve().name}"

    def end(self) -> bool:
        """As Place.end; what was there before may hold an interrupted run, what could not be opened is gone already."""
        from lab.containers import life

        project = project_of(self._lab.home)
        if self._opened is None:
            return not (leftover(self._lab.home) and life.left_containers(project))
        if self._opened.there:
            return False
        if self._opened.kept:
            life.take_down(project, self._opened.url)
        else:
            end(self._lab.home)
        return True

    def let_go(self) -> None:
        """The engine keeps them running."""


class Contained:
    """The container that this command runs in: its console runs already, and stays."""

    runtime = COMPOSE

    def __init__(self, lab: Lab) -> None:
        self._home = lab.home

    def opened(self) -> Console:
        """As Place.opened."""
        return _contained(self._home)

    def scenario(self, given: str | None) -> str | None:
        """It sees what we see."""
        return given

    def end(self) -> bool:
        """As Place.end."""
        end(self._home)
        return True

    def let_go(self) -> None:
        """Nothing was started."""


def place_for(
    lab: Lab,
    runtime: str,
    *,
    port: int | None,
    gateway_port: int | None,
    scenarios: Sequence[Path],
    scenario: str | None,
) -> Place:
    """Where a start happens: `auto` goes on where an interrupted lab was, and is this machine otherwise."""
    known = homes.address(lab.home)
    if known is not None and known.contained:
        if runtime == EMBEDDED:
            from lab.runtimes.site import OUTSIDE

            what = "This is the lab's own container, in which nothing runs without containers."
            raise EnvironmentLacks(what, f"{OUTSIDE} `lab start --runtime embedded`")
        return Contained(lab)
    if runtime == "auto":
        runtime = COMPOSE if known is not None and known.project else EMBEDDED
    if runtime == COMPOSE:
        return Containers(lab, port, gateway_port, scenarios, scenario)
    if known is not None and known.project:
        raise EnvironmentLacks(
            "A lab in containers is there already, interrupted.",
            "Go on with it (`lab start --runtime compose`), or end it and keep its progress: `lab stop`",
        )
    return Detached(lab, port, scenarios)


def end(home: Path, *, hangs: bool = False) -> str | None:
    """End what console.json names, wherever it lives; the report it wrote. One that `hangs` is not asked first."""
    known = homes.address(home)
    if known is not None and known.contained:
        try:
            report: str | None = _contained(home).post("/api/session/stop", timeout_s=spawn.ENDS_WITHIN_S).get("report")
        except NothingRunning:
            return None
        return report
    if known is None or not known.project:
        return spawn.end(home, hangs=hangs)
    from lab.containers.life import end_lab

    report = end_lab(home, known.project, known.url)
    (home / "console.json").unlink(missing_ok=True)
    return report


def leftover(home: Path) -> bool:
    """Whether something of the lab that console.json names is there, though it does not answer."""
    known = homes.address(home)
    return known is not None and (bool(known.project) or spawn.leftover(home))


def project_of(home: Path) -> str:
    """What Compose calls the containers of a home."""
    from lab.containers.project import name_for

    return name_for(home, homes.usual_home())


def _contained(home: Path) -> Console:
    known = homes.address(home)
    assert known is not None
    return Console(known.url)
