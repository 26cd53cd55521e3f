"""Text in columns: width in cells, flowing words, tables, sparklines, bars. Pure functions, no terminal."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

SPARKS = "▁▂▃▄▅▆▇█"

# What stands in for each character we print where the terminal cannot show it.
ASCII = str.maketrans(
    dict(zip(SPARKS, "_.,-=+*#", strict=True))
    | {"░": ":", "·": "-", "…": "...", "–": "-", "—": "-", "→": "->", "≤": "<=", "≥": ">=", "×": "x"}
    | {"’": "'", "‘": "'", "“": '"', "”": '"', "•": "*", "─": "-", "│": "|", "├": "|", "└": "`"}
    | {"✓": "ok", "✗": "no", "▲": "^", "▶": ">", "≈": "~", "€": "EUR", "\u00a0": " ", "\u202f": " "}
)


class Run(NamedTuple):
    """A piece of text in one style; `solid` text is never broken across lines."""

    text: str
    style: str = ""
    solid: bool = False


Line = list[Run]
Cell = str | Run


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column; `flexible` ones fold and `cut` ones are shortened when the table is too wide."""

    title: str
    right: bool = False
    flexible: bool = False
    cut: bool = False


def clean(text: str) -> str:
    """The text without control characters, so that a record cannot move the reader's cursor."""
    if text.isprintable():
        return text
    kept = []
    for char in text:
        if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}:
            kept.append(char)
        elif char != "\r":
            kept.append(f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}")
    return "".join(kept).replace("\t", "    ")


def cells(text: str) -> int:
    """How many terminal cells the text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def cut(text: str, width: int) -> str:
    """The text, shortened with an ellipsis to fit the width."""
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for char in text:
        used += cells(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept) + "…"


def pad(text: str, width: int, right: bool = False) -> str:
    """The text filled up with spaces to the width."""
    gap = " " * max(0, width - cells(text))
    return gap + text if right else text + gap


def flow(runs: Iterable[Run], width: int, first: str = "", rest: str = "") -> list[Line]:
    """Words flowed into lines of at most `width` cells; a wider word keeps a line of its own."""
    lines: list[Line] = []
    line: Line = [Run(first)] if first else []
    used, empty = cells(first), True
    for word in _words(runs):
        length = width_of(word)
        if not empty and used + 1 + length > width:
            lines.append(line)
            line, used, empty = [Run(rest)] if rest else [], cells(rest), True
        line += word if empty else [Run(" "), *word]
        used, empty = used + length + (0 if empty else 1), False
    return [*lines, line]


def fold(text: str, width: int, hanging: str = "    ") -> list[str]:
    """A line of data cut at spaces into lines of at most `width` cells; its own spacing stays as it is."""
    lead = text[: len(text) - len(text.lstrip())]
    lines = []
    while cells(text) > width:
        fits = len(cut(text, width)) - 1
        at = text.rfind(" ", len(lead) + len(hanging), fits + 1)
        at = at if at > 0 else fits
        lines.append(text[:at].rstrip())
        text = lead + hanging + text[at:].lstrip()
    return [*lines, text]


def _words(runs: Iterable[Run]) -> list[Line]:
    """The runs cut at white space; what touches without a space between stays together."""
    words: list[Line] = []
    glued = False
    for run in runs:
        parts = [run.text] if run.solid else run.text.split()
        touches = glued and (run.solid or not run.text[:1].isspace())
        for at, part in enumerate(parts):
            if at == 0 and touches:
                words[-1].append(Run(part, run.style))
            else:
                words.append([Run(part, run.style)])
        glued = bool(words) and (run.solid or not run.text[-1:].isspace()) if run.text else glued
    return words


def width_of(line: Line) -> int:
    """How many cells a line takes."""
    return sum(cells(run.text) for run in line)


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    width: int,
    indent: str = "",
    widths: Sequence[int] | None = None,
) -> list[Line]:
    """A table as lines: titles, then rows; flexible columns give way so that it fits the width if it can.

    With `widths` given, several tables stand in the same columns.
    """
    body = [[cell if isinstance(cell, Run) else Run(cell) for cell in row] for row in rows]
    widths = list(widths) if widths is not None else _widths(columns, body, width - len(indent))
    lines: list[Line] = []
    if any(column.title for column in columns):
        titles = [Run(column.title, "dim") for column in columns]
        lines += _row(columns, titles, widths, indent)
    for row in body:
        lines += _row(columns, row, widths, indent)
    return lines


def _widths(columns: Sequence[Column], rows: list[list[Run]], width: int) -> list[int]:
    natural = [max([cells(column.title), *(cells(row[at].text) for row in rows)]) for at, column in enumerate(columns)]
    over = sum(natural) + 2 * (len(columns) - 1) - width
    while over > 0:
        widest = max(
            (at for at, column in enumerate(columns) if column.flexible or column.cut),
            key=lambda at: natural[at],
            default=None,
        )
        if widest is None or natural[widest] <= 8:
            break
        others = [natural[at] for at, column in enumerate(columns) if column.flexible and at != widest]
        step = max(1, min(over, natural[widest] - max([8, *others])))
        natural[widest] -= step
        over -= step
    return natural


def _row(columns: Sequence[Column], row: Sequence[Run], widths: list[int], indent: str) -> list[Line]:
    folded: list[list[Run]] = []
    for at, (column, cell) in enumerate(zip(columns, row, strict=True)):
        if cells(cell.text) <= widths[at]:
            folded.append([cell])
        elif column.cut or not column.flexible:
            folded.append([Run(cut(cell.text, widths[at]), cell.style)])
        else:
            pieces = " ".join(piece for word in cell.text.split() for piece in _pieces(word, widths[at]))
            lines = flow([Run(pieces)], widths[at])
            folded.append([Run("".join(part.text for part in line), cell.style) for line in lines])
    lines = []
    for number in range(max(len(parts) for parts in folded)):
        line: Line = [Run(indent)] if indent else []
        for at, (column, parts) in enumerate(zip(columns, folded, strict=True)):
            part = parts[number] if number < len(parts) else Run("")
            last = at == len(columns) - 1
            text = part.text if last and not column.right else pad(part.text, widths[at], column.right)
            line += [Run(text, part.style), Run("" if last else "  ")]
        lines.append(line)
    return lines


def _pieces(word: str, width: int) -> list[str]:
    """A word in parts that fit; a table's columns stand, whatever is in them."""
    parts = []
    while cells(word) > max(1, width):
        at = max(1, len(cut(word, width)) - 1)
        parts.append(word[:at])
        word = word[at:]
    return [*parts, word]


def sparkline(values: Sequence[float | None], width: int = 24) -> str:
    """Values as small bars, at most `width` (neighbours share one, the higher counts); a gap is a blank."""
    if len(values) > width:
        edges = [round(at * len(values) / width) for at in range(width + 1)]
        groups = [[v for v in values[a:b] if v is not None] for a, b in pairwise(edges)]
        values = [max(group) if group else None for group in groups]
    known = [value for value in values if value is not None and value == value]
    top = max(known, default=0.0)
    return "".join(_spark(value, top) for value in values)


def _spark(value: float | None, top: float) -> str:
    if value is None or value != value:
        return " "
    return SPARKS[0] if top <= 0 else SPARKS[min(len(SPARKS) - 1, int(value / top * (len(SPARKS) - 1) + 0.5))]


def span_bar(offset: float, length: float, total: float, width: int, fill: str) -> str:
    """A bar of `fill` from `offset` for `length` on a scale of `total`; at least one cell is filled."""
    if total <= 0:
        return fill * width
    start = min(width - 1, int(offset / total * width))
    end = max(start + 1, min(width, round((offset + length) / total * width)))
    return " " * start + fill * (end - start) + " " * (width - end)
