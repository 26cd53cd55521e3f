"""What the Tab key offers for names: quick looks that never fail and never wait long."""

from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from lab.core.errors import LabError

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
ANSWERS_WITHIN_S = 0.5


def scenarios(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The shipped scenarios by their folders' names, and any folder for a path."""
    from lab.scenario.catalog import shipped_dir

    if "/" in incomplete or incomplete.startswith((".", "~")):
        return [CompletionItem(incomplete, type="dir")]
    names = sorted(path.parent.name for path in shipped_dir().glob("*/scenario.yaml"))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def among(names: Iterable[str]) -> Completer:
    """Names that are always the same."""

    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]

    return complete


def from_console(path: str, help_field: str = "") -> Completer:
    """The ids in a list that the running console answers; nothing when there is none."""

    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from lab.remote.client import running
        from lab.remote.home import home

        try:
            found: list[dict[str, Any]] = running(home(), ANSWERS_WITHIN_S).get(path, timeout_s=ANSWERS_WITHIN_S)
        except LabError:
            return []
        return [
            CompletionItem(str(one["id"]), help=str(one.get(help_field) or "") or None)
            for one in found
            if str(one["id"]).startswith(incomplete)
        ]

    return complete
