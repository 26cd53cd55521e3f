"""One term of a query as conditions on rows.

Every term has an exact condition in SQL. Most also have an expression for the full-text index, which finds the rows
fast; when it is `exact` it says the same as the SQL. A term on labels alone is a set of streams. Values always travel
as parameters; only numbers of streams and names of this module's own functions are written into SQL.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from lab.telemetry.language import Term
from lab.telemetry.matching import attribute_values, fits_value, fits_values
from lab.telemetry.search.expressions import any_of, any_value, attribute_text, magnitudes, token
from lab.telemetry.search.table import Table
from lab.telemetry.streams import INDEXED
from lab.telemetry.words import (
    LONGEST,
    as_start,
    as_word,
    aside_token,
    field_token,
    fold,
    is_phrase,
    message_token,
    words,
)

_MOST_TOKENS = 24
_ATTRIBUTES = {"customer": ("enduser.id", "customer.id"), "sql": ("db.query.text",)}


@dataclass(frozen=True, slots=True)
class Function:
    """A check in Python that SQL may call."""

    name: str
    arguments: int
    check: Callable[..., bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """A term, compiled. `sql` speaks of the row as `{row}`; `text` is None when the index cannot help."""

    sql: str
    parameters: tuple[Any, ...] = ()
    text: str | None = None
    exact: bool = False
    streams: frozenset[int] | None = None
    functions: tuple[Function, ...] = field(default=())


def compile_term(term: Term, table: Table, number: int) -> Condition:
    """The condition of a term, `negated` left aside; `number` makes its functions' names unique in the query."""
    name = f"fits_{number}"
    if term.field in table.label_fields or (table.text_is_label and _about_text_only(term)):
        return _on_labels(term, table, name)
    if term.field is None or term.field == "message":
        return _on_words(term, table, name)
    if term.field in ("trace", "span"):
        return _on_ids(term, table, name)
    if term.field == "duration_ms" and table.name == "spans" and term.number is not None:
        sql = f"({{row}}.duration_us / 1000.0) {term.op} ?"
        return Condition(sql, (term.number,), text=magnitudes(term, "duration_ms"))
    if term.field == "duration_ms" and table.name == "spans":
        return _by_record(term, table, name)
    return _on_attributes(term, name)


def _about_text_only(term: Term) -> bool:
    """Whether a bare term is answered by the name alone: phrases and inner wildcards look nowhere else."""
    if term.field is not None:
        return False
    return not term.prefix if term.wild else is_phrase(term.value)


def _on_labels(term: Term, table: Table, name: str) -> Condition:
    streams = [stream for stream in table.streams.all if not stream.open and table.fits(stream.sample, term)]
    ids = frozenset(stream.id for stream in streams)
    sql = _in_streams(ids)
    opened = table.streams.open
    label = "http.response.status_code" if term.field == "status" else str(term.field)
    mixed = label not in INDEXED or (
        table.name == "spans" and term.field == "status" and not term.value.isdigit() and term.number is None
    )
    text = None
    if not mixed and opened is None:
        values = sorted({text for stream in streams for name, text in stream.fields if name == label})
        if len(values) <= _MOST_TOKENS and all(len(value) < LONGEST for value in values):
            text = any_of(field_token(label, value) for value in values) if values else None
    if opened is None:
        return Condition(sql, text=text, exact=text is not None, streams=ids)
    record = _by_record(term, table, name)
    return Condition(f"({sql} OR ({{row}}.stream = {opened.id} AND {record.sql}))", functions=record.functions)


def _on_words(term: Term, table: Table, name: str) -> Condition:
    aside = term.field is None
    if term.number is not None:
        return _by_record(term, table, name)
    if term.wild and not term.prefix:
        sql, parameters = "{row}.message LIKE ? ESCAPE '\\'", [_like(term)]
        if aside:
            event = Term("event", ":", term.value, False, ("", *term.pattern, ""))
            by_event = _on_labels(event, table, name)
            return Condition(f"({sql} OR {by_event.sql})", tuple(parameters), functions=by_event.functions)
        return Condition(sql, tuple(parameters))
    if not term.wild and is_phrase(term.value):
        found = sorted(words(term.value))
        text = " AND ".join(token(message_token(word)) for word in found) or None
        sql = "instr(lower({row}.message), ?) > 0"
        parameters = [fold(term.value)]
        if text:
            sql, parameters = f"({_by_text(table)} AND {sql})", [text, *parameters]
        return Condition(sql, tuple(parameters), text=text)
    word = as_start(term.pattern[0]) if term.prefix else as_word(term.value)
    star = "*" if term.prefix else ""
    tokens = [token(message_token(word)) + star]
    if aside:
        tokens.append(token(aside_token(word)) + star)
    text = f"({' OR '.join(tokens)})"
    if not word:
        return _by_record(term, table, name)
    return Condition(_by_text(table), (text,), text=text, exact=True)


def _on_ids(term: Term, table: Table, name: str) -> Condition:
    if term.wild or term.number is not None or len(term.value) >= LONGEST:
        return _by_record(term, table, name)
    value = fold(term.value)
    if term.field == "trace" and table.name == "logs":
        text = token(field_token("trace", value)) + "*"
        return Condition(_by_text(table), (text,), text=text, exact=True)
    if term.field == "trace":
        return Condition("({row}.trace >= ? AND {row}.trace < ?)", (value, value + "\U0010ffff"))
    return Condition("substr({row}.span, 1, ?) = ?", (len(value), value))


def _on_attributes(term: Term, name: str) -> Condition:
    field_name = str(term.field)
    attributes = _ATTRIBUTES.get(field_name, (field_name,))
    derived = field_name == "sql"

    def check(text: str | None, attribute: str) -> bool:
        if text is None:
            return False
        value = orjson.loads(text)
        if derived:
            return fits_values(term, attribute_values({attribute: value}, field_name))
        return value is not None and fits_value(term, value)

    sqls, parameters, functions, texts = [], [], [], []
    exact = not derived
    for place, attribute in enumerate(attributes):
        path = f'$."{attribute}"'
        function = Function(f"{name}_{place}", 1, lambda text, attribute=attribute: check(text, attribute))
        functions.append(function)
        by_function = f"coalesce({function.name}({{row}}.attributes -> ?), 0)"
        if term.number is not None and field_name != "level" and not derived:
            number = f"(json_extract({{row}}.attributes, ?) {term.op} ?)"
            sqls.append(
                f"CASE json_type({{row}}.attributes, ?) WHEN 'integer' THEN {number} WHEN 'real' THEN {number} "
                f"WHEN 'text' THEN {by_function} ELSE 0 END"
            )
            parameters += [path, path, term.number, path, term.number, path]
        else:
            sqls.append(by_function)
            parameters.append(path)
        text, precise = attribute_text(term, attribute) if not derived else (any_value(attribute), False)
        texts.append(text)
        exact = exact and precise
    text = None if None in texts else f"({' OR '.join(str(text) for text in texts)})"
    return Condition(
        f"({' OR '.join(sqls)})", tuple(parameters), text, exact and text is not None, None, tuple(functions)
    )


def _by_record(term: Term, table: Table, name: str) -> Condition:
    """The slow way that always works: read the whole record."""
    function = Function(name, len(table.columns), lambda *row: table.fits(table.record(row), term))
    arguments = ", ".join(f"{{row}}.{column}" for column in table.columns)
    return Condition(f"{name}({arguments})", functions=(function,))


def _by_text(table: Table) -> str:
    return f"{{row}}.id IN (SELECT rowid FROM {table.name}_text WHERE {table.name}_text MATCH ?)"  # noqa: S608 - the table's own name


def _in_streams(ids: frozenset[int]) -> str:
    return f"{{row}}.stream IN ({','.join(map(str, sorted(ids)))})"


def _like(term: Term) -> str:
    escaped = [part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for part in term.pattern]
    return "%" + "%".join(escaped) + "%"
