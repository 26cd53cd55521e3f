"""Text to search tokens, the same way for what is stored and for what is asked.

A record becomes one document of the full-text index: its message's words, the words of its event and text attributes
(marked), one `name=value` token per attribute and, for numbers, one token for their magnitude, so that comparisons
read few rows. Tokens are escaped so that the index's `ascii` tokenizer takes each of them as a single word.
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

LONGEST = 64
_WORDS_PER_VALUE = 12
_FIELD, _ASIDE = "\ue0a0", "\ue0a1"
_EDGES = ".,;:!?()[]{}<>\"'"
# Punctuation becomes C1 control characters (two bytes, never typed), everything else that would end a token or be
# mistaken for an escape becomes a private character.
_PUNCTUATION = [code for code in range(33, 127) if not chr(code).isalnum()]
_ESCAPE = (
    {code: chr(0xE000 + code) for code in range(0xA0) if not chr(code).isascii() or not chr(code).isalnum()}
    | {code: chr(0x80 + place) for place, code in enumerate(_PUNCTUATION)}
    | {ord(_FIELD): "", ord(_ASIDE): ""}
)
_LETTERS = re.compile(r"[a-z]{2,}")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
_LOWER = str.maketrans({code: chr(code + 32) for code in range(65, 91)})


def fold(text: str) -> str:
    """Lower case for a-z only, as SQLite folds."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


def words(text: str) -> set[str]:
    """Pieces between spaces without punctuation at their edges, and the runs of letters inside compound ones."""
    found = set()
    for piece in fold(text).split():
        bare = piece.strip(_EDGES)
        if bare:
            found.add(bare[:LONGEST])
            if not bare.isalnum():
                found.update(_LETTERS.findall(bare))
    return found


def is_phrase(text: str) -> bool:
    """Whether a text is more than a word: it has spaces inside, or nothing but punctuation."""
    return len(text.split()) > 1 or not as_word(text)


def as_start(text: str) -> str:
    """The beginning of a word, as `refus*` asks for it."""
    return fold(text).lstrip(_EDGES)[: LONGEST - 4]


def as_word(text: str) -> str:
    """A word as somebody typed it, in the form in which `words` returns it."""
    return fold(text).strip(_EDGES)[:LONGEST]


def as_text(value: Any) -> str:
    """An attribute's value as people write it: 12.0 is `12`, True is `true`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value) if isinstance(value, int) else orjson.dumps(value, default=str).decode()


def as_number(value: Any) -> float | None:
    """The number in a value, also in a text like `2` or `0.5`; None when it holds none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def magnitude(number: float) -> str:
    """How many binary digits the whole part has; `n` for negative numbers."""
    return "n" if number < 0 else str(min(int(min(number, 1e18)).bit_length(), 60))


def field_token(name: str, text: str) -> str:
    """The token of an attribute's value; unmarked and unescaped it reads `name=value`."""
    return _FIELD + f"{name}={fold(text)[:LONGEST]}".translate(_ESCAPE)


def magnitude_token(name: str, size: str) -> str:
    """The token of a number's magnitude."""
    return _FIELD + f"{name}~{size}".translate(_ESCAPE)


def message_token(word: str) -> str:
    """The token of a word of the message."""
    return word.translate(_ESCAPE)


def aside_token(word: str) -> str:
    """The token of a word of the event's name or of a text attribute."""
    return _ASIDE + word.translate(_ESCAPE)


def value_words(text: str) -> set[str]:
    """The words of a text attribute: itself, or its first pieces where it has several."""
    pieces = fold(text[:1024]).split()[:_WORDS_PER_VALUE]
    return {bare[:LONGEST] for piece in pieces if (bare := piece.strip(_EDGES))}


def label_tokens(fields: Iterable[tuple[str, str]], event: str | None, texts: Iterable[str]) -> set[str]:
    """The tokens of what a stream's records share: fields, the words of the event's name and of text labels."""
    tokens = {field_token(name, text) for name, text in fields}
    if event:
        tokens.update(map(aside_token, words(event)))
    for text in texts:
        tokens.update(map(aside_token, value_words(text)))
    return tokens


def document(shared: str, message: str, attributes: Mapping[str, Any]) -> str:
    """Every token of a record, joined by spaces; `shared` are those of its stream.

    Equal records give equal documents: taking one out of the index depends on it.
    """
    tokens = {message_token(word) for word in words(message)}
    for name, value in attributes.items():
        if value is None:
            continue
        if not (isinstance(value, float) and not value.is_integer()):
            text = as_text(value)
            tokens.add(field_token(name, text))
            if isinstance(value, str):
                tokens.update(map(aside_token, value_words(text)))
        number = as_number(value)
        if number is not None:
            tokens.add(magnitude_token(name, magnitude(number)))
    return f"{shared} {' '.join(sorted(tokens))}"
