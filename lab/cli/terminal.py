"""The one object that prints: data to stdout, progress and advice to stderr, as wide and coloured as fits."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any

import click

from lab.cli.invocation import marked, pasteable
from lab.cli.layout import ASCII, Cell, Column, Line, Run, cells, clean, flow, fold, pad, table
from lab.cli.markdown import inline, render

_STYLES: dict[str, dict[str, Any]] = {
    "bold": {"bold": True},
    "dim": {"dim": True},
    "code": {"fg": "cyan"},
    "good": {"fg": "green"},
    "bad": {"fg": "red", "bold": True},
    "warn": {"fg": "yellow"},
}
WIDEST = 110


class Terminal:
    """Prints for people, or one JSON document for programs.

    `stands_for_lab` replaces the word `lab` in every command shown, so that it works when pasted.
    """

    def __init__(
        self,
        out: IO[str] | None = None,
        err: IO[str] | None = None,
        *,
        json_mode: bool = False,
        stands_for_lab: str = "lab",
    ) -> None:
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self.json_mode = json_mode
        self.stands_for_lab = stands_for_lab
        self.out_is_tty = _is_tty(self.out)
        self.err_is_tty = _is_tty(self.err)
        self.width = max(40, min(WIDEST, shutil.get_terminal_size((80, 24)).columns))
        self.folds_records = self.out_is_tty or "COLUMNS" in os.environ
        for stream in (self.out, self.err):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked."""
        return self.out_is_tty and self.err_is_tty and _is_tty(sys.stdin) and not self.json_mode

    # what commands found out -> stdout

    def say(self, text: str = "", style: str = "", indent: str = "", hanging: str | None = None) -> None:
        """A paragraph; `code` and **bold** are understood, commands become pasteable."""
        self._lines(self._paragraph(text, style, indent, hanging, self.out_is_tty), self.out)

    def title(self, text: str) -> None:
        """A heading, with a blank line before it."""
        self._lines([[], [Run(clean(text), "bold")]], self.out)

    def lines(self, lines: Iterable[Line]) -> None:
        """Lines laid out by the caller."""
        self._lines([[Run(clean(run.text), run.style) for run in line] for line in lines], self.out)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], indent: str = "  ") -> None:
        """A table that fits the width."""
        cleaned = [[_cleaned(cell) for cell in row] for row in rows]
        self._lines(table(columns, cleaned, self.width, indent), self.out)

    def record(self, text: str, style: str = "", hanging: str = "    ") -> None:
        """A line of data: folded on a screen, one line in a pipe so that grep and friends work."""
        text = clean(text)
        lines = fold(text, self.width, hanging) if self.folds_records else [text]
        self._lines([[Run(line, style)] for line in lines], self.out)

    def markdown(self, text: str, indent: str = "", *, breaks: bool = False) -> None:
        """A document such as a brief; with `breaks`, a few lines such as feedback, each on a line of its own."""
        code = self._code(self.out_is_tty)
        self._lines(render(marked(clean(text)), self.width, code, indent, breaks=breaks), self.out)

    def raw(self, text: str) -> None:
        """Text as it is: a file's content, a script, an address."""
        self._write(text if text.endswith("\n") else text + "\n", self.out)

    def data(self, document: Any) -> None:
        """The one JSON document of --json."""
        text = json.dumps(document, indent=2, ensure_ascii=not self._is_unicode(self.out), default=str)
        self._write(text + "\n", self.out)

    # progress, advice and errors -> stderr

    def note(self, text: str = "", style: str = "") -> None:
        """Progress or a remark."""
        self._lines(self._paragraph(text, style, "", None, self.err_is_tty), self.err)

    def steps(self, steps: Sequence[tuple[str, str]], lead: str = "Next:", *, on_stdout: bool = False) -> None:
        """Commands to try and why; each command stands on one line, whole, to be pasted."""
        if self.json_mode or not steps:
            return
        stream = self.out if on_stdout else self.err
        shown = [(pasteable(clean(command), self.stands_for_lab), clean(why)) for command, why in steps]
        column = max(cells(command) for command, _ in shown) + 4
        beside = column + max(cells(why) for _, why in shown) <= self.width
        lines: list[Line] = [[], [Run(clean(lead), "bold")]]
        for command, why in shown:
            if beside:
                lines.append([Run("  "), Run(pad(command, column - 2 if why else 0), "code"), Run(why)])
                continue
            lines.append([Run(f"  {command}", "code")])
            if why:
                lines += flow([Run(why)], self.width, "      ", "      ")
        self._lines(lines, stream)

    def error(self, what: str, hint: str) -> None:
        """What is wrong and what to do, in two lines."""
        tty = self.err_is_tty
        self._lines(self._paragraph(what, "", "Error: ", "       ", tty), self.err)
        if hint:
            self._lines(self._paragraph(hint, "", "Try:   ", "       ", tty), self.err)

    def flush(self) -> None:
        """Write out what is buffered, so that a full disk or a closed pipe is noticed here."""
        self.out.flush()
        self.err.flush()

    # inside

    def _paragraph(self, text: str, style: str, indent: str, hanging: str | None, tty: bool) -> list[Line]:
        rest = hanging if hanging is not None else indent
        lines: list[Line] = []
        for part in marked(clean(text)).split("\n"):
            runs = inline(part, self._code(tty), style)
            lines += flow(runs, self.width, rest if lines else indent, rest) if runs else [[]]
        return lines

    def _code(self, tty: bool) -> Any:
        coloured = tty and _wants_colour()

        def show(text: str) -> Run:
            text = pasteable(text, self.stands_for_lab)
            return Run(text, "code", solid=True) if coloured else Run(f"`{text}`", "", solid=True)

        return show

    def _lines(self, lines: Iterable[Line], stream: IO[str]) -> None:
        coloured = _is_tty(stream) and _wants_colour()
        for line in lines:
            text = "".join(_painted(run) if coloured else run.text for run in line)
            self._write(text.rstrip() + "\n", stream)

    def _write(self, text: str, stream: IO[str]) -> None:
        click.echo(text if self._is_unicode(stream) else text.translate(ASCII), file=stream, nl=False, color=True)

    @staticmethod
    def _is_unicode(stream: IO[str]) -> bool:
        return (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-").startswith("utf")


def _cleaned(cell: Cell) -> Run:
    run = cell if isinstance(cell, Run) else Run(cell)
    return Run(clean(run.text).replace("\n", " "), run.style, run.solid)


def _painted(run: Run) -> str:
    return click.style(run.text, **_STYLES[run.style]) if run.style and run.text.strip() else run.text


def _is_tty(stream: IO[str]) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def _wants_colour() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
