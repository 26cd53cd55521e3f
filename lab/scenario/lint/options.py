"""Options that tell on themselves: by their length, by their reasons."""

from collections.abc import Iterator

from lab.questions.choice import Choice
from lab.questions.look import words_of
from lab.questions.option_list import Option, OptionList
from lab.scenario.lint.reading import Finding, Reading

MUCH_LONGER = 1.5
TOO_OFTEN = 0.5
FEW = 3
SHORT_REASON = 20
LONGEST_OPTION = 160


def findings(reading: Reading) -> Iterator[Finding]:
    """The right option must not be known by its looks."""
    longest = told = asked = 0
    in_view = _in_view(reading)
    for number, question in enumerate(reading.file.questions):
        kind = question.question
        if not isinstance(kind, OptionList):
            continue
        at = ("questions", number, kind.kind())
        yield from _each(at, kind)
        if isinstance(kind, Choice):
            right = len(kind.right[0].answer)
            others = max(len(option.answer) for option in kind.wrong_ones)
            asked, longest = asked + 1, longest + (right > others)
            known = {option: len(words_of(option.answer) & in_view) for option in kind.listed}
            told += known[kind.right[0]] > max(known[option] for option in kind.wrong_ones)
            if right > MUCH_LONGER * others:
                yield Finding(
                    (*at, _place(kind, kind.right[0])),
                    f"the right option of {question.id!r} is {right / others:.1f} times as long as any wrong one",
                    "Shorten it, or say the wrong ones as fully.",
                )
    if asked >= FEW and longest / asked > TOO_OFTEN:
        yield Finding(
            ("questions",),
            f"the longest option is the right one in {longest} of {asked} questions",
            "Lengthen some wrong ones: whoever picks the longest must not pass.",
        )
    if asked >= FEW and told / asked > TOO_OFTEN:
        yield Finding(
            ("questions",),
            f"the option with most words of the brief is the right one in {told} of {asked} questions",
            "Let wrong ones speak of the same things: whoever matches words must not pass.",
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
