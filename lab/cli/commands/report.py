"""`lab report`: the run on one page, and the debrief once it is earned."""

from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.core.errors import Conflict, LabError, NothingRunning


@click.command(
    "report",
    cls=LabCommand,
    examples=["lab report", "lab report --markdown > report.md"],
)
@click.option("--markdown", is_flag=True, help="As Markdown, to send or to keep.")
@click.pass_obj
def command(lab: Lab, markdown: bool) -> None:
    """Show what happened, what you answered and what it earned. With nothing running: your last run.

    When every question has an answer, the debrief follows: what it was, and what to take to work.
    """
    found, locked = _found(lab)
    terminal, debrief = lab.terminal, found.get("debrief")
    if terminal.json_mode:
        terminal.data(found)
        return
    if markdown:
        parts = [str(found["markdown"]), debrief, _answers(found.get("answers"))]
        terminal.raw("\n".join(text.rstrip() + "\n" for text in parts if text))
        return
    terminal.markdown(str(found["markdown"]))
    if debrief:
        terminal.title("Debrief")
        terminal.markdown(debrief)
        terminal.markdown(_answers(found.get("answers")), breaks=True)
    if locked is not None:
        terminal.note(f"\n{locked.what} {locked.hint}")
    terminal.steps([("lab report --markdown > report.md", "keep it"), ("lab progress", "your scores over all runs")])


def _answers(answers: list[dict[str, Any]] | None) -> str:
    """The full explanation of every question, as Markdown."""
    if not answers:
        return ""
    lines = ["## Every question, explained"]
    for one in answers:
        lines += ["", f"**{one['id']}**: {' '.join(str(one['ask']).split())}", "", str(one["truth"])]
    return "\n".join(lines)


def _found(lab: Lab) -> tuple[dict[str, Any], LabError | None]:
    """The report with the debrief if it is earned, and else why it is not."""
    try:
        console = lab.console()
        report = console.get("/api/report")
    except NothingRunning as error:
        return _last(lab, error), None
    try:
        debrief = console.get("/api/debrief")
    except Conflict as error:
        return {**report, "debrief": None, "answers": None}, error
    return {**report, "debrief": debrief["markdown"], "answers": debrief.get("answers")}, None


def _last(lab: Lab, why: NothingRunning) -> dict[str, Any]:
    from lab.session import offline

    found = offline.last_report(lab.home)
    if found is None:
        raise NothingRunning(why.what.rstrip(".") + ", and there is no earlier report.", why.hint)
    return found
