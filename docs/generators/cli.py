"""cli.md: every command with its help and options, from the click tree."""

from typing import Any

import click

from generators.markdown import code, fence, page, table
from lab.cli.root import SECTIONS, leaves, root

INTRO = """The commands stand in the order in which a learner meets them. `lab COMMAND --help` shows the same in
your terminal.

What a command found out goes to standard output, progress and advice to standard error. Every command has
`--json`: one JSON document instead of text. What an exit code means: [exit codes](exit-codes.md)."""

LEAVES = leaves()

ENVIRONMENT = (
    (
        "LAB_HOME",
        "The directory a lab keeps its state in; two directories, two labs. Without it, your user's state directory "
        "(on Linux `~/.local/state/faultlab`).",
    ),
    (
        "LAB_IDLE_MINUTES",
        "After how many minutes without a learner a lab stops by itself (`lab start` brings it back): `120` unless "
        "given, `0` for never. It is read when the console starts.",
    ),
    ("LAB_BASE_PATH", "The path below which a proxy serves the console, as in `/user/anna/lab`."),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS",
        "Another collector that gets the same traces and logs, and its token.",
    ),
    (
        "LAB_PORT, GATEWAY_PORT, LAB_SCENARIOS",
        "For `docker compose up`: the ports, and a folder of scenarios.",
    ),
    ("LAB_NO_FORK", "With `1`, every service is a plain process: slower to start, for debugging."),
    ("LAB_DEBUG", "With `1`, errors show where in the program they come from."),
    ("NO_COLOR", "With any value, no colours."),
    ("VISUAL, EDITOR", "The editor that `lab diagnose` opens for a status update."),
    ("PYTHONUTF8", "With `1`, bars and arrows are shown properly on terminals that claim not to know them."),
)


def pages() -> dict[str, str]:
    """The one page."""
    parts = [INTRO]
    for heading, commands in SECTIONS.items():
        parts.append(f"## {heading}")
        for name in commands:
            parts += [_command(words, one) for words, one in LEAVES.items() if words.split()[0] == name]
    parts += [
        "## Environment variables",
        table(["variable", "meaning"], [[code(name), text] for name, text in ENVIRONMENT]),
    ]
    return {"cli.md": page("Commands", *parts)}


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name, parent=click.Context(root, info_name="lab"))
    usage = " ".join(["lab", name, *command.collect_usage_pieces(context)])
    help_text = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    options = [
        _option(param, context)
        for param in command.get_params(context)
        if isinstance(param, click.Option) and "--help" not in param.opts
    ]
    parts = [f"### lab {name}", code(usage), help_text, table(["option", "meaning"], options)]
    examples = getattr(command, "examples", ())
    if examples:
        parts.append(fence("\n".join(examples), "sh"))
    return "\n\n".join(parts)


def _option(option: click.Option, context: click.Context) -> list[str]:
    described: Any = option.get_help_record(context)
    names, text = described if described else (", ".join(option.opts), option.help or "")
    return [code(names), text.replace("<", "&lt;")]
