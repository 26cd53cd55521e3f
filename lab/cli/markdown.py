"""Markdown as terminal lines: the part of it that briefs, hints, feedback and reports use."""

import re
from collections.abc import Callable

from lab.cli.layout import Column, Line, Run, flow, table

_INLINE = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|\[([^\]]+)\]\(([^)\s]+)\)|(?<![\w*])[*_]([^*_\s][^*_]*)[*_](?![\w*])")
_ITEM = re.compile(r"^(\s*)([-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?(.*)$")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_RULE = re.compile(r"^\s*([-*_])(\s*\1){2,}\s*$")

Code = Callable[[str], Run]


def inline(text: str, code: Code, style: str = "") -> list[Run]:
    """One paragraph's runs; `code` says how a piece in backticks is shown."""
    runs, at = [], 0
    for match in _INLINE.finditer(text):
        runs.append(Run(text[at : match.start()], style))
        at = match.end()
        if match[1] is not None:
            runs.append(code(match[1]))
        elif match[2] is not None:
            runs += inline(match[2], code, "bold")
        elif match[3] is not None:
            runs.append(Run(f"{match[3]} ({match[4]})", style))
        else:
            runs.append(Run(match[5], style))
    runs.append(Run(text[at:], style))
    return [run for run in runs if run.text]


def render(text: str, width: int, code: Code, indent: str = "", *, breaks: bool = False) -> list[Line]:
    """The document as lines of at most `width` cells; with `breaks` every line of it begins a new one."""
    lines: list[Line] = []
    source = text.strip("\n").splitlines()
    at = 0
    while at < len(source):
        line = source[at]
        if line.strip().startswith("```"):
            end = next((n for n in range(at + 1, len(source)) if source[n].strip().startswith("```")), len(source))
            lines += [[Run(f"{indent}    "), code_line(each, code)] for each in source[at + 1 : end]]
            at = end + 1
        elif line.lstrip().startswith("|"):
            end = at
            while end < len(source) and source[end].lstrip().startswith("|"):
                end += 1
            lines += _table(source[at:end], width, indent)
            at = end
        else:
            end = at + 1
            while end < len(source) and not breaks and _continues(line, source[end]):
                end += 1
            lines += _block(line, [part.strip() for part in source[at + 1 : end]], width, code, indent)
            at = end
    return _squeezed(lines)


def code_line(text: str, code: Code) -> Run:
    """A line of a code block: a command becomes pasteable, everything else stays as it is."""
    shown = code(text)
    return Run(shown.text.strip("`") if text else "", shown.style)


def _continues(first: str, line: str) -> bool:
    if not first.strip() or _HEADING.match(first) or _RULE.match(first):
        return False
    starts = _ITEM.match(line) or _HEADING.match(line) or _RULE.match(line) or line.lstrip()[:1] in {"|", ">"}
    return bool(line.strip()) and not starts and not line.strip().startswith("```")


def _block(first: str, more: list[str], width: int, code: Code, indent: str) -> list[Line]:
    if not first.strip():
        return [[]]
    if heading := _HEADING.match(first):
        return [[], *flow(inline(heading[2], code, "bold"), width, indent, indent), []]
    if _RULE.match(first):
        return [[Run(indent + "─" * min(40, width - len(indent)), "dim")]]
    if item := _ITEM.match(first):
        mark = "•" if item[2] in "-*+" else item[2]
        lead = f"{indent}{item[1]}{mark} "
        return flow(inline(" ".join([item[3], *more]), code), width, lead, " " * len(lead))
    if first.lstrip().startswith(">"):
        text = " ".join([first.lstrip()[1:].strip(), *(part.lstrip("> ") for part in more)])
        return flow(inline(text, code), width, f"{indent}│ ", f"{indent}│ ")
    return flow(inline(" ".join([first.strip(), *more]), code), width, indent, indent)


def _table(source: list[str], width: int, indent: str) -> list[Line]:
    rows = [[cell.strip().replace("**", "").replace("`", "") for cell in _cells(line)] for line in source]
    rules = [row for row in rows if all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    titles, body = rows[0], [row for row in rows[1:] if row not in rules]
    right = [cell.endswith(":") for cell in rules[0]] if rules else []
    columns = [Column(title, right=at < len(right) and right[at], flexible=True) for at, title in enumerate(titles)]
    padded = [(row + [""] * len(columns))[: len(columns)] for row in body]
    return table(columns, padded, width, indent)


def _cells(line: str) -> list[str]:
    return line.strip().strip("|").split("|")


def _squeezed(lines: list[Line]) -> list[Line]:
    """Without blank lines at either end or twice in a row."""
    kept: list[Line] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return kept
