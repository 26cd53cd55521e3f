"""`lab open`: the console in a browser."""

from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.core.errors import NothingRunning


@click.command(
    "open",
    cls=LabCommand,
    examples=["lab open", "lab open --no-browser"],
)
@click.option("--port", type=click.IntRange(1, 65535), help="The console's port; 7700 or the next free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.pass_obj
def command(lab: Lab, port: int | None, no_browser: bool) -> None:
    """Open the console, the lab's pages, in a browser, where you are in the story; its address is printed too.

    With nothing running, starts the console alone: choose a scenario there, and end it with `lab stop`.
    """
    terminal = lab.terminal
    console, began = _console(lab, port)
    url = f"{console.url}/{_place(console)}"
    if terminal.json_mode:
        terminal.data({"url": url})
    else:
        terminal.raw(url)
    if began and not terminal.json_mode:
        terminal.note("Nothing was running: choose a scenario on that page. `lab stop` ends the console.")
    if not no_browser and not _opened(url):
        terminal.note("No browser could be started from here; paste the address into one.")


def _console(lab: Lab, port: int | None) -> tuple[Any, bool]:
    """The running console, or a new one without a session; whether it is new."""
    from lab.remote import home, spawn

    try:
        return lab.console(), False
    except NothingRunning:
        home.made(lab.home)
    process = spawn.launch(lab.home, port=port, scenarios=[])
    try:
        console = spawn.ready(process, lab.home)
    except BaseException:
        spawn.end(lab.home, process)
        raise
    spawn.let_go(process)
    return console, True


def _place(console: Any) -> str:
    """Where the learner is, as a path; the start page with no session."""
    try:
        return str(console.get("/api/session").get("page", ""))
    except NothingRunning:
        return ""


def _opened(url: str) -> bool:
    """Whether a browser took the address; text browsers would take over the terminal and are not asked."""
    import webbrowser

    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if isinstance(browser, webbrowser.GenericBrowser) and not isinstance(browser, webbrowser.BackgroundBrowser):
        return False
    return browser.open(url)
