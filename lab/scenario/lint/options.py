"""Options that tell on themselves: by their length, by their reasons."""

from collections.abc import Iterator

from lab.questions.choice import Choice
from lab.questions.look import words_of
from lab.questions.option_list import Option, OptionList
from lab.scenario.lint.reading import Finding, Reading

MUCH_LONGER = 1.5
"""Than the next one in length; also how much shorter is much shorter."""
TOO_OFTEN = 0.5
FEW = 3
SHORT_REASON = 20
LONGEST_OPTION = 160


def findings(reading: Reading) -> Iterator[Finding]:
    """The right option must not be known by its looks."""
    longest = shortest = told = asked = 0
    in_view = _in_view(reading)
    for number, question in enumerate(reading.file.questions):
        kind = question.question
        if not isinstance(kind, OptionList):
            continue
        at = ("questions", number, kind.kind())
        yield from _each(at, kind)
        if isinstance(kind, Choice):
            right, lengths = len(kind.right[0].answer), [len(option.answer) for option in kind.wrong_ones]
            asked, longest, shortest = asked + 1, longest + (right > max(lengths)), shortest + (right < min(lengths))
            yield from _told_by_length((*at, _place(kind, kind.right[0])), question.id, right, lengths)
            known = {option: len(words_of(option.answer) & in_view) for option in kind.listed}
            told += known[kind.right[0]] > max(known[option] for option in kind.wrong_ones)
    if asked >= FEW and longest / asked > TOO_OFTEN:
        yield Finding(
            ("questions",),
            f"the longest option is the right one in {longest} of {asked} questions",
            "Lengthen some wrong ones: whoever picks the longest must not pass.",
        )
    if asked >= FEW and shortest / asked > TOO_OFTEN:
        yield Finding(
            ("questions",),
            f"the shortest option is the right one in {shortest} of {asked} questions",
            "Shorten some wrong ones: whoever picks the shortest must not pass.",
        )
    if asked >= FEW and told / asked > TOO_OFTEN:
        yield Finding(
            ("questions",),
            f"the option with most words of the brief is the right one in {told} of {asked} questions",
            "Let wrong ones speak of the same things: whoever matches words must not pass.",
        )


def _told_by_length(at: tuple[object, ...], name: str, right: int, lengths: list[int]) -> Iterator[Finding]:
    if right > MUCH_LONGER * max(lengths):
        yield Finding(
            at,
            f"the right option of {name!r} is {right / max(lengths):.1f} times as long as any wrong one",
            "Shorten it, or say the wrong ones as fully.",
        )
    if min(lengths) > MUCH_LONGER * right:
        yield Finding(
            at,
            f"every wrong option of {name!r} is {min(lengths) / right:.1f} times as long as the right one, or longer",
            "Say it more fully, or shorten some wrong ones.",
        )


def _in_view(reading: Reading) -> frozenset[str]:
    """The words of what everybody reads first."""
    file = reading.file
    return words_of(" ".join([reading.scenario.texts["brief"], file.title, file.summary, file.pager or ""]))


def _each(at: tuple[object, ...], kind: OptionList) -> Iterator[Finding]:
    for option in kind.listed:
        here = (*at, _place(kind, option))
        if option.because_not is not None and len(option.because_not) < SHORT_REASON:
            hint = "Name the signal in the run that rules it out."
            yield Finding((*here, "because_not"), f"{option.because_not!r} is hardly a reason", hint)
        if len(option.answer) > LONGEST_OPTION:
            hint = "Move what is not the answer into the question."
            yield Finding(
                (*here, "answer"), f"an option of {len(option.answer)} characters is hard to compare", hint, True
            )


def _place(kind: OptionList, option: Option) -> int:
    return kind.listed.index(option)
