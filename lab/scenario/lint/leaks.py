"""Answers that are told before they are asked for: in the brief, the title, the pager message, another question."""

from collections.abc import Iterator

from lab.questions.look import words_of
from lab.questions.option_list import OptionList
from lab.scenario.lint.reading import Finding, Reading

TELLING = 3
"""So many words of the right option, and of no wrong one, in one sentence give it away …"""
SHARE = 0.5
"""… if they are so much of what sets it apart."""


def findings(reading: Reading) -> Iterator[Finding]:
    """The right option's own words must not stand together in what is read before."""
    places = dict(_read_first(reading))
    for number, question in enumerate(reading.file.questions):
        kind = question.question
        if not isinstance(kind, OptionList):
            continue
        wrong = frozenset().union(*(words_of(option.answer) for option in kind.wrong_ones))
        for option in kind.right:
            apart = words_of(option.answer) - wrong - words_of(question.ask)
            for where, sentences in places.items():
                for sentence in sentences:
                    shared = apart & words_of(sentence)
                    if len(shared) >= TELLING and len(shared) >= SHARE * len(apart):
                        yield Finding(
                            ("questions", number, kind.kind(), kind.listed.index(option), "answer"),
                            f"the {where} gives the answer to {question.id!r} away: {', '.join(sorted(shared))}",
                            "Say it in other words there, or ask for something that is not told.",
                        )
                        break


def _read_first(reading: Reading) -> Iterator[tuple[str, list[str]]]:
    file, texts = reading.file, reading.scenario.texts
    yield "title", [file.title]
    yield "summary", [file.summary]
    yield "pager message", _sentences(file.pager or "")
    yield "brief", _sentences(texts["brief"])
    for other in file.questions:
        yield f"question {other.id!r}", [other.ask]


def _sentences(text: str) -> list[str]:
    flat = " ".join(text.split())
    for mark in ("! ", "? ", ": "):
        flat = flat.replace(mark, ". ")
    return flat.split(". ")
