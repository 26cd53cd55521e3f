"""The search language of logs and traces.

    service:orders status:>=500 -event:request "payment refused" time*

Terms are joined by spaces and all must fit. A term is a word, a "quoted phrase" or `field:value`; `-` in front negates
it. A value may hold `*` as a wildcard (`field:*` means: has the field) or begin with >, >=, < or <=. Upper and lower
case are the same. Quotes make everything literal; inside them \\" is a quote.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

from lab.core.errors import UsageError
from lab.core.quantities import milliseconds
from lab.telemetry.model import SAME_SEVERITY
from lab.telemetry.words import as_number

LEVELS = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}
ALIASES = {
    "severity": "level",
    "trace_id": "trace",
    "span_id": "span",
    "peer": "peer.service",
    "method": "http.request.method",
    "path": "url.path",
    "key": "client.key",
    "order": "order.id",
    "duration": "duration_ms",
    "error": "error.type",
    "statement": "sql",
    "name": "message",
}
BUILT_IN = {"service", "level", "event", "status", "route", "version", "kind", "trace", "span", "message", "root"}
BUILT_IN |= {"customer", "sql", "duration_ms"}
"""Fields that are no attribute's own name, so that upper and lower case are the same."""
_CLASS = re.compile(r"([1-5])xx", re.IGNORECASE)
_OPERATORS = (">=", "<=", ">", "<")
_FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_.\-]*):")
_FOREIGN = re.compile(r"([A-Za-z_][A-Za-z0-9_.\-]*)\s*(==|!=|>=|<=|=|>|<)\s*(\S*)")
_LONGEST, _MOST_TERMS = 1000, 24
_EXAMPLE = "Write for example: service:orders status:>=500 -event:request"


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. `field` is None for a bare word; `op` is `:` or a comparison, then `number` holds its value.

    `pattern` is the value split at its wildcards: one part when there is none.
    """

    field: str | None
    op: str
    value: str
    negated: bool
    pattern: tuple[str, ...]
    number: float | None = None

    @property
    def wild(self) -> bool:
        """Whether the value has a wildcard."""
        return len(self.pattern) > 1

    @property
    def prefix(self) -> bool:
        """Whether the only wildcard is at the end of a value that is not empty without it."""
        return len(self.pattern) == 2 and not self.pattern[1] and bool(self.pattern[0])


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: terms that must all fit."""

    text: str
    terms: tuple[Term, ...]


def parse(text: str) -> Query:
    """A query, parsed; UsageError says what is wrong and how to write it."""
    if len(text) > _LONGEST:
        raise UsageError(f"The search is {len(text)} characters long; {_LONGEST} is the most.", "Use fewer terms.")
    terms, at = [], 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            break
        term, at = _term(text, at)
        terms.append(term)
    if len(terms) > _MOST_TERMS:
        raise UsageError(f"The search has {len(terms)} terms; {_MOST_TERMS} is the most.", "Use fewer terms.")
    return Query(text, tuple(terms))


def _term(text: str, at: int) -> tuple[Term, int]:
    start = at
    negated = text[at] == "-"
    at += negated
    field = None
    match = _FIELD.match(text, at)
    if match and not text.startswith("//", match.end()):
        field, at = ALIASES.get(match[1].lower(), match[1]), match.end()
        field = field.lower() if field.lower() in BUILT_IN else field
    op = next((op for op in _OPERATORS if field and text.startswith(op, at)), ":")
    at += len(op) if op != ":" else 0
    value, quoted, at = _value(text, at)
    written = text[start:at]
    if not quoted:
        _refuse_foreign(text, start, written, field, value)
        _refuse_class(written, field, value, negated)
    if field and op == ":" and not value and not quoted:
        _wrong(f"`{written}` has no value", f"Write {written}* for any value, or put quotes around the text")
    if not value.strip():
        _wrong(
            f"`{written or '-'}` is not a term: there is no text in it",
            "Leave it out, or write the text behind it",
        )
    if op != ":":
        return Term(field, op, value, negated, (value,), _number(field or "", value, written)), at
    parts = (value,) if quoted else tuple(re.split(r"\*+", value))
    if field == "level":
        parts = (fold_level(value),) if len(parts) == 1 else parts
    return Term(field, ":", value, negated, parts), at


def fold_level(text: str) -> str:
    """A severity's short name in lower case: WARNING is warn, CRITICAL is fatal."""
    upper = text.upper()
    return SAME_SEVERITY.get(upper, upper).lower()


def _value(text: str, at: int) -> tuple[str, bool, int]:
    if at < len(text) and text[at] == '"':
        value, begin = [], at
        at += 1
        while at < len(text) and text[at] != '"':
            at += text[at] == "\\" and text[at + 1 : at + 2] in ('"', "\\")
            value.append(text[at])
            at += 1
        if at >= len(text):
            _wrong(f"The quote that opens at {text[begin : begin + 20]} is never closed", 'Add a " at its end')
        at += 1
        if at < len(text) and not text[at].isspace():
            _wrong(f"`{text[at : at + 10]}` follows a closing quote directly", "Put a space between them")
        return "".join(value), True, at
    end = at
    while end < len(text) and not text[end].isspace():
        end += 1
    value_text = text[at:end]
    if '"' in value_text:
        _wrong(f"`{value_text}` has a quote in the middle", 'Put the whole value in quotes: message:"card refused"')
    return value_text, False, end


def _number(field: str, value: str, written: str) -> float:
    if field == "level":
        level = LEVELS.get(fold_level(value))
        if level is None:
            _wrong(f"`{written}` compares with {value!r}, which is no level", f"Levels are {', '.join(LEVELS)}")
        return float(level)
    number = as_number(value)
    if number is None and field.endswith(("duration_ms", "_ms")):
        try:
            number = milliseconds(value)
        except ValueError:
            number = None
    if number is None:
        _wrong(f"`{written}` compares with {value!r}, which is not a number", "Write a number, as in status:>=500")
    return number


def _refuse_foreign(text: str, start: int, written: str, field: str | None, value: str) -> None:
    """Other languages' operators would silently find nothing: say how it is written here."""
    if written in ("AND", "&&", "and"):
        _wrong(f"`{written}` is not needed: all terms must fit", "Leave it out, or put quotes around it")
    if written in ("OR", "||"):
        _wrong(f"There is no `{written}`", "Search twice, or use a wildcard or comparison: status:>=500")
    if written in ("NOT", "!"):
        _wrong(f"There is no `{written}`", "Put a minus directly in front of the term: -event:request")
    if written.startswith(("(", "-(")):
        _wrong("There are no brackets", "List the terms that must all fit, or put quotes around the text")
    if field is not None and value.startswith(("=", "!")):
        _wrong(f"`{written}` mixes two ways of writing", f"Write {field}:{value.lstrip('=!') or 'value'}")
    foreign = _FOREIGN.match(text, start)
    if field is None and foreign and (foreign.end(2) > start + len(foreign[1])):
        name, sign, rest = foreign[1], foreign[2], foreign[3] or "value"
        right = {"==": f"{name}:{rest}", "=": f"{name}:{rest}", "!=": f"-{name}:{rest}"}
        _wrong(
            f"`{foreign[0].strip()}` is not how a field is searched",
            f"Write {right.get(sign, f'{name}:{sign}{rest}')}, or put quotes around the text",
        )


def _refuse_class(written: str, field: str | None, value: str, negated: bool) -> None:
    """`status:5xx` would silently find nothing: statuses are numbers.

    Negated, the class must be one term: two negated terms leave out what fits either of them.
    """
    found = _CLASS.fullmatch(value) if field == "status" else None
    if found is not None:
        least = 100 * int(found[1])
        within = f"status:>={least}" if least == 500 else f"status:>={least} status:<{least + 100}"
        if negated:
            within = f"-status:>={least}" if least == 500 else f"-status:{found[1]}*"
        _wrong(f"`{written}` compares with {value!r}, which is not a number", f"Write {within}")


def _wrong(what: str, hint: str) -> NoReturn:
    raise UsageError(f"{what}.", f"{hint}. {_EXAMPLE}." if _EXAMPLE not in hint else hint)
