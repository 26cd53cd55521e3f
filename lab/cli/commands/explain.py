"""`lab explain`: a term in plain words."""

import click

from lab.cli.command import Lab, LabCommand


@click.command(
    "explain",
    cls=LabCommand,
    examples=["lab explain p95", "lab explain retry storm"],
)
@click.argument("term", nargs=-1)
@click.pass_obj
def command(lab: Lab, term: tuple[str, ...]) -> None:
    """Explain a TERM in plain words: p95, 429, idempotent, retry storm.

    Without one, lists every term. Works with nothing running.
    """
    from lab.session import offline

    terminal = lab.terminal
    if not term:
        names = offline.terms()
        if terminal.json_mode:
            terminal.data(names)
            return
        terminal.say(", ".join(names))
        terminal.steps([("lab explain p95", "one of them in plain words")])
        return
    found = offline.term(" ".join(term))
    if terminal.json_mode:
        terminal.data(found)
        return
    terminal.say(f"**{found['term']}**: {found['short']}")
    if found.get("long"):
        terminal.say()
        terminal.markdown(str(found["long"]))
    if found.get("see"):
        terminal.steps([(f"lab explain {name}", "") for name in found["see"][:3]], "See also:")
