"""Options with letters: reading `b`, `B)`, `2` or the option's own text as the option that is meant."""

import re
from collections.abc import Sequence
from typing import Any

from lab.core.errors import UsageError

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def chosen(answer: Any, options: Sequence[str]) -> str:
    """The one option an answer means; UsageError when it means none."""
    if not isinstance(answer, str) or not answer.strip():
        raise UsageError("An answer here is one letter.", _range(options))
    text = answer.strip()
    for option in options:
        if text.casefold() == option.casefold():
            return option
    letter = re.fullmatch(r"\(?([A-Za-z])[).:]?", text)
    place = LETTERS.index(letter[1].lower()) if letter else -1
    if not 0 <= place < len(options):
        raise UsageError(f"{text[:40]!r} is not one of the options.", _range(options))
    return options[place]


def several(answer: Any, options: Sequence[str]) -> list[str]:
    """The options a list (or `a, c`) means, in the order given; UsageError on repeats and strangers."""
    parts = answer
    if isinstance(answer, str):
        whole = [option for option in options if option.casefold() == answer.strip().casefold()]
        parts = whole or [part for part in re.split(r"[\s,;]+", answer) if part]
    if not isinstance(parts, list | tuple) or not parts:
        raise UsageError("An answer here is a list of letters.", f"{_range(options)} For example: a, c.")
    picked = [chosen(part, options) for part in parts]
    if len(set(picked)) != len(picked):
        raise UsageError("One option is named twice.", "Name each option once.")
    return picked


def _range(options: Sequence[str]) -> str:
    if not options:
        return "This question has no options; see `lab diagnose` for what it asks."
    return f"Answer with a letter from a to {LETTERS[len(options) - 1]}."
