"""What every command has in common: --json, examples in its help, and the objects it works with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from lab.cli.invocation import pasteable
from lab.cli.terminal import Terminal
from lab.core.errors import LabError


@dataclass
class Lab:
    """What a command needs of the world: where it prints, and the lab it talks to."""

    terminal: Terminal
    _consoles: list[Any] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """LAB_HOME."""
        from lab.cli.home import home

        return home()

    def console(self) -> Any:
        """The running console's client; NothingRunning without one."""
        from lab.cli.client import running
        from lab.cli.home import address

        if not self._consoles:
            known = address(self.home)
            try:
                self._consoles.append(running(self.home))
            except LabError as error:
                if known is None or not known.project:
                    raise
                from lab.containers.life import state_of

                raise state_of(known.project, known.url) or error from None
        return self._consoles[0]


class LabCommand(click.Command):
    """A command with --json and pasteable examples.

    With `takes_words` its arguments may start with a single dash (`-route:/products` means "not this route").
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), takes_words: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self.takes_words = takes_words
        self.params.append(
            click.Option(
                ["--json", "as_json"],
                is_flag=True,
                expose_value=False,
                help="Print one JSON document instead of text.",
                callback=_use_json,
            )
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, after setting apart words such as `-status:200`."""
        if not self.takes_words:
            return super().parse_args(ctx, args)
        kept, words, takes_value = [], [], False
        valued = {
            name
            for param in self.params
            if isinstance(param, click.Option) and not param.is_flag
            for name in param.opts
        }
        flags = {name for param in self.params if isinstance(param, click.Option) for name in param.opts}
        for arg in args:
            if not takes_value and arg.startswith("-") and arg[1:2] not in {"", "-"} and arg not in {*flags, "-h"}:
                words.append(arg)
            else:
                kept.append(arg)
            takes_value = not takes_value and arg in valued
        rest = super().parse_args(ctx, kept)
        ctx.meta["lab.words"] = words
        return rest

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples that can be pasted."""
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    shown = pasteable(example, ctx.obj.terminal.stands_for_lab if isinstance(ctx.obj, Lab) else "lab")
                    formatter.write(f"{'':>{formatter.current_indent}}{shown}\n")
        super().format_epilog(ctx, formatter)


def words(ctx: click.Context, given: Sequence[str]) -> str:
    """The query made of the words given, those with a leading dash included."""
    return " ".join([*given, *ctx.meta.get("lab.words", [])])


def _use_json(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
    if value and isinstance(ctx.obj, Lab):
        ctx.obj.terminal.json_mode = True
    return value
