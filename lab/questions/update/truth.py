"""Whether figures agree with what was measured in this run."""

import re
from collections.abc import Sequence

from lab.questions.run import Fact
from lab.questions.update import words as w
from lab.questions.update.figures import Figure, figures, polarity
from lab.questions.update.sentences import FINITE, Sentence

POINTS = 0.03
"""A share may always be off by three percentage points: people round."""
ONES = 2.0
"""A count may always be off by two: it moves while one writes."""
ROUGH = 1.5
_CALLS = re.compile(r"\b(?:requests?|calls?|traffic)\b")
_ORDERS = re.compile(
    r"\b(?:checkouts?|orders?|ordering|customers?|shoppers?|buyers?|users?|people|pay\w*|paid|buy\w*|purchas\w+)\b"
)
_ABOUT_IT = re.compile(
    rf"{_CALLS.pattern}|{_ORDERS.pattern}|{w.BAD}|{w.TROUBLE}|{w.OBSTACLE}|\b(?:succe\w+|go(?:es)? through|works?)\b"
)
_DIFFERENCE = re.compile(r"\s*(?:more|fewer|less|higher|lower|longer|slower|faster)\b")
_RATE = re.compile(
    r"\b(?:per|each|every)\s+(?:half\s+|single\s+)?(?:minute|min|second|hour|day)\b|/\s?(?:min|s|h)\b"
    r"|(?<!\bin )(?<!\bwithin )\ban?\s+(?:minute|second|hour|day)\b(?!\s+(?:ago|later))"
)
_STRETCH = re.compile(
    r"\b(?:last|past|first|latest|recent)\s+(?:[\w.,-]+\s+){0,3}?(?:seconds?|secs?|s|minutes?|mins?|hours?)\b"
    r"|\b(?:in|within)\s+(?:an?|half an?|one|the)\s+(?:minute|hour)\b"
)
_ADVICE = re.compile(
    r"\bplease\b|\bbefore (?:(?:you|they) )?(?:re-?)?try\w*|\b(?:ask\w*|tell\w*|told|advis\w+)\b.*\bto wait\b"
)
_AS_USUAL = re.compile(r"\b(?:as|than) (?:usual|normal|normally|before|typical)\b")
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
            if _RATE.search(figure.clause):
                return True  # so many a minute; measured is how many in all
            return _count_agrees(figure, [fact for fact in facts if fact.unit == "count"])
    return _seconds_agree(figure, [fact for fact in facts if fact.unit == "seconds"])


def _context(figure: Figure) -> str:
    """Where it says what the figure is of: its clause when that is one, else the sentence."""
    words = re.findall(r"[a-z']+", figure.clause)
    return figure.clause if polarity(figure.clause) or FINITE.intersection(words) else figure.sentence


def _share_agrees(figure: Figure, facts: list[Fact]) -> bool:
    if not _ABOUT_IT.search(_context(figure)) or _compares(figure):
        return True
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
    calls = _CALLS.search(figure.noun) is not None
    claimed = polarity(_context(figure))
    about = [
        fact
        for fact in facts
        if (_WHO.search(f"{fact.says} {fact.say}") is not None) == people
        and (not calls or _CALLS.search(fact.says))
        and polarity(fact.says) == claimed != ""
    ]
    if _STRETCH.search(_so_far(figure)):  # a part of the incident: as many as in all of it, or fewer
        return not about or any(figure.value <= f.value + max(f.tolerance * f.value, ONES) for f in about)
    return not about or any(_fits(figure, f.value, max(f.tolerance * f.value, ONES)) for f in about)


def _seconds_agree(figure: Figure, facts: list[Fact]) -> bool:
    said = re.escape(figure.said)
    if _ADVICE.search(figure.clause) or _compares(figure):
        return True
    if re.search(rf"\b(?:last|past|first|next|every|each)\s+{said}|{said}\s+(?:ago|later|from now)\b", figure.clause):
        return True  # when it was, not how long it took
    if _PAYING.search(figure.clause) and not _LOOKING.search(figure.clause):
        facts = [fact for fact in facts if _PAYING.search(fact.says)] or facts
    about = _of_the_time(figure, facts)
    return not about or any(_fits(figure, f.canonical, f.tolerance * f.canonical) for f in about)


def _of_the_time(figure: Figure, facts: list[Fact]) -> list[Fact]:
    """Facts of the healthy time for `normally …`, the others for the present; none when that was not measured."""
    then = _usual(figure)
    return [fact for fact in facts if (_USUAL.search(fact.says) is not None) == then]


def _usual(figure: Figure) -> bool:
    return _USUAL.search(_AS_USUAL.sub("", figure.clause)) is not None


def _compares(figure: Figure) -> bool:
    """`30 % more` and `two seconds longer`: a difference, which was not measured."""
    return _DIFFERENCE.match(figure.clause.partition(figure.said)[2]) is not None


def _so_far(figure: Figure) -> str:
    """The sentence until the end of the figure's clause."""
    return figure.sentence.partition(figure.clause)[0] + figure.clause


def _fits(figure: Figure, measured: float, tolerance: float) -> bool:
    if figure.kind in ("most", "all"):
        return measured >= (0.5 if figure.kind == "most" else 0.9) - POINTS
    if figure.sense == "about":
        tolerance *= ROUGH
    if figure.sense == "more":
        return figure.value <= measured + tolerance and measured <= 2 * figure.value
    if figure.sense == "less":
        return measured <= figure.value + tolerance and (_usual(figure) or figure.value <= 2 * measured + tolerance)
    return abs(figure.value - measured) <= tolerance
