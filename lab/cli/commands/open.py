"""`lab open`: the console in a browser."""

import click

from lab.cli.command import Lab, LabCommand


@click.command(
    "open",
    cls=LabCommand,
    examples=["lab open", "lab open --no-browser"],
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.pass_obj
def command(lab: Lab, no_browser: bool) -> None:
    """Open the console, the lab's pages, in a browser; its address is printed too."""
    terminal = lab.terminal
    url = lab.console().url + "/"
    if terminal.json_mode:
        terminal.data({"url": url})
    else:
        terminal.raw(url)
    if not no_browser and not _opened(url):
        terminal.note("No browser could be started from here; paste the address into one.")


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
