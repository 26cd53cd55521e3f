"""Figures in a text: `34 %`, `one in three`, `a good third`, `87 orders`, `half a second`."""

import re
from dataclasses import dataclass

from lab.questions.update import words as w
from lab.questions.update.sentences import Sentence

_WORDS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty"""
NUMBERS = {word: number for number, word in enumerate(_WORDS.split())} | {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
}
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
}
_ORDINALS = {"second": 2, "other": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8}
_ORDINALS |= {"ninth": 9, "tenth": 10, "twelfth": 12, "twentieth": 20}
_N = rf"(?:\d+(?:[.,]\d+)*|{'|'.join(NUMBERS)})"
_PART = (
    r"(?:(?P<times>an?|one|two|three|nearly a|almost a)\s+)?(?:(?:good|full|solid|bare|whole)\s+)?"
    rf"(?P<part>{'|'.join(_PARTS)})s?"
)
_WHO = r"(?:customers?|shoppers?|buyers?|users?|people|visitors?|guests?|clients?)"
_WHAT = r"(?:orders?|purchases?|checkout attempts?|checkouts?|attempts?|payments?|requests?|calls?)"
_SECOND = r"(?:(?<![45]\d\d)s|secs?|seconds?)"  # `503s` are answers, not seconds
_MS = r"(?:ms|milliseconds?)"
_PATTERNS = [
    ("share", re.compile(r"(?<![\d/.:])(?P<n>\d{1,2})\s?/\s?(?P<of>\d{1,3})\b(?![/.:])")),
    ("share", re.compile(r"(?P<n>\d+(?:[.,]\d+)?)\s*(?:%|percent\b|per cent\b)")),
    (
        "share",
        re.compile(
            rf"\b(?P<n>{_N})\s+(?:in|out of|of)\s+(?:every\s+)?(?P<of>{_N})\b(?!\s*(?:minutes?|mins?|hours?|s\b))"
        ),
    ),
    ("share", re.compile(rf"\bevery\s+(?P<ordinal>{'|'.join(_ORDINALS)})\s+(?:\w+\s+)?(?:{_WHO}|{_WHAT}|person)\b")),
    ("seconds", re.compile(rf"\b{_PART}\s+(?:of\s+)?a\s+second\b")),
    ("seconds", re.compile(rf"\b(?P<n>{_N})\s*(?P<unit>{_MS}|{_SECOND})\b")),
    ("share", re.compile(rf"\b{_PART}\b(?!\s+(?:(?:of )?(?:an? )?(?:hour|minute)|past|party|parties))")),
    (
        "all",
        re.compile(
            rf"\b(?:nobody|no one|no {_WHO}) can\b|(?<!of )\b(?:all|every|each)\s+(?:of\s+)?(?:our\s+|the\s+)?"
            rf"(?:{_WHO}|{_WHAT})\s+(?:cannot|fails?|is failing|are failing)\b|\bcompletely down\b"
        ),
    ),
    ("most", re.compile(rf"\b(?:most|the majority)\s+(?:of\s+)?(?:our\s+|the\s+|all\s+)?(?:{_WHO}|{_WHAT})\b")),
    (
        "count",
        re.compile(
            rf"\b(?P<n>{_N})\s+(?:(?:of our|more|different|other|lost|failed|further)\s+)?"
            rf"(?P<noun>{_WHO}|{_WHAT}|of them)\b"
        ),
    ),
]
_MORE = re.compile(
    r"\b(?:(?<!no )(?<!not )more than|no (?:less|fewer) than|over|at least|above|exceeds?|upwards of)\s+(?:an?\s+)?$"
)
_LESS = re.compile(
    r"\b(?:(?<!no )less than|under|below|(?<!no )fewer than|(?:no|not) more than|at most|up to|within)\s+(?:an?\s+)?$"
)
_ABOUT = re.compile(
    r"\b(?:about|around|roughly|approximately|some|nearly|almost|circa|ca|close to|say|a good|or so)\s+(?:an?\s+)?$"
)
_CUT = (
    r",\s|;|:\s|[()]|\s(?:and|but|so|while|which|where|instead of|rather than|compared (?:to|with)|up from|vs\.?|"
    r"versus)\s"
)
_OFFER = re.compile(
    r"(?:\s+[\w-]+){0,2}?\s+(?:off|discounts?|vouchers?|coupons?|rebates?|reductions?|credit|cheaper)\b"
)
_OFFERED = re.compile(r"\b(?:discounts?|vouchers?|coupons?|rebates?|reductions?|credit)\s+(?:of|over|worth|for)\s+$")
_CHOICE = re.compile(
    r"\s+(?:[\w-]+\s+)?(?:options?|methods?|ways|servers|countries|shops|teams|engineers|partners|products)\b"
)
_DESCRIBES = re.compile(r"\b(?:slowest|fastest|top|unluckiest|other|remaining|worst|best)\s+$")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: a share (0 to 1), seconds, a count, `most` or `all`; where it stands and how exactly it is meant."""

    kind: str
    value: float
    said: str
    clause: str
    sentence: str
    sense: str = "exact"  # exact, about, more, less
    noun: str = ""


def figures(sentence: Sentence) -> list[Figure]:
    """Every figure of a sentence, in order; clock times and spans in minutes are none."""
    text = sentence.text
    taken: list[tuple[int, int]] = []
    found: list[tuple[int, Figure]] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            value = _value(kind, match)
            if value is None:
                continue
            taken.append(match.span())
            if kind in ("share", "count") and (_only_describes(text, match) or _of_something_else(kind, text, match)):
                continue
            before = text[max(0, match.start() - 24) : match.start()]
            sense = _sense(before, "part" in match.groupdict() or " in " in match[0] or "every" in match[0])
            noun = (match.groupdict().get("noun") or "").strip()
            found.append((match.start(), Figure(kind, value, match[0], _around(text, match), text, sense, noun)))
    return [figure for _, figure in sorted(found, key=lambda item: item[0])]


def number(text: str) -> float:
    """`34`, `1,200`, `7.5` or `fourteen`."""
    if text in NUMBERS:
        return float(NUMBERS[text])
    text = re.sub(r",(?=\d{3}\b)", "", text)
    return float(text.replace(",", ".")) if text.count(".") + text.count(",") <= 1 else float("nan")


def _value(kind: str, match: re.Match[str]) -> float | None:
    groups = match.groupdict()
    if kind in ("most", "all"):
        return 0.5 if kind == "most" else 1.0
    if groups.get("ordinal"):
        return 1 / _ORDINALS[groups["ordinal"]]
    if groups.get("part"):
        times = {"two": 2, "three": 3}.get(groups["times"] or "", 1)
        return times / _PARTS[groups["part"].rstrip("s") if groups["part"] != "halves" else "half"]
    value = number(groups["n"])
    if groups.get("of"):
        of = number(groups["of"])
        return value / of if 0 < value <= of else None
    if kind == "share":
        return value / 100 if value <= 100 else None
    if kind == "seconds" and re.fullmatch(_MS, groups["unit"]):
        return value / 1000
    return value


def _only_describes(text: str, match: re.Match[str]) -> bool:
    """`the slowest 5 %` and `half of them wait 3 s` say which time is meant, not how many fail."""
    if _DESCRIBES.search(text[: match.start()]):
        return True
    if re.search(rf"\b{_N}\s*(?:{_MS}|{_SECOND})\b", _around(text, match)):
        return True
    return re.match(r".{0,30}\b(?:stay|stays|are|is|were)\s+(?:below|under|faster)\b", text[match.end() :]) is not None


def _of_something_else(kind: str, text: str, match: re.Match[str]) -> bool:
    """`20 % off`, `two of three payment options` and `three payment options` measure nothing of the incident."""
    if kind == "share":
        return any(found.match(text, match.end()) for found in (_OFFER, _CHOICE)) or bool(
            _OFFERED.search(text[: match.start()])
        )
    noun = match["noun"]
    return not noun.endswith(("s", "people", "of them")) and number(match["n"]) != 1


def _sense(before: str, rough: bool) -> str:
    if _MORE.search(before):
        return "more"
    if _LESS.search(before):
        return "less"
    return "about" if rough or _ABOUT.search(before) else "exact"


def _around(text: str, match: re.Match[str]) -> str:
    """The clause the figure stands in."""
    cuts = [
        0,
        *(cut.start() for cut in re.finditer(_CUT, text)),
        len(text),
    ]
    start = max(cut for cut in cuts if cut <= match.start())
    end = min(cut for cut in cuts if cut >= match.end())
    return text[start:end]


def polarity(text: str) -> str:
    """bad, good or empty: whether a clause talks about failing or about succeeding."""
    if re.search(w.BAD, text):
        return "bad"
    for found in re.finditer(w.GOOD, text):
        return "bad" if re.search(w.NEGATED, text[: found.start()]) else "good"
    return "bad" if re.search(r"n't\b|\bnot\b", text) else ""
