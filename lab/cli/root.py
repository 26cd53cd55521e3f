"""The `lab` command: its parts in the order a learner meets them, loaded when used; the edge that says errors."""

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import IO, Any

import click
from click.shell_completion import CompletionItem

from lab.cli import invocation
from lab.cli.command import Lab
from lab.cli.terminal import Terminal
from lab.core.errors import CHECK_FAILED, ENVIRONMENT, INTERRUPTED, OK, USAGE, LabError, did_you_mean

# The order and the headings of `lab --help`: what a learner does, not the alphabet. The lines stand here and not in
# the commands' files so that help and the Tab key need not load any of those.
SECTIONS: dict[str, dict[str, str]] = {
    "Start": {
        "doctor": "Check that this machine has what the lab needs",
        "list": "Show the scenarios, and which you have done",
        "start": "Start a scenario, or resume where you were",
        "status": "Show what is running and where you are in it",
        "open": "Open the console in a browser",
    },
    "Investigate": {
        "metrics": "Show rate, errors, durations and lost orders",
        "logs": "Search what the services wrote",
        "traces": "Show whole requests, step by step",
        "sql": "Read the database, find slow statements",
        "changes": "Show what was deployed or changed, and when",
        "rehearse": "Run a migration on a copy of the data first",
        "partner": "Read the payment partner's public pages",
        "request": "Call the shop's API with your own key",
        "steps": "Show which requests of a lesson have arrived",
        "inbox": "Show the webhooks that came in, and check them",
        "explain": "Explain a term, for example p95 or 429",
    },
    "Answer": {
        "cite": "Keep a log record, trace or metric as evidence",
        "diagnose": "Answer the questions about the incident",
        "hint": "Take the next hint, or see a full answer",
    },
    "Fix and prove": {
        "fix": "Choose a mitigation and apply it, or undo it",
        "load": "Prove the fix with a load test",
    },
    "After": {
        "report": "Show your run on one page, and the debrief",
        "progress": "Show your scores by scenario and by skill",
        "reset": "Begin the same scenario again",
        "stop": "Stop the lab; reports and progress stay",
        "export": "Write requests, load test or records for other tools",
        "completion": "Print the script that makes the Tab key work",
    },
    "Author": {
        "scenario": "Write, check and prove scenarios of your own",
    },
}
COMMANDS = {name: line for lines in SECTIONS.values() for name, line in lines.items()}


class Root(click.Group):
    """Loads a command's module only when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"lab.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a misspelt name."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise LabUsage(
                f"There is no command {args[0]!r}.",
                f"{did_you_mean(args[0], COMMANDS)}`lab --help` lists what there is.",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands under their headings, in one column layout."""
        for heading, lines in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(10), line) for name, line in lines.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and options that begin so."""
        found = [CompletionItem(name, help=line) for name, line in COMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Where to begin."""
        lab = ctx.obj.terminal.stands_for_lab if isinstance(ctx.obj, Lab) else "lab"
        with formatter.section("Environment"):
            formatter.write_dl(
                [
                    ("LAB_HOME ", "The directory a lab keeps its state in; two directories, two labs."),
                    ("LAB_IDLE_MINUTES", "After how long unused a lab stops by itself; 120, and 0 for never."),
                    ("NO_COLOR ", "No colours."),
                    ("LAB_DEBUG", "With 1, errors show where in the program they come from."),
                ]
            )
        with formatter.section("First time here"):
            formatter.write(f"  {lab} start rate-limit\n  {lab} start --help\n")


class LabUsage(LabError):
    """The command line itself is wrong."""

    exit_code = USAGE


@click.group(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    help="Faultlab: a small online shop on your own machine breaks in a realistic way. You find out why, "
    "choose a fix, and prove it with a load test.",
    invoke_without_command=True,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    help="Show the version and exit.",
    callback=lambda *given: _version(*given),
)
@click.pass_context
def root(ctx: click.Context) -> None:
    """The group itself; without a command it shows its help."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def leaves() -> dict[str, click.Command]:
    """Every command that does something, by its words: `logs`, `scenario check`. Loads them all."""
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = root.get_command(click.Context(root), name)
        if isinstance(command, click.Group):
            context = click.Context(command)
            parts = {one: command.get_command(context, one) for one in command.list_commands(context)}
            found |= {f"{name} {one}": part for one, part in parts.items() if part is not None}
        elif command is not None:
            found[name] = command
    return found


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from lab import __version__

        click.echo(f"faultlab {__version__}")
        ctx.exit()


def run(args: Sequence[str] | None = None) -> int:
    """Run one command line and return the exit code; every error ends here as two sentences."""
    args = list(sys.argv[1:] if args is None else args)
    terminal = Terminal(json_mode="--json" in args, stands_for_lab=invocation.prefix())
    try:
        code = _invoke(args, terminal)
        terminal.flush()
        return code
    except BrokenPipeError:
        _give_up(sys.stdout)  # the reader had enough: `lab logs | head`
        _give_up(sys.stderr)
        return OK
    except OSError as error:
        if error.filename is None:  # it is the output that cannot be written
            _give_up(sys.stdout)
            terminal.json_mode = False
        return _say(terminal, LabError(*_os_error(error)), ENVIRONMENT)


def _give_up(stream: IO[str]) -> None:
    """Nothing more can be written there, not even what is buffered when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _invoke(args: list[str], terminal: Terminal) -> int:
    try:
        value: Any = root.main(
            args=args,
            prog_name="lab",
            complete_var="_LAB_COMPLETE",
            standalone_mode=False,
            obj=Lab(terminal),
        )
        return value if isinstance(value, int) else OK
    except LabError as error:
        return _say(terminal, error, error.exit_code)
    except click.UsageError as error:
        return _say(terminal, LabError(*_usage(error)), USAGE)
    except click.ClickException as error:
        return _say(terminal, LabError(_sentence(error.format_message()), "`lab --help` shows how."), USAGE)
    except (click.Abort, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # pressing it twice must not swallow the sentence
        hint = "`lab status` says what is running."
        return _say(terminal, LabError("Interrupted before the command was done.", hint), INTERRUPTED)
    except OSError:
        raise
    except UnicodeEncodeError as error:
        if "surrogates" not in error.reason:
            raise
        what = "A word of this command has a character that is not UTF-8 text."
        return _say(terminal, LabError(what, "Type it again, or set your terminal to UTF-8."), USAGE)
    except Exception as error:  # the last edge: a person gets two sentences, a developer the traceback
        what = f"Something went wrong inside the lab: {type(error).__name__}: {error}"
        hint = "Run the command again with LAB_DEBUG=1 before it to see where, and report that."
        return _say(terminal, LabError(_sentence(what), hint), CHECK_FAILED)


def _say(terminal: Terminal, error: LabError, code: int) -> int:
    if os.environ.get("LAB_DEBUG") == "1":
        import traceback

        traceback.print_exc()
    if terminal.json_mode:
        terminal.data({"error": {"what": error.what, "hint": error.hint, "exit_code": code}})
    terminal.error(error.what, error.hint)
    return code


def _usage(error: click.UsageError) -> tuple[str, str]:
    path = error.ctx.command_path.partition(" ")[2] if error.ctx and error.ctx.parent else ""
    what = _sentence(error.format_message())
    hint = f"`lab {path} --help` shows how, with examples." if path else "`lab --help` lists the commands."
    return what, hint


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text[-1:] in {".", "?", "!"} else f"{text}."


def _os_error(error: OSError) -> tuple[str, str]:
    where = f" {error.filename}" if error.filename else ""
    what = f"The machine refused{where}: {(error.strerror or str(error)).lower()}."
    return what, "`lab doctor` shows what this machine lacks."
