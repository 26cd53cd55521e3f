"""One home's lab in containers, from nothing to a console that answers, and back to nothing."""

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lab.containers import luggage
from lab.containers.engine import Container, Engine, compose_version, connect
from lab.containers.project import Project, Published, folder, image
from lab.containers.starting import Watch, console_of, health
from lab.core import ports
from lab.core.errors import EnvironmentLacks, LabError
from lab.core.ports import PortTaken
from lab.core.whole import write_whole

ATTEMPTS = 4
REMOVAL = "docker compose --profile observability down --volumes"
"""With the profile: without it, Compose leaves the profile's containers, and with them the networks."""
CONSOLE = "lab"
"""The console's container, as docker-compose.yml calls it."""
STOPPED_WITHIN_S = 30.0


@dataclass(frozen=True)
class Wish:
    """What was asked for; a port that is None is the usual one, or the next that is free."""

    home: Path
    project: str
    port: int | None = None
    gateway_port: int | None = None
    scenarios: Path | None = None


@dataclass(frozen=True)
class Opened:
    """Where the console answers, and what was there before: containers, or a volume with the home of a lab."""

    url: str
    there: bool
    kept: bool


@dataclass(frozen=True)
class Before:
    """What console.json says of this home's containers."""

    published: Published
    scenarios: Path | None


def open_lab(wish: Wish, going: Callable[[str], None], done: Callable[[str], None]) -> Opened:
    """Have the containers up and the console answering; its address, which console.json then has too.

    Containers of this home that are there already, after a crash or a reboot, go on with what they hold. So do volumes
    that `docker compose down` left.
    """
    place = folder()
    with _engine() as engine:
        compose_version()
        there = engine.containers(wish.project)
        before = _announced(wish)
        if there and before is None:
            raise EnvironmentLacks(
                "Containers of a lab that was started without this command are there already.",
                f"Use it (`docker compose exec lab lab status`), or remove it, its progress included: `{REMOVAL}`.",
            )
        published = _published(wish, there, before.published if before is not None else None)
        project = Project(place, wish.project, published, _scenarios(wish, before))
        began = time.monotonic()
        if project.build(engine, going):
            done(f"✓ Building the image, {time.monotonic() - began:.0f} s")
        began = time.monotonic()
        watch = Watch(engine, wish.project, going)
        kept = engine.home_volume(wish.project) is not None
        anew = not any(one.service == CONSOLE for one in there)
        if anew:
            with _home(engine, wish.project, there) as keepers:
                for keeper in keepers:
                    luggage.bring_home(engine, keeper, wish.home)
        try:
            project = _up(project, wish, engine, watch)
            console = console_of(project.published.console, watch)
            if anew:
                with contextlib.suppress(LabError):
                    luggage.take_along(engine, _console(engine, wish.project), wish.home)
            done(f"✓ Starting {len(engine.containers(wish.project))} containers, {time.monotonic() - began:.1f} s")
            _announce(wish, project, str(console["nonce"]))
        except BaseException as error:
            better = _with_state(error, engine, wish.project) if isinstance(error, LabError) else error
            if not there:  # what was there before may hold a learner's answers
                engine.remove(wish.project, keep_volumes=kept)
            raise better from None
    return Opened(f"http://127.0.0.1:{project.published.console}", there=bool(there), kept=kept)


def _up(project: Project, wish: Wish, engine: Engine, watch: Watch) -> Project:
    """Bring the containers up, on other ports when somebody else was quicker; the project as it is then."""
    for attempt in range(ATTEMPTS):
        try:
            project.up(watch.look)
            break
        except PortTaken:
            if attempt == ATTEMPTS - 1 or None not in (wish.port, wish.gateway_port):
                raise
            there = [one for one in engine.containers(wish.project) if one.state == "running"]
            project = replace(project, published=_published(wish, there, None))
    return project


def left_containers(project: str) -> bool:
    """Whether a lab has containers, running or not; True as well when nobody can say."""
    try:
        with _engine() as engine:
            return bool(engine.containers(project))
    except LabError:
        return True


def take_down(project: str, url: str) -> None:
    """End the session and remove the containers; the volumes stay, as after `docker compose down`."""
    _end_session(url)
    with _engine() as engine:
        engine.remove(project, keep_volumes=True)


def end_lab(home: Path, project: str, url: str | None) -> str | None:
    """End the session, bring everything home that a learner would miss, remove every trace; the report's path."""
    with _engine() as engine:
        return end_with(engine, home, project, url)


def end_with(engine: Engine, home: Path, project: str, url: str | None) -> str | None:
    """As `end_lab`, on an engine that is connected already."""
    containers = engine.containers(project)
    for one in containers:
        if one.state == "paused":
            engine.unpause(one)
    if url is not None and any(one.service == CONSOLE for one in containers):
        _end_session(url)
    report = None
    with _home(engine, project, containers) as keepers:
        for keeper in keepers:
            brought = luggage.bring_home(engine, keeper, home)
            reports = [session / "report.md" for session in brought if (session / "report.md").is_file()]
            report = str(reports[-1]) if reports else report
    engine.remove(project)
    return report


def state_of(project: str, url: str) -> EnvironmentLacks | None:
    """Why the console of these containers does not answer; None when another one does, or no container is there."""
    if health(int(url.rpartition(":")[2])) is not None:
        return None
    with _engine() as engine:
        found = {one.service: one for one in engine.containers(project)}
    if not found:
        return None
    console = found.get(CONSOLE)
    state = console.state if console is not None else "missing"
    if state == "paused":
        hint = f"Let it go on (`docker unpause {project}-{CONSOLE}-1`), or end the lab: `lab stop`"
    elif state == "running":
        hint = "Give it a moment and try again; `lab stop` ends it, `lab start` resumes where you were."
    else:
        hint = "`lab start` brings it back where you were, `lab stop` ends it and keeps your progress."
    return EnvironmentLacks(f"The console's container does not answer; it is {state}.", hint)


@contextmanager
def _engine() -> Iterator[Engine]:
    engine = connect()
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def _home(engine: Engine, project: str, containers: list[Container]) -> Iterator[list[Container]]:
    """What may have the lab's home: the console's container, or one made for a volume that is left."""
    # one that was run from the image by hand carries the same name, so there may be several
    consoles = [one for one in containers if one.service == CONSOLE]
    volume = engine.home_volume(project) if not consoles else None
    if volume is None:
        yield consoles
        return
    if engine.source_of(image()) is None:
        raise EnvironmentLacks(
            f"Your progress is in the volume {volume}, and the image to read it with is gone.",
            "Build it anew in the project's folder (`docker compose build lab`), then try again.",
        )
    with engine.holding(volume, luggage.HOME, project, image()) as keeper:
        yield [keeper]


def _console(engine: Engine, project: str) -> Container:
    return next(one for one in engine.containers(project) if one.service == CONSOLE)


def _announced(wish: Wish) -> Before | None:
    """What this home's containers were given; None when this command started none in it."""
    try:
        told = json.loads((wish.home / "console.json").read_text(encoding="utf-8"))
        if told["project"] != wish.project:
            return None
        scenarios = told.get("scenarios")
        return Before(Published(**told["published"]), Path(scenarios) if scenarios else None)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _scenarios(wish: Wish, before: Before | None) -> Path | None:
    """The folder asked for, else the one shown before, which an interrupted session may need, if it is there still."""
    if wish.scenarios is None and before is not None and before.scenarios is not None and before.scenarios.is_dir():
        return before.scenarios
    return wish.scenarios


def _published(wish: Wish, there: list[Container], before: Published | None) -> Published:
    """The ports asked for, else those that the containers have or had, else usual or free ones."""
    held = {one.service: one.ports for one in there}

    def pick(asked: int | None, service: str, had: int | None, usual: int, flag: str) -> int:
        mine = held.get(service, ())
        if asked is not None:
            return asked if asked in mine else ports.explicit(asked, flag)
        if mine:
            return mine[0]
        return had if had and ports.is_free(had) else ports.prefer(usual, flag)

    console, gateway = (before.console, before.gateway) if before is not None else (None, None)
    return Published(
        console=pick(wish.port, CONSOLE, console, ports.CONSOLE, "--port"),
        gateway=pick(wish.gateway_port, "gateway", gateway, ports.GATEWAY, "--gateway-port"),
    )


def _announce(wish: Wish, project: Project, nonce: str) -> None:
    told = {
        "url": f"http://127.0.0.1:{project.published.console}",
        "pid": 0,
        "nonce": nonce,
        "started_at": time.time(),
        "project": wish.project,
        "published": asdict(project.published),
        "scenarios": str(project.scenarios) if project.scenarios is not None else None,
    }
    write_whole(wish.home / "console.json", json.dumps(told))


def _end_session(url: str) -> None:
    """Have the console write its report; one that cannot has kept its journal and progress all along."""
    connection = http.client.HTTPConnection(url.rpartition("/")[2], timeout=STOPPED_WITHIN_S)
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("POST", "/api/session/stop", b"{}", {"Content-Type": "application/json"})
        connection.getresponse().read()
    connection.close()


def _with_state(error: LabError, engine: Engine, project: str) -> LabError:
    """The error of `docker compose`, or of a container that fails, whichever says more."""
    try:
        watch = Watch(engine, project, lambda _: None)
        watch.look(settled=True)
    except LabError as better:
        return better if "Docker says:" in error.what else error
    return error
