"""What it means that a record fits a term. The index only finds faster what this says."""

from collections.abc import Iterable, Sequence
from typing import Any

from lab.telemetry.language import LEVELS, Query, Term, fold_level
from lab.telemetry.model import Log, Span
from lab.telemetry.statements import normalise
from lab.telemetry.words import as_number, as_start, as_text, as_word, fold, is_phrase, value_words, words

STATUS = "http.response.status_code"
_CUSTOMER = ("enduser.id", "customer.id")


def log_values(log: Log, field: str) -> tuple[Any, ...]:
    """The values a log has for a field of the language."""
    match field:
        case "service":
            return (log.service,)
        case "version":
            return _present(log.version)
        case "level":
            return (fold_level(log.severity),)
        case "event":
            return _present(log.event)
        case "trace":
            return _present(log.trace_id)
        case "span":
            return _present(log.span_id)
        case "message":
            return (log.message,)
    return attribute_values(log.attributes, field)


def span_values(span: Span, field: str) -> tuple[Any, ...]:
    """The values a span has for a field of the language."""
    match field:
        case "service":
            return (span.service,)
        case "version":
            return _present(span.version)
        case "kind":
            return (span.kind,)
        case "status":
            return (*attribute_values(span.attributes, field), span.status)
        case "trace":
            return (span.trace_id,)
        case "span":
            return (span.span_id,)
        case "message":
            return (span.name,)
        case "root":
            return (span.name,) if span.parent_id is None else ()
        case "duration_ms":
            return (span.duration_ms,)
    return attribute_values(span.attributes, field)


def attribute_values(attributes: dict[str, Any], field: str) -> tuple[Any, ...]:
    """The values among a record's attributes; a few fields draw on several attributes."""
    if field == "status":
        return _present(attributes.get(STATUS))
    if field == "customer":
        return tuple(attributes[name] for name in _CUSTOMER if attributes.get(name) is not None)
    if field == "route":
        route = attributes.get("http.route", attributes.get("url.template"))
        method = attributes.get("http.request.method")
        return () if route is None else (route, f"{method} {route}") if method else (route,)
    if field == "sql":
        text = attributes.get("db.query.text")
        return (normalise(text),) if isinstance(text, str) else ()
    return _present(attributes.get(field))


def _present(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)


def fits_values(term: Term, values: Iterable[Any]) -> bool:
    """Whether one of a field's values fits, leaving `negated` aside."""
    return any(fits_value(term, value) for value in values)


def fits_value(term: Term, value: Any) -> bool:
    """Whether a field's value fits, leaving `negated` aside."""
    if term.number is not None:
        number = LEVELS.get(str(value)) if term.field == "level" else as_number(value)
        return number is not None and compare(number, term.op, term.number)
    if term.field == "message":
        return fits_text(term, as_text(value))
    text = fold(as_text(value))
    if term.field in ("trace", "span") and not term.wild:
        return text.startswith(fold(term.value))
    return fits_pattern(term.pattern, text)


def compare(number: float, op: str, bound: float) -> bool:
    """Whether `number op bound`."""
    match op:
        case ">":
            return number > bound
        case ">=":
            return number >= bound
        case "<":
            return number < bound
    return number <= bound


def fits_pattern(pattern: tuple[str, ...], text: str) -> bool:
    """Whether a folded text is the pattern, its wildcards standing for anything."""
    parts = [fold(part) for part in pattern]
    if len(parts) == 1:
        return text == parts[0]
    first, *middle, last = parts
    if not text.startswith(first):
        return False
    at = len(first)
    for part in middle:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return len(text) - len(last) >= at and text.endswith(last)


def fits_text(term: Term, text: str) -> bool:
    """Whether a message fits: a word or the start of one, a phrase, or with other wildcards any part of it."""
    if term.prefix:
        return any(word.startswith(as_start(term.pattern[0])) for word in words(text))
    if term.wild:
        return fits_pattern(("", *term.pattern, ""), fold(text))
    if is_phrase(term.value):
        return words(term.value) <= words(text) and fold(term.value) in fold(text)
    return as_word(term.value) in words(text)


def fits_asides(term: Term, event: str | None, attributes: dict[str, Any]) -> bool:
    """Whether a bare word fits the event's name or a text attribute."""
    if term.wild and not term.prefix:
        return event is not None and fits_pattern(("", *term.pattern, ""), fold(event))
    if not term.wild and is_phrase(term.value):
        return False
    found = words(event) if event else set()
    for value in attributes.values():
        if isinstance(value, str):
            found |= value_words(value)
    if term.prefix:
        return any(word.startswith(as_start(term.pattern[0])) for word in found)
    return as_word(term.value) in found


def log_fits_term(log: Log, term: Term) -> bool:
    """Whether a log fits one term, leaving `negated` aside."""
    if term.field is None:
        return fits_text(term, log.message) or fits_asides(term, log.event, log.attributes)
    return fits_values(term, log_values(log, term.field))


def log_fits(log: Log, query: Query) -> bool:
    """Whether a log fits every term."""
    return all(log_fits_term(log, term) != term.negated for term in query.terms)


def span_fits(span: Span, term: Term) -> bool:
    """Whether a span fits one term, leaving `negated` aside."""
    if term.field is None:
        return fits_text(term, span.name) or fits_asides(term, None, span.attributes)
    return fits_values(term, span_values(span, term.field))


def trace_fits(spans: Sequence[Span], query: Query) -> bool:
    """Whether one span fits all terms and no span fits a negated one; `root:` is about the span without a parent."""
    for term in query.terms:
        anywhere = term.negated or term.field == "root"
        if anywhere and any(span_fits(span, term) for span in spans) == term.negated:
            return False
    wanted = [term for term in query.terms if term.field != "root" and not term.negated]
    return any(all(span_fits(span, term) for term in wanted) for span in spans)
