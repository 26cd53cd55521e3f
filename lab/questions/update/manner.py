"""What an update must not do: state an unproven cause, blame, or talk over its readers' heads."""

import re
from collections.abc import Sequence

from lab.questions.update import fault_words as w
from lab.questions.update.sentences import Sentence


def stated_cause(told: Sequence[Sentence], suspects: Sequence[str] = ()) -> str | None:
    """The first cause that is stated as a fact, as it is written; None when there is none."""
    noun = "|".join([w.SUSPECT, *(rf"\b{re.escape(word.lower())}\b" for word in suspects)])
    for sentence in told:
        text = sentence.whole
        if re.search(w.MAYBE, text):
            continue
        for found in re.finditer(w.THE_CAUSE, text):
            after = text[found.end() :]
            if not re.match(w.NOT_SAID, after) and after.strip(" ."):
                return sentence.raw
        if re.search(w.WE_BROKE_IT, text) and re.search(noun, text):
            return sentence.raw
        if re.search(w.THEREFORE, text) and re.search(noun, text):
            return sentence.raw
        for found in re.finditer(w.BECAUSE, text):
            ahead = " ".join(text[found.end() :].split()[:9])
            if re.search(noun, ahead) and not _asked(text[: found.start()]):
                return sentence.raw
        for found in re.finditer(noun, text):
            ahead = text[found.end() : found.end() + 60]
            guilty = re.match(rf"(?:\s+[\w-]+){{0,3}}?\s+{w.GUILTY}", ahead)
            if guilty and not _asked(text[: found.start()]) and not _symptom(text, found.start()):
                return sentence.raw
    return None


def _asked(before: str) -> bool:
    """Whether what follows is being asked, not said: `we are checking whether the partner …`."""
    return re.search(w.ASKING, re.split(r"[,;]", before)[-1]) is not None


def _symptom(text: str, place: int) -> bool:
    """`the checkout service is slow` tells what customers see."""
    return re.search(r"\b(?:checkout|shop|ordering)\s*$", text[:place]) is not None


def blame(told: Sequence[Sentence]) -> str | None:
    """The first words that put the fault on somebody."""
    for sentence in told:
        for found in re.finditer(w.BLAME, sentence.text):
            if not re.search(w.NOBODY, sentence.text[: found.start()]):
                return found[0]
    return None


def jargon(told: Sequence[Sentence], allowed: Sequence[str] = ()) -> list[str]:
    """Technical words that stand there without an explanation."""
    met: dict[str, list[tuple[str, bool]]] = {}
    for sentence in told:
        for name, pattern in w.JARGON.items():
            for found in re.finditer(pattern, sentence.text):
                if found[0].strip() not in allowed:
                    met.setdefault(name, []).append((found[0].strip(), _explained(sentence.text, found)))
    return [uses[0][0] for uses in met.values() if not any(explained for _, explained in uses)]


def _explained(text: str, found: re.Match[str]) -> bool:
    before, after = text[: found.start()], text[found.end() :]
    in_brackets = before.count("(") > before.count(")")
    if in_brackets:
        return len(before.split("(")[0].split()) >= 3
    if re.match(w.EXPLAINS, after):
        return True
    # `the p95 of checkout (the time that 95 of 100 customers stay below)`
    bracket = re.match(r"(?:\s+\w+){0,4}\s*\(([^)]*)\)", after)
    return bracket is not None and len(bracket[1].split()) >= 3
