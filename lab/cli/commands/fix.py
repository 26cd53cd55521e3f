"""`lab fix`: what could be done about it, done to the running shop."""

from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.complete import from_console
from lab.cli.invocation import command as lab_command
from lab.core import words
from lab.core.errors import UsageError


@click.command(
    "fix",
    cls=LabCommand,
    examples=["lab fix", "lab fix --undo"],
)
@click.argument("mitigation", metavar="[ID]", required=False, shell_complete=from_console("/api/mitigations", "text"))
@click.option("--undo", is_flag=True, help="Take the mitigation in force back.")
@click.pass_obj
def command(lab: Lab, mitigation: str | None, undo: bool) -> None:
    """Apply the mitigation ID to the running shop. Without an ID, shows what an engineer would offer.

    One at a time: applying another takes the one in force back. Further attempts cost points.
    """
    if undo and mitigation is not None:
        raise UsageError("--undo takes back whatever is in force; it needs no ID.", "Use `lab fix --undo`.")
    terminal, console = lab.terminal, lab.console()
    if undo:
        answer = console.delete("/api/mitigations")
        if terminal.json_mode:
            terminal.data(answer)
            return
        terminal.say("Taken back: the shop runs as it did before your fix.")
        terminal.steps([("lab fix", "what else could be done"), ("lab metrics", "what it looks like now")])
    elif mitigation is not None:
        answer = console.post("/api/mitigations", {"id": mitigation}, timeout_s=60.0)
        if terminal.json_mode:
            terminal.data(answer)
            return
        _applied(lab, answer)
    else:
        options = console.get("/api/mitigations")
        if terminal.json_mode:
            terminal.data(options)
            return
        _offer(lab, options)


def _offer(lab: Lab, options: list[dict[str, Any]]) -> None:
    terminal = lab.terminal
    terminal.say("What an engineer would offer; you decide. Not all of it helps.")
    for one in options:
        mark = " (tried)" if one.get("tried") else ""
        if one["applied"]:
            mark = " (chosen)" if one.get("planned") else " (in force)"
        terminal.say()
        terminal.say(f"`{lab_command('fix', one['id'])}`{mark}", "", "  ", "  ")
        terminal.say(str(one["text"]), "", "      ")
        if one.get("detail"):
            terminal.say(str(one["detail"]), "dim", "      ")
    if any(one["applied"] for one in options):
        terminal.steps([("lab load", "prove the one in force"), ("lab fix --undo", "take it back")])
    elif all(one.get("planned") for one in options):
        terminal.steps([("lab status --brief", "read once more what matters, before you choose")])
    else:
        terminal.steps([("lab metrics", "look once more before you choose"), ("lab load", "what happens with no fix")])


def _applied(lab: Lab, answer: dict[str, Any]) -> None:
    terminal, fix = lab.terminal, answer["mitigation"]
    if fix.get("planned"):
        terminal.say(f"**Your plan:** {fix['text']}")
    else:
        terminal.say(f"**In force since {words.clock(fix.get('applied_at'))}:** {fix['text']}")
    if answer.get("feedback"):
        terminal.say(str(answer["feedback"]))
    if answer.get("cost"):
        terminal.note(f"A further attempt: it lowers what the question about the fix earns by {_cost(answer['cost'])}.")
    if fix.get("planned"):
        terminal.steps([("lab load", "carry it out under load, and prove it"), ("lab fix --undo", "choose none")])
        return
    terminal.steps(
        [
            ("lab metrics", "watch the numbers answer; give them half a minute"),
            ("lab load", "prove it with the same load again"),
            ("lab fix --undo", "take it back"),
        ]
    )


def _cost(cost: float) -> str:
    return words.share(cost) if 0 < cost < 1 else words.points(cost)
