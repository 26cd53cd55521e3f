"""`lab start`: a shop, its customers, and soon an incident."""

from pathlib import Path
from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.complete import scenarios
from lab.core.errors import INTERRUPTED, Conflict, EnvironmentLacks, LabError, NothingRunning, UsageError
from lab.core.paths import path_of

FIRST = "rate-limit"


class StartInterrupted(LabError):
    """Ctrl-C on the way."""

    exit_code = INTERRUPTED


@click.command(
    "start",
    cls=LabCommand,
    examples=[
        "lab start rate-limit",
        "lab start rate-limit --seed 7 --port 7710",
        "lab start mystery --level beginner",
        "lab start ./my-scenario",
    ],
)
@click.argument("scenario", metavar="[SCENARIO | PATH]", required=False, shell_complete=scenarios)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Draw the same variant again.")
@click.option(
    "--level",
    type=click.Choice(["beginner", "intermediate", "advanced"]),
    help="For scenarios that draw one of several causes, such as mystery: draw none harder than this.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="The console's port; 7700 or the next free one.")
@click.option("--gateway-port", type=click.IntRange(1, 65535), help="The shop's port; 8000 or the next free one.")
@click.option(
    "--runtime",
    type=click.Choice(["auto", "embedded", "compose"]),
    default="auto",
    show_default=True,
    help="Where it runs: as processes of this machine (embedded), or in containers (compose). auto: embedded, "
    "but an interrupted lab goes on where it was.",
)
@click.option(
    "--scenarios",
    "directories",
    metavar="DIR",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also look in this folder of scenarios; may be given several times.",
)
@click.option("--no-wait", is_flag=True, help="Return when the shop is open, before the pager message.")
@click.option(
    "--windows",
    type=click.Choice(["learn", "prove", "trial"]),
    default="learn",
    show_default=True,
    help="How long each part lasts: learn for people, prove shortened as in a proof, trial without a baseline, to "
    "try a fix.",
)
@click.pass_obj
def command(
    lab: Lab,
    scenario: str | None,
    seed: int | None,
    level: str | None,
    port: int | None,
    gateway_port: int | None,
    runtime: str,
    directories: tuple[Path, ...],
    no_wait: bool,
    windows: str,
) -> None:
    """Start SCENARIO (see `lab list`) or a scenario folder at PATH: a shop, its customers, soon an incident.

    Without a name, resumes what was interrupted. It runs in the background until `lab stop`, or until nobody has
    used it for two hours (LAB_IDLE_MINUTES); everything stays on this machine.
    """
    from lab.cli import places
    from lab.remote import home, unused

    if level is not None and seed is not None:
        raise UsageError("A seed says already what is drawn.", "Give either --seed or --level.")
    home.made(lab.home)
    _refuse_second(lab)
    away = unused.told(lab.home)
    if away is not None:
        lab.terminal.note(away.what)
    scenario_or_path = _absolute(scenario)
    place = places.place_for(
        lab,
        runtime,
        port=port,
        gateway_port=gateway_port,
        scenarios=[one.absolute() for one in directories],
        scenario=scenario_or_path,
    )
    asked = {
        "scenario": place.scenario(scenario_or_path),
        "seed": seed,
        "level": level,
        "runtime": place.runtime,
        "gateway_port": gateway_port if place.runtime == places.EMBEDDED else None,
        "windows": windows,
    }
    console = None
    try:
        console = place.opened()
        live = _opened(lab, console, asked)
    except KeyboardInterrupt:
        raise _interrupted(place, console, scenario) from None
    except BrokenPipeError:
        place.let_go()  # `lab start | head`: the shop is open, and its reader has seen enough
        raise
    except BaseException:
        place.end()
        raise
    _wait(lab, console, place, live, no_wait)


def _interrupted(place: Any, console: Any, scenario: str | None) -> StartInterrupted:
    """End what can be ended, and say what goes on."""
    if place.end():
        return StartInterrupted(
            "You interrupted the start; everything it had begun is stopped.",
            f"`lab start{' ' + scenario if scenario else ''}` begins again.",
        )
    if console is not None and _has_begun(console):
        return StartInterrupted(
            "You interrupted the start; the lab goes on in its containers.",
            "`lab status` shows it, `lab stop` ends it and keeps your progress.",
        )
    return StartInterrupted(
        "You interrupted the start; the containers that were there before are kept.",
        "`lab start` goes on with them, `lab stop` ends them and keeps your progress.",
    )


def _has_begun(console: Any) -> bool:
    from lab.session.states import ENDED

    try:
        return console.get("/api/session", timeout_s=3.0)["state"] not in ENDED
    except LabError:
        return False


def _refuse_second(lab: Lab) -> None:
    from lab.cli import places
    from lab.remote import home, spawn

    known = home.address(lab.home)
    reusable = known is not None and (known.contained or bool(known.project))
    try:
        session = lab.console().get("/api/session", timeout_s=3.0)
    except NothingRunning as error:
        if reusable or "while this command" in error.what or not spawn.leftover(lab.home):
            return
        spawn.end(lab.home)  # a console without a session, or one on its way out
        return
    except EnvironmentLacks:
        if reusable:  # containers that are down: starting brings them back
            return
        raise
    if session["state"] in ("failed", "stopped"):
        if not reusable:
            places.end(lab.home)
        return
    raise EnvironmentLacks(
        f"A lab is running here already: {session['scenario']}.",
        "Go on with it (`lab status`), end it (`lab stop`), or run a second one beside it by giving that one "
        "another directory in LAB_HOME.",
    )


def _absolute(scenario: str | None) -> str | None:
    """A path as the console can find it; a scenario's name as it is."""
    if scenario is None or not ("/" in scenario or "\\" in scenario or scenario in (".", "..")):
        return scenario
    return str(path_of(scenario).absolute())


def _opened(lab: Lab, console: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Begin the session and show it start; the open shop's session with the brief in it."""
    from lab.cli import follow, incident

    body = {name: value for name, value in asked.items() if value is not None}
    session = None if "scenario" in body else _resumed(lab, console, body)
    if session is None:
        body["scenario"] = body.get("scenario") or _choose(lab, console)
        session = console.post("/api/session", body, timeout_s=60.0)
    for one in session.get("left_alone") or []:
        lab.terminal.note(f"Something older was found and left as it is. {one['what']} {one['hint']}\n")
    if session.get("resumed"):
        lab.terminal.note(incident.RESUMED)
    steps = follow.Steps()
    session = follow.until_live(lab, console, steps)
    brief = console.get("/api/brief")
    if not lab.terminal.json_mode:
        follow.show_brief(lab, session, brief)
        lab.terminal.flush()
    return {"session": session, "brief": brief, "steps": steps}


def _resumed(lab: Lab, console: Any, body: dict[str, Any]) -> dict[str, Any] | None:
    """The session that a crash interrupted, going on; None when there is none and a person can choose."""
    try:
        session: dict[str, Any] = console.post("/api/session", body, timeout_s=60.0)
        return session
    except (Conflict, NothingRunning, UsageError):
        if lab.terminal.interactive:
            return None
        raise UsageError(
            "There is nothing to resume; say which scenario to start.",
            f"For example `lab start {FIRST}`; `lab list` shows them all.",
        ) from None


def _choose(lab: Lab, console: Any) -> str:
    """Ask which scenario to start, by number or name."""
    found = [one for one in console.get("/api/scenarios") if not one.get("error")]
    terminal = lab.terminal
    terminal.say("Which scenario?")
    for number, one in enumerate(found, 1):
        text = f"**{one['id']}** ({one['level']}, {one['minutes']} minutes): {one['title']}"
        terminal.say(text, "", f"{number:>3}  ", "     ")
    names = [str(one["id"]) for one in found]
    chosen = str(click.prompt("Name or number", default=FIRST if FIRST in names else names[0], err=True)).strip()
    return names[int(chosen) - 1] if chosen.isdigit() and 1 <= int(chosen) <= len(names) else chosen


def _wait(lab: Lab, console: Any, place: Any, live: dict[str, Any], no_wait: bool) -> None:
    from lab.cli import follow

    session = live["session"]
    try:
        if not no_wait:
            if session.get("shape", "incident") == "incident":
                lab.terminal.note("\nThe shop is healthy now. The pager message comes within about a minute.")
            session = follow.until_pager(lab, console, live["steps"])
    except KeyboardInterrupt:
        raise StartInterrupted(
            "You stopped waiting; the lab itself keeps running.",
            "`lab status` shows the pager message when it has come, `lab stop` ends the lab.",
        ) from None
    except LabError:
        place.end()
        raise
    finally:
        place.let_go()
    if lab.terminal.json_mode:
        lab.terminal.data({**session, "brief": live["brief"]["brief"], "first_steps": live["brief"]["first_steps"]})
    elif no_wait:
        lab.terminal.steps([("lab status", "shows the pager message when it has come")])
    elif session.get("shape", "incident") == "incident":
        follow.show_pager(lab, session)
