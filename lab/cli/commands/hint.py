"""`lab hint`: the next hint at its price, or the whole answer to one question."""

from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.complete import from_console
from lab.cli.invocation import command as lab_command
from lab.core import words
from lab.core.errors import UsageError
from lab.session.ledger import SETTLED


@click.command(
    "hint",
    cls=LabCommand,
    examples=["lab hint", "lab hint --list", "lab hint --reveal whose"],
)
@click.option("--list", "only_list", is_flag=True, help="Show the hints you have taken; costs nothing.")
@click.option(
    "--reveal",
    metavar="QUESTION",
    shell_complete=from_console("/api/questions", "ask"),
    help="Show the full answer to a question, for zero points.",
)
@click.option("--yes", is_flag=True, help="Do not ask before spending points.")
@click.pass_obj
def command(lab: Lab, only_list: bool, reveal: str | None, yes: bool) -> None:
    """Take the next hint. Its price is shown, and asked about, before it is spent.

    Never stuck: --reveal gives a question's full answer and its reasons, for zero points. Where nobody can be asked, as
    in a script or with --json, --yes says that the points may be spent.
    """
    console = lab.console()
    if reveal is not None:
        _revealed(lab, console, reveal, yes)
        return
    if only_list:
        _show(lab, console.get("/api/hints"), only_list)
    else:
        take(lab, console, yes)


def take(lab: Lab, console: Any, yes: bool = False) -> None:
    """Take the next hint, after asking whether its price is wanted; shows the last one when none is left."""
    terminal = lab.terminal
    known = console.get("/api/hints")
    price = known.get("next_price")
    if price is None:
        _show(lab, known, only_list=False)
        return
    if price and not _agreed(
        lab, yes, f"The next hint costs {words.points(price)}.", "Take it?", "Take it: `lab hint --yes`"
    ):
        terminal.note("Nothing was spent.")
        return
    _show(lab, console.post("/api/hints", {}), only_list=False)


def _agreed(lab: Lab, yes: bool, costs: str, asks: str, remedy: str) -> bool:
    """Whether points may be spent; UsageError where nobody can be asked and `--yes` is not given."""
    if yes:
        return True
    if not lab.terminal.interactive:
        raise UsageError(costs, remedy)
    return click.confirm(f"{costs} {asks}", err=True)


def _show(lab: Lab, known: dict[str, Any], only_list: bool) -> None:
    terminal = lab.terminal
    if terminal.json_mode:
        terminal.data(known)
        return
    taken = [one for one in known["hints"] if one["taken"]]
    for one in taken if only_list else taken[-1:]:
        terminal.say(f"**Hint {one['n']} of {len(known['hints'])}** ({words.points(one['price'])})")
        terminal.markdown(str(one["text"]), "  ")
    price = known.get("next_price")
    if not known["hints"]:
        terminal.say("This scenario has no hints.")
    elif not taken:
        terminal.say("You have not taken a hint yet.")
    elif price is None:
        terminal.say("That was the last hint.")
    more = [("lab hint", f"the next one, for {words.points(price)}")] if price is not None else []
    terminal.steps([*more, ("lab diagnose", "back to the questions"), *_way_out(lab)])


def _way_out(lab: Lab) -> list[tuple[str, str]]:
    """How to see the answer to the question one is at."""
    at = next((one["id"] for one in lab.console().get("/api/questions") if one["state"] not in SETTLED), None)
    return [(lab_command("hint", "--reveal", at), "its full answer and the reasons, for zero points")] if at else []


def _revealed(lab: Lab, console: Any, question: str, yes: bool) -> None:
    terminal = lab.terminal
    told = f"A question whose answer is shown, such as {question!r}, gives no points."
    if not _agreed(lab, yes, told, "Show it?", f"Show it: `{lab_command('hint', '--reveal', question, '--yes')}`"):
        terminal.note("Nothing was revealed.")
        return
    answer = console.post("/api/hints", {"reveal": question})
    if terminal.json_mode:
        terminal.data(answer)
        return
    terminal.say(f"**The answer to {question}**")
    terminal.markdown(str(answer["truth"]), "  ", breaks=True)
    terminal.steps([("lab diagnose", "go on with the next question")])
