"""Expressions of the full-text index for values of attributes."""

from collections.abc import Iterable

from lab.telemetry.language import Term
from lab.telemetry.words import LONGEST, as_number, field_token, magnitude, magnitude_token


def attribute_text(term: Term, attribute: str) -> tuple[str | None, bool]:
    """The index expression for a term on one attribute, and whether it is exact."""
    if term.number is not None:
        return magnitudes(term, attribute), False
    if not term.wild:
        number = as_number(term.value)
        if number is not None and not number.is_integer():  # fractions have no token of their own
            sizes = {magnitude(number), "n"}
            near = [magnitude_token(attribute, size) for size in sorted(sizes)]
            return any_of([field_token(attribute, term.value), *near]), False
        return any_of([field_token(attribute, term.value)]), len(term.value) < LONGEST
    first = term.pattern[0]
    if not any(term.pattern):
        return any_value(attribute), True
    if not first or first[0] in "-0123456789":
        return any_value(attribute), False
    return token(field_token(attribute, first)) + "*", term.prefix and len(first) < LONGEST


def any_value(attribute: str) -> str:
    """Has the attribute."""
    return f"({token(field_token(attribute, ''))}* OR {token(magnitude_token(attribute, ''))}*)"


def magnitudes(term: Term, attribute: str) -> str:
    """Numbers of a size that the comparison may accept."""
    assert term.number is not None
    size = magnitude(term.number)
    if term.op in (">", ">="):
        sizes = [str(n) for n in range(0 if size == "n" else int(size), 61)] + (["n"] if size == "n" else [])
    else:
        sizes = ["n"] if size == "n" else ["n", *(str(n) for n in range(int(size) + 1))]
    return any_of(magnitude_token(attribute, size) for size in sizes)


def token(text: str) -> str:
    """Has the token; tokens never hold a quote."""
    return f'"{text}"'


def any_of(tokens: Iterable[str]) -> str:
    """Has one of the tokens."""
    return f"({' OR '.join(token(text) for text in tokens)})"
