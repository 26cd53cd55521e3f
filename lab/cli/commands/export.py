"""`lab export`: the load test, the records or the requests of a lesson, for other tools."""

import json
import os
from pathlib import Path
from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.complete import scenarios
from lab.cli.invocation import quote
from lab.cli.moments import window, with_window
from lab.core.errors import EnvironmentLacks, LabError, UsageError
from lab.core.paths import path_of
from lab.session.states import ENDED

KINDS = ("postman", "http", "locust", "records")
OF_LESSONS = ("postman", "http")
FIRST_SEED = 1


@click.command(
    "export",
    cls=LabCommand,
    examples=[
        "lab export postman -o my-folder",
        "lab export http -o requests.http",
        "lab export locust -o locustfile.py",
        "lab export records --since incident -o run.ndjson",
    ],
)
@click.argument("what", type=click.Choice(KINDS))
@click.argument("scenario", required=False, shell_complete=scenarios)
@click.option(
    "-o",
    "--output",
    metavar="FILE | DIR",
    type=click.Path(path_type=Path),
    help="Write there. For postman a directory, default: the present one.",
)
@click.option(
    "--editor",
    type=click.Choice(["vscode", "jetbrains"]),
    default="vscode",
    show_default=True,
    help="Whose dialect of .http files.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), help=f"With SCENARIO: for which draw of it; default: {FIRST_SEED}."
)
@with_window
@click.option("--force", is_flag=True, help="Replace a file that exists.")
@click.pass_obj
def command(
    lab: Lab,
    what: str,
    scenario: str | None,
    output: Path | None,
    editor: str,
    seed: int | None,
    since: str | None,
    until: str | None,
    force: bool,
) -> None:
    """Write what other tools read.

    `postman` is the lesson's requests as a collection, and an environment that holds your keys; `http` the same
    as a .http file for editors. `locust` is the load test as a locustfile, to run it with Locust yourself;
    `records` are the spans and logs of this run, one JSON object a line. With SCENARIO, `postman` and `http` need
    no running lab; the keys are then left empty, and what differs from run to run is that of --seed.
    """
    if scenario is not None and what not in OF_LESSONS:
        raise UsageError(f"`{what}` is about the lab that runs.", f"Leave {scenario} out.")
    if seed is not None and scenario is None:
        raise UsageError("--seed belongs to a scenario; the lab that runs has its own.", "Name the scenario too.")
    if what == "postman":
        _postman(lab, scenario, seed, output or Path(), force)
        return
    if what == "http":
        text = _http(lab, scenario, seed, editor)
    else:
        text = lab.console().text(f"/api/export/{what}", **(window(since, until) if what == "records" else {}))
    if output is not None:
        _write(output, text, force, private=what == "http")
    terminal = lab.terminal
    if terminal.json_mode:
        content = (
            {"records": [json.loads(line) for line in text.split("\n") if line]}
            if what == "records"
            else {"text": text}
        )
        terminal.data({**content, "file": str(output) if output else None})
    elif output is None:
        terminal.raw(text)
    else:
        terminal.say(f"Wrote {output}.")
        if what == "locust":
            terminal.steps([(f"locust -f {quote(str(output))}", "run it yourself, with Locust's own page")])


def _postman(lab: Lab, scenario: str | None, seed: int | None, folder: Path, force: bool) -> None:
    here = scenario is None or _runs(lab, scenario, seed)
    if here:
        found = lab.console().get("/api/export/postman", timeout_s=30.0)
    else:
        found = _offline(str(scenario), seed, "postman")
    files = {part: folder / f"beanline-{found['name']}.postman_{part}.json" for part in ("collection", "environment")}
    for path in files.values():
        _refuse_existing(path, force)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentLacks(
            f"{folder} cannot be made: {(error.strerror or str(error)).lower()}.", "Choose another place with -o."
        ) from None
    for part, path in files.items():
        text = json.dumps(found[part], indent=2, ensure_ascii=False) + "\n"
        _write(path, text, force, private=part == "environment")
    terminal = lab.terminal
    if terminal.json_mode:
        terminal.data({**found, "files": {part: str(path) for part, path in files.items()}})
        return
    terminal.say(f"Wrote {files['collection']}")
    terminal.say(f"and   {files['environment']}, which holds your key{_keys(found)}.")
    if not here:
        terminal.say(f"They fit `lab start {quote(str(scenario))} --seed {_drawn(seed)}`.")
    terminal.say()
    terminal.say(
        "In Postman, signed in: Import, choose both files, then choose the environment at the top right. "
        "Without an account: Bruno and Insomnia import the same files, and `lab export http` is for editors."
    )
    terminal.steps([("lab steps --received", "see what has arrived with your key, from whichever client")])


def _drawn(seed: int | None) -> int:
    return FIRST_SEED if seed is None else seed


def _keys(found: dict[str, Any]) -> str:
    values = found["environment"]["values"]
    if not any(one["value"] for one in values):
        return " once a lab runs; export again then"
    return "s" if len(values) > 1 else ""


def _http(lab: Lab, scenario: str | None, seed: int | None, editor: str) -> str:
    if scenario is None or _runs(lab, scenario, seed):
        return str(lab.console().text("/api/export/http", editor=editor))
    return str(_offline(scenario, seed, "http", editor))


def _runs(lab: Lab, scenario: str, seed: int | None) -> bool:
    """Whether just that is running here, so that its addresses and keys are known."""
    try:
        session = lab.console().get("/api/session")
    except LabError:  # nothing runs, or it does not answer
        return False
    named = scenario == session["scenario"] or path_of(scenario).name == session["scenario"]
    return named and seed in (None, session["seed"]) and session["state"] not in ENDED


def _offline(scenario: str, seed: int | None, what: str, editor: str = "vscode") -> Any:
    """From the scenario alone; the services are asked for their contracts, which takes a second or two."""
    from lab.export.gather import of_scenario
    from lab.export.http_file import http_file
    from lab.export.postman import collection, environment
    from lab.runtimes.contracts import contracts

    found = contracts(["gateway", "partner"])
    lesson = of_scenario(scenario, {"shop": found["gateway"], "sandbox": found["partner"]}, _drawn(seed))
    if what == "http":
        return http_file(lesson, "jetbrains" if editor == "jetbrains" else "vscode")
    return {"name": lesson.id, "collection": collection(lesson), "environment": environment(lesson)}


def _refuse_existing(path: Path, force: bool) -> None:
    if path.exists() and not force:
        raise UsageError(f"{path} exists already.", "Add --force to replace it, or choose another place with -o.")


def _write(path: Path, text: str, force: bool, *, private: bool = False) -> None:
    _refuse_existing(path, force)
    try:
        if private:  # it holds a key: nobody else on this machine needs to read it
            path.touch(mode=0o600)
            os.chmod(path, 0o600)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise EnvironmentLacks(f"{path} cannot be written: {reason}.", "Choose another place with -o.") from None
