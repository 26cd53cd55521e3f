"""The questions asked one after the other on a terminal, with skip, back, hint and quit."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import click

from lab.cli import asking, given, incident
from lab.cli.command import Lab
from lab.core.errors import OK, Conflict, LabError, UsageError
from lab.session.ledger import SETTLED

WORDS = "`skip`, `back`, `hint` and `quit` work too."
TEXT_KINDS = ("status_update",)


def walk(lab: Lab, console: Any, questions: list[dict[str, Any]], first: str | None = None) -> int:
    """Ask from the first unsettled question (or the one named) on; answers are kept whenever one leaves."""
    ids = [str(one["id"]) for one in questions]
    left = [name for name, one in zip(ids, questions, strict=True) if one["state"] not in SETTLED]
    if not left:
        asking.listed(lab, questions)
        return OK
    at, step = ids.index(first or left[0]), 1
    lab.terminal.note(f"One question after the other; {WORDS} Come back any time: your answers are kept.")
    result: dict[str, Any] | None = None
    while 0 <= at < len(ids):
        question = next(one for one in console.get("/api/questions") if one["id"] == ids[at])
        asking.ask(lab, question, at + 1, len(ids))
        if question["state"] in SETTLED:
            at, step = (at + step, step) if at + step >= 0 else (0, 1)  # nothing is left open before the first
            continue
        word, graded = _answered(lab, console, question)
        result = graded or result
        if word == "quit":
            break
        step = -1 if word == "back" else 1
        at = max(0, at + step)
    if result is not None:
        lab.terminal.note(f"\nScore: {incident.score(result)}.")
    every = console.get("/api/questions")
    still = next((one["id"] for one in every if one["state"] not in SETTLED), None)
    where = (
        [(f"lab diagnose {still}", "go on where you were")]
        if still
        else [("lab report", "your result, and the debrief")]
    )
    lab.terminal.steps(where)
    return OK


def _answered(lab: Lab, console: Any, question: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """Ask until the answer is right or the learner moves on; where to go then, and the last grade."""
    graded = None
    while True:
        text = _read(lab, question)
        if text in ("skip", "next", "back", "quit"):
            return text, graded
        if text == "hint":
            _hint(lab, console)
            continue
        try:
            graded = asking.send(console, question, text)
        except (UsageError, Conflict) as error:
            lab.terminal.error(error.what, error.hint)
            continue
        asking.tell(lab, graded)
        if graded["verdict"] == "right":
            return "next", graded
        lab.terminal.note("Try again, for fewer points, or `skip` to the next question.")


def _hint(lab: Lab, console: Any) -> None:
    from lab.cli.commands.hint import take

    try:
        take(lab, console)
    except LabError as error:
        lab.terminal.error(error.what, error.hint)


def _read(lab: Lab, question: dict[str, Any]) -> str:
    prompt = f"{question['id']}{' in ' + question['unit'] if question.get('unit') else ''}> "
    if question["kind"] in TEXT_KINDS:
        lab.terminal.note(
            "Type `edit` for your editor, @FILE for a file, or write here and end with a line of one dot."
        )
    while True:
        try:
            text = input(prompt).strip()
        except EOFError:
            lab.terminal.note()
            return "quit"
        if question["kind"] in TEXT_KINDS and text not in ("", "skip", "back", "hint", "quit"):
            text = _long(text)
        if text:
            return text


def _long(first: str) -> str:
    if first == "edit":
        return _edited()
    if first.startswith("@"):
        try:
            return given.read(first[1:])
        except UsageError as error:
            click.echo(error.what, err=True)
            return ""
    lines = [first]
    while True:
        try:
            line = input("... ")
        except EOFError:
            break
        if line.strip() == ".":
            break
        lines.append(line)
    return "\n".join(lines)


def _edited() -> str:
    """What the learner wrote in $VISUAL or $EDITOR; empty when there is none or it failed."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        click.echo("No editor is set in $EDITOR; write here instead.", err=True)
        return ""
    with tempfile.TemporaryDirectory(prefix="faultlab-") as directory:
        page = Path(directory) / "update.txt"
        page.write_text("", encoding="utf-8")
        try:
            subprocess.run([*shlex.split(editor), str(page)], check=True)  # noqa: S603 - the learner's own editor
        except (OSError, subprocess.CalledProcessError, ValueError):
            click.echo(f"The editor {editor!r} did not work; write here instead.", err=True)
            return ""
        return page.read_text(encoding="utf-8").strip()
