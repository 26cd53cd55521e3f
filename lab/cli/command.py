"""What every command has in common: --json, examples in its help, and the objects it works with."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from lab.cli.invocation import pasteable
from lab.cli.terminal import Terminal
from lab.core.errors import LabError, UsageError, did_you_mean


@dataclass
class Lab:
    """What a command needs of the world: where it prints, and the lab it talks to."""

    terminal: Terminal
    _consoles: list[Any] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """LAB_HOME."""
        from lab.remote.home import home

        return home()

    def console(self) -> Any:
        """The running console's client; NothingRunning without one."""
        from lab.remote.client import running
        from lab.remote.home import address

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


class LabGroup(click.Group):
    """A command of commands, each in a module of `package`, loaded when it is asked for."""

    def __init__(self, name: str, package: str, lines: Mapping[str, str], help: str) -> None:
        super().__init__(name, help=help, invoke_without_command=True, callback=_show_help)
        self.package = package
        self.lines = dict(lines)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order given."""
        return list(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in self.lines:
            return None
        command = importlib.import_module(f"{self.package}.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a misspelt name."""
        if args[0] not in self.lines and not args[0].startswith("-"):
            raise UsageError(
                f"There is no command `lab {self.name} {args[0]}`.",
                f"{did_you_mean(args[0], self.lines)}`lab {self.name} --help` lists what there is.",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, each in one line."""
        with formatter.section("Commands"):
            formatter.write_dl([(name.ljust(10), line) for name, line in self.lines.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands that begin so."""
        return [CompletionItem(name, help=line) for name, line in self.lines.items() if name.startswith(incomplete)]


@click.pass_context
def _show_help(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def words(ctx: click.Context, given: Sequence[str]) -> str:
    """The query made of the words given, those with a leading dash included."""
    return " ".join([*given, *ctx.meta.get("lab.words", [])])


def _use_json(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
    if value and isinstance(ctx.obj, Lab):
        ctx.obj.terminal.json_mode = True
    return value
