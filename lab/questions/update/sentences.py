"""A text as sentences and clauses, and which of them are real sentences."""

import re
from dataclasses import dataclass

_ABBREVIATIONS = re.compile(
    r"\b(approx|ca|e\.g|i\.e|a\.m|p\.m|vs|no|min|max|mr|mrs|ms|dr|st|etc)\.(?=\s+[a-z0-9(])", re.IGNORECASE
)
_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|(?<=\w);\s+")
_LABEL = re.compile(r"^([A-Za-z][A-Za-z' -]{0,30}?):\s+(?=\S)")
_BULLET = re.compile(r"^\s*(?:[-*•·]|\d+[.)])\s+")
_WORD = re.compile(r"\d+(?:[.,:]\d+)*\s?%?|[a-z]+(?:['-][a-z]+)*|%", re.IGNORECASE)
_CLAUSE = re.compile(
    r"\s*[,;:()—–]\s+|\s+-\s+|\s+(?:and|but|so|while|whereas|because|although|though|which|where|until)\s+|[()]"
)

_AUXILIARIES = """is are was were am be been has have had do does did can cannot could will would may might must
shall should won't isn't aren't wasn't weren't hasn't haven't doesn't don't didn't couldn't wouldn't shouldn't it's
we're they're we've we'll i'll i'm there's that's they'll"""
_VERBS = """fail fails failed see sees saw get gets got lose loses lost work works worked wait waits take takes took
keep keeps kept remain remains stay stays hold holds hit hits affect affects affected concern concerns mean means
say says start started begin began continue continues rise rises rose fall falls fell grow grows grew drop drops
dropped increase increases increased improve improves improved happen happens happened know try tries tried want
wants need needs end ends return returns returned load loads go goes went come comes came receive receives run runs
ran give gives expect expects suspect suspects think believe plan plans decide decides ask asked test tests check
checks look looks apologise apologize broke break breaks let messed send sends sent make makes made cause causes
caused report reports stand stands cost costs leave leaves left abandon abandons refuse refuses arrive arrives
appear appears seem seems experience experiences investigate investigates analyse analyses analyze prepare prepares
review reviews restart restarts roll rolls call calls press presses show shows visit visits sit sits give gave
answer answers move moves bring brings let lets stop stops turn turns meet meets face faces feel feels hear hears
follow follows reach reaches stem stems exceed exceeds reject rejects buy buys pay pays order orders complain
complains estimate lead leads struggle struggles"""
_SMALL = """a an the this that these those some any every each no not of to in on at by for from with within into
than then about around roughly nearly almost over under up down out off as so if when while where who whom whose
which what and or but nor neither because although before after since until during between per via we i you he she
it they us our your their its his her my them me there here also only just still yet now more most less very too
again one ones other others all both such own same ever never already soon how why"""
_PRONOUNS = "we i you he she it they there who which that this these one"
FINITE = frozenset(f"{_AUXILIARIES} {_VERBS}".split())
FUNCTION = frozenset(f"{_AUXILIARIES} {_SMALL}".split())
_NO_SUBJECT = FUNCTION - frozenset(_PRONOUNS.split())
LONGEST_RUN = 5
"""So many words without a small one between them make a list."""
COMMA_SHARE = 0.3
MOSTLY = 0.5
_TELLS = {"say", "says", "give", "name", "write", "explain", "states", "blames", "uses", "measure"}
_NAMES = {
    "next",
    "update",
    "work",
    "works",
    "checks",
    "test",
    "orders",
    "order",
    "call",
    "report",
    "review",
    "reviews",
    "cause",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, lower-cased for matching; `label` is what stood before a colon ("impact", "next update")."""

    raw: str
    text: str
    label: str
    words: tuple[str, ...]

    @property
    def whole(self) -> str:
        """The label and the text together: `what customers see an error`."""
        return f"{self.label} {self.text}".strip()

    @property
    def clauses(self) -> list[str]:
        """Its clauses, in order."""
        return [part.strip() for part in _CLAUSE.split(self.text) if part and part.strip(" .")]

    @property
    def prose(self) -> bool:
        """Whether it is a sentence and not a list of words: a subject, a verb, and the small words between them."""
        words = self.words
        if words and (words[0] in _TELLS or "…" in self.text or "..." in self.text):
            return False  # an instruction or a template, as in the advice itself
        verbs = [place for place, word in enumerate(words) if word in FINITE]
        if len(words) < 3 or not any("'" in words[place] or _subject_before(words, place) for place in verbs):
            return False
        return _longest_run(words) <= LONGEST_RUN and self.text.count(",") / len(words) < COMMA_SHARE


def _subject_before(words: tuple[str, ...], place: int) -> bool:
    return any(word not in _NO_SUBJECT for word in words[:place])


def _longest_run(words: tuple[str, ...]) -> int:
    longest = run = 0
    for word in words:
        run = 0 if word in FUNCTION else run + (not word[0].isdigit() and word != "%")
        longest = max(longest, run)
    return longest


def normal(text: str) -> str:
    """Straight quotes and hyphens, one spelling of cannot and of checkout."""
    for odd, usual in {"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " ", "‑": "-"}.items():
        text = text.replace(odd, usual)
    text = re.sub(r"\b(do|does|did|wo|is|are|was|were|has|have)nt\b", r"\1n't", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:can'?t|can not)\b", "cannot", text, flags=re.IGNORECASE)
    text = re.sub(r"\bwon't\b", "will not", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=\w)n't\b", " not", text, flags=re.IGNORECASE)
    text = re.sub(r"\*\*|__|`", "", text)  # bold and code marks
    return re.sub(r"\bcheck-out(s?)\b", r"checkout\1", text, flags=re.IGNORECASE)


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text; wrapped lines are joined, bullets and labelled lines stand alone."""
    found = []
    for line in _lines(normal(text)):
        label = _label(line)
        rest = line[label.end() :] if label else line
        for number, raw in enumerate(_END.split(_ABBREVIATIONS.sub(r"\1", rest))):
            if raw.strip():
                found.append(_sentence(raw.strip(), label[1].lower() if label and number == 0 else ""))
    return found


def _label(line: str) -> re.Match[str] | None:
    """`Impact:` and `What customers see:`, but not a clause that happens to end in a colon."""
    found = _LABEL.match(line)
    if found is None:
        return None
    words = found[1].lower().split()
    asks = words[0] in ("what", "who", "how", "where", "when")
    return found if asks or (len(words) <= 4 and not FINITE & (set(words) - _NAMES)) else None


def told(text: str) -> list[Sentence]:
    """The sentences that may be counted: fragments (`Getting worse.`) only in a text that is mostly real sentences."""
    every = sentences(text)
    real = [sentence for sentence in every if sentence.prose]
    mostly = sum(len(s.words) for s in real) >= MOSTLY * sum(len(s.words) for s in every)
    return every if mostly else real


def _sentence(raw: str, label: str) -> Sentence:
    lower = raw.lower()
    return Sentence(raw, lower, label, tuple(word.strip() for word in _WORD.findall(lower)))


def _lines(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.splitlines():
        bare = _BULLET.sub("", line).strip()
        alone = bare != line.strip() or _label(bare) is not None
        if lines and bare and not alone and lines[-1] and lines[-1][-1] not in ".!?:":
            lines[-1] += f" {bare}"
        else:
            lines.append(bare)
    return [line for line in lines if line]
