"""Whether figures agree with what was measured in this run."""

import re
from collections.abc import Sequence

from lab.questions.run import Fact
from lab.questions.update import words as w
from lab.questions.update.figures import Figure, figures, polarity
from lab.questions.update.sentences import Sentence

POINTS = 0.03
"""A share may always be off by three percentage points: people round."""
ONES = 2.0
"""A count may always be off by two: it moves while one writes."""
ROUGH = 1.5
_CALLS = re.compile(r"\b(?:requests?|calls?|traffic)\b")
_ORDERS = re.compile(
    r"\b(?:checkouts?|orders?|ordering|customers?|shoppers?|buyers?|users?|people|pay\w*|paid|buy\w*|purchas\w+)\b"
)
_USUAL = re.compile(
    r"\b(?:instead of|rather than|up from|vs|versus|against|compared (?:to|with)|normally|usual|usually|"
    r"normal|baseline|healthy|otherwise|than before|as before|typically|yesterday)\b"
)
_PAYING = re.compile(r"\b(?:checkouts?|check out|pay\w*|purchas\w+|buy\w*)\b")
_LOOKING = re.compile(r"\b(?:pages?|window|lists?|shop|site|website|brows\w+|search\w*)\b")
_WHO = re.compile(r"\b(?:customers?|shoppers?|buyers?|users?|people|visitors?|guests?|clients?)\b")


def false_figures(told: Sequence[Sentence], facts: Sequence[Fact], after: Sequence[Fact] | None = None) -> list[Figure]:
    """The figures this run contradicts; those about something that was not measured are left alone.

    `after` are the facts since the fix; they count for sentences that speak of that time.
    """
    wrong = []
    for sentence in told:
        since = after is not None and re.search(w.SINCE_FIX, sentence.text) is not None
        for figure in figures(sentence):
            if not agrees(figure, facts) and not (since and agrees(figure, after or ())):
                wrong.append(figure)
    return wrong


def agrees(figure: Figure, facts: Sequence[Fact]) -> bool:
    """Whether a figure fits at least one fact it may be about, or is about none of them."""
    match figure.kind:
        case "share" | "most" | "all":
            return _share_agrees(figure, [fact for fact in facts if fact.unit == "share"])
        case "count":
            return _count_agrees(figure, [fact for fact in facts if fact.unit == "count"])
    return _seconds_agree(figure, [fact for fact in facts if fact.unit == "seconds"])


def _share_agrees(figure: Figure, facts: list[Fact]) -> bool:
    about = [
        fact
        for fact in facts
        if (_CALLS.search(figure.sentence) and _CALLS.search(fact.says))
        or (_ORDERS.search(figure.sentence) and _ORDERS.search(fact.says))
    ] or facts
    usual = _of_the_time(figure, about)
    claimed = polarity(figure.clause) or polarity(figure.sentence)
    for fact in usual:
        measured = polarity(fact.says)
        same = fact.value
        other = 1 - fact.value
        values = [same, other] if not claimed or not measured else [same if claimed == measured else other]
        if any(_fits(figure, value, max(fact.tolerance * value, POINTS)) for value in values):
            return True
    return not usual


def _count_agrees(figure: Figure, facts: list[Fact]) -> bool:
    people = _WHO.search(figure.noun) is not None
    claimed = polarity(figure.clause) or polarity(figure.sentence)
    about = [
        fact
        for fact in facts
        if (_WHO.search(f"{fact.says} {fact.say}") is not None) == people and polarity(fact.says) == claimed != ""
    ]
    return not about or any(_fits(figure, f.value, max(f.tolerance * f.value, ONES)) for f in about)


def _seconds_agree(figure: Figure, facts: list[Fact]) -> bool:
    if _PAYING.search(figure.clause) and not _LOOKING.search(figure.clause):
        facts = [fact for fact in facts if _PAYING.search(fact.says)] or facts
    about = _of_the_time(figure, facts)
    return not about or any(_fits(figure, f.canonical, f.tolerance * f.canonical) for f in about)


def _of_the_time(figure: Figure, facts: list[Fact]) -> list[Fact]:
    """Facts of the healthy time for `normally …`, the others for the present."""
    then = _USUAL.search(figure.clause) is not None
    return [fact for fact in facts if (_USUAL.search(fact.says) is not None) == then] or facts


def _fits(figure: Figure, measured: float, tolerance: float) -> bool:
    if figure.kind in ("most", "all"):
        return measured >= (0.5 if figure.kind == "most" else 0.9) - POINTS
    if figure.sense == "about":
        tolerance *= ROUGH
    if figure.sense == "more":
        return figure.value <= measured + tolerance and measured <= 2 * figure.value
    if figure.sense == "less":
        return measured <= figure.value + tolerance and figure.value <= 2 * measured + tolerance
    return abs(figure.value - measured) <= tolerance
