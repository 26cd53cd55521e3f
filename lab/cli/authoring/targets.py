"""Which scenarios a command is about: names, folders, or all there are."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from lab.cli.complete import scenarios
from lab.core.errors import UsageError


def with_targets(command: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments and options that name scenarios."""
    named = click.argument("names", metavar="[SCENARIO | PATH]...", nargs=-1, shell_complete=scenarios)
    every = click.option("--all", "every", is_flag=True, help="Every scenario there is.")
    folder = click.option(
        "--scenarios",
        "directories",
        metavar="DIR",
        multiple=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Also look in this folder of scenarios; may be given several times.",
    )
    return named(every(folder(command)))


def folders(names: Sequence[str], every: bool, directories: Sequence[Path]) -> list[Path]:
    """The folders meant, each once; UsageError when none is, NotFound with a suggestion for an unknown name."""
    from lab.scenario.catalog import listed, place

    if every == bool(names):
        raise UsageError("Say which scenarios: names, folders, or --all.", "For example `lab scenario check ./mine`.")
    found = [one.path for one in listed(directories)] if every else [place(name, directories) for name in names]
    return list(dict.fromkeys(path.resolve() for path in found))


def shown_path(path: Path) -> str:
    """A path from here, if it lies below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def shown_target(path: Path) -> str:
    """A scenario as a command takes it: a shipped one by its name, another by its path."""
    from lab.scenario import shipped_dir

    if path.parent == shipped_dir().resolve():
        return path.name
    shown = shown_path(path)
    return shown if "/" in shown else f"./{shown}"
