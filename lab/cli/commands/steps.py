"""`lab steps`: the requests of an exercise, ticked off as they arrive."""

import re
import time
from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.layout import Column, Run
from lab.cli.live import Progress, progress
from lab.core import words
from lab.core.errors import INTERRUPTED, OK, NotFound, UsageError, did_you_mean

POLL_S = 0.5
_VARIABLE = re.compile(r"\{\{(\w+)\}\}")


@click.command(
    "steps",
    cls=LabCommand,
    examples=["lab steps", "lab steps --watch", "lab steps --received"],
)
@click.argument("step", required=False)
@click.option("--watch", is_flag=True, help="Stay, and tell each step as it is done, until all are.")
@click.option("--received", is_flag=True, help="List what the shop has received with your keys, by any client.")
@click.pass_obj
def command(lab: Lab, step: str | None, watch: bool, received: bool) -> int:
    """Show the requests this lesson asks for, and which have arrived.

    Send them with whatever you like: `lab request`, curl, Postman, the console. A step counts as soon as its
    request was really received with your own key, and may be tried as often as you like. STEP shows one of them
    with a command that does it.
    """
    if sum((step is not None, watch, received)) > 1:
        raise UsageError("STEP, --watch and --received show different things.", "Give one of them.")
    console = lab.console()
    if received:
        _received(lab, console.get("/api/received"))
        return OK
    found: dict[str, Any] = console.get("/api/steps")
    if not found["questions"]:
        raise NotFound("This lesson has no steps to send.", "See what it asks: `lab diagnose`")
    if watch:
        try:
            found = _watched(lab, console, found)
        except KeyboardInterrupt:
            return INTERRUPTED
    if step is not None:
        _one(lab, found, step)
    elif lab.terminal.json_mode:
        lab.terminal.data(found)
    else:
        _all(lab, found)
    return OK


def _steps(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for question in found["questions"] for one in question["steps"]]


def _all(lab: Lab, found: dict[str, Any]) -> None:
    terminal = lab.terminal
    for question in found["questions"]:
        earned = f"{question['earned']:g} of {words.points(question['points'])}"
        terminal.title(f"{question['question']}: {question['done']} of {question['of']} steps done, {earned}")
        rows = []
        for one in question["steps"]:
            mark = Run("✓", "good") if one["done"] else Run("·")
            rows.append([mark, Run(one["id"], "bold"), one["do"]])
            told = one["notice"] or one["hint"]
            if one["by"]:
                rows.append(["", "", Run(_arrived(one["by"]), "dim")])
            if told:
                rows.append(["", "", Run(told, "" if one["done"] else "warn")])
        terminal.table([Column(""), Column(""), Column("", flexible=True)], rows)
    left = [one for one in _steps(found) if not one["done"]]
    if left:
        terminal.steps(
            [
                (f"lab steps {left[0]['id']}", "the next one, with a command that does it"),
                ("lab steps --watch", "see steps tick off while you send them from another program"),
            ]
        )
    else:
        terminal.steps([("lab diagnose", "the questions about what you saw")])


def _arrived(one: dict[str, Any]) -> str:
    client = f" from {one['client']}" if one["client"] else ""
    return f"{words.clock(one['start_s'])} {one['method']} {one['target']} → {one['status']}{client}"


def _one(lab: Lab, found: dict[str, Any], name: str) -> None:
    known = {one["id"]: one for one in _steps(found)}
    if name not in known:
        raise NotFound(f"There is no step {name!r}.", f"{did_you_mean(name, known)}The steps are: {', '.join(known)}.")
    one, terminal = known[name], lab.terminal
    if terminal.json_mode:
        terminal.data(one)
        return
    terminal.title(f"{one['id']}: {one['send']}")
    terminal.say(one["do"])
    if one["done"]:
        terminal.say(f"Done: {_arrived(one['by'])}", "good")
        if one["notice"]:
            terminal.say(one["notice"])
    elif one["hint"]:
        terminal.say(one["hint"], "warn")
    if one["by"] and one["by"]["trace_id"]:
        terminal.steps([(f"lab traces {one['by']['trace_id'][:8]}", "its way through the shop")])
    elif one["command"]:
        terminal.steps([(one["command"], "")], "One way to do it:")
        terminal.steps([(one["curl"], "")], "The same with curl:")
        for name in dict.fromkeys(_VARIABLE.findall(one["command"])):
            terminal.note(f"\n{_to_fill_in(name, known)}")


def _to_fill_in(name: str, steps: dict[str, dict[str, Any]]) -> str:
    """What to put in place of a variable that the lab does not know the value of."""
    holder = next((one["id"] for one in steps.values() if name in one["keeps"]), None)
    where = f"what the answer to the step `{holder}` held" if holder else "its value, which your own requests tell"
    return f"In place of `{{{{{name}}}}}` write {where}."


def _received(lab: Lab, found: list[dict[str, Any]]) -> None:
    terminal = lab.terminal
    if terminal.json_mode:
        terminal.data(found)
        return
    if not found:
        terminal.say("Nothing has arrived with your keys yet.")
        terminal.steps([("lab request GET /api/v1/products", "send a first request")])
        return
    terminal.table(
        [
            Column("time"),
            Column("status", right=True),
            Column("key"),
            Column("client"),
            Column("request", flexible=True),
            Column("problem"),
            Column("trace"),
        ],
        [
            [
                words.clock(one["start_s"]),
                Run(str(one["status"]), "good" if one["status"] < 400 else "bad"),
                one["key"] or "none",
                one["client"] or "–",
                f"{one['method']} {one['target']}",
                one["problem"],
                one["trace_id"][:8],
            ]
            for one in found
        ],
        indent="",
    )


def _watched(lab: Lab, console: Any, found: dict[str, Any]) -> dict[str, Any]:
    """Until every step is done, or Ctrl-C."""
    with progress(lab.terminal) as bar:
        told: set[str] = {one["id"] for one in _steps(found) if one["done"]}
        hinted: set[str] = {one["hint"] for one in _steps(found)}
        console = console.repeating()
        while True:
            every = _steps(found)
            for one in every:
                _tell(one, told, hinted, bar)
            done = sum(one["done"] for one in every)
            if done == len(every):
                return found
            bar.update(done / len(every), f"{done} of {len(every)} steps; Ctrl-C ends watching, nothing else")
            time.sleep(POLL_S)
            found = console.get("/api/steps")


def _tell(one: dict[str, Any], told: set[str], hinted: set[str], bar: Progress) -> None:
    if one["done"] and one["id"] not in told:
        told.add(one["id"])
        bar.done(f"✓ {one['id']}: {_arrived(one['by'])}")
        if one["notice"]:
            bar.done(f"  {one['notice']}")
    elif one["hint"] and one["hint"] not in hinted:
        hinted.add(one["hint"])
        bar.done(f"· {one['id']}: {one['hint']}")
