"""`lab partner`: the public pages of the third party that takes the payments."""

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.complete import among
from lab.cli.invocation import segment

WHAT = {
    "status": "whether it says it is healthy",
    "changelog": "what it announced",
    "developers": "its limits, versions and rules",
}


@click.command(
    "partner",
    cls=LabCommand,
    examples=["lab partner status", "lab partner changelog"],
)
@click.argument("page", required=False, shell_complete=among(WHAT))
@click.pass_obj
def command(lab: Lab, page: str | None) -> None:
    """Read a PAGE the payment partner publishes: status, changelog or developers.

    It is another company: its pages may lag behind what really happens.
    """
    terminal, console = lab.terminal, lab.console()
    if page is None:
        pages = console.get("/api/partner")
        if terminal.json_mode:
            terminal.data(pages)
            return
        terminal.say("The payment partner is another company. These are the pages it publishes.")
        steps = [(f"lab partner {name}", WHAT.get(name, "")) for name in pages["pages"]]
        terminal.steps(steps, "Pages:", on_stdout=True)
        return
    found = console.get(f"/api/partner/{segment(page)}")
    if terminal.json_mode:
        terminal.data(found)
        return
    terminal.markdown(str(found["text"]))
    terminal.steps([("lab metrics", "what your own telemetry says about its answers")])
