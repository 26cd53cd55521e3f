"""What an update must say: who cannot do what, how many, which way it moves, who does what next, when it goes on."""

import re
from collections.abc import Sequence

from lab.questions.update import words as w
from lab.questions.update.figures import figures
from lab.questions.update.sentences import Sentence

BETTER, STEADY, WORSE = "getting better", "holding steady", "getting worse"


def says_impact(told: Sequence[Sentence]) -> bool:
    """A customer who cannot do something, gets an error, or waits for it."""
    about = " ".join(sentence.whole for sentence in told)
    shopping = re.search(f"{w.ACTION}|{w.PATH}", about) is not None
    met = False
    for sentence in told:
        # "they" are the customers once customers were mentioned
        who = f"{w.CUSTOMER}|{w.THEY}" if met else w.CUSTOMER
        if _impact(sentence.whole, who, shopping):
            return True
        met = met or re.search(w.CUSTOMER, sentence.whole) is not None
    return False


def _impact(text: str, who: str, shopping: bool) -> bool:
    if re.search(rf"\b(?:no {w.CUSTOMER}|nobody|no one) (?:is|are|was|were|has|have)\b", text):
        return False
    if re.search(w.NO_OBSTACLE, text) and not re.search(r"\bcannot\b|\bno longer\b.*\bwithout\b", text):
        return False
    if re.search(rf"(?:\bno {w.CUSTOMER}|\bnobody|\bno one) can\b.{{0,20}}{w.ACTION}", text):
        return True
    if not shopping:
        return False
    if re.search(w.BROKEN_FOR + w.CUSTOMER, text):
        return True
    hurt = re.search(f"{w.OBSTACLE}|{w.NEEDS_TIME}|{w.FOR_SOME_NOT}", text)
    return hurt is not None and re.search(who, text) is not None


def says_scope(told: Sequence[Sentence]) -> bool:
    """A share or number of customers or calls, or a line between what is affected and what is not."""
    trouble = any(re.search(w.TROUBLE, sentence.text) for sentence in told)
    return any(_scope(sentence, trouble) for sentence in told)


def _scope(sentence: Sentence, trouble: bool) -> bool:
    text = sentence.whole
    about = f"{w.CUSTOMER}|{w.PATH}"
    kinds = {figure.kind for figure in figures(sentence)}
    if (kinds & {"share", "all"} and (trouble or re.search(about, text))) or (
        "count" in kinds and re.search(f"{about}|{w.TROUBLE}|{w.OBSTACLE}", text)
    ):
        return True
    if re.search(rf"\b(?:all|every|each|most|almost all|nearly all)\s+(?:of\s+)?(?:our\s+|the\s+)?(?:{about})", text):
        return trouble
    if re.search(r"\b(?:everyone|everybody|nobody)\b.{0,40}\b(?:who|buy\w*|order\w*|pay\w*|cannot|can)\b", text):
        return True
    if re.search(rf"\b(?:only|just|limited to|confined to|restricted to|nothing but)\b.{{0,40}}(?:{about})", text):
        return True
    if re.search(r"\b(?:everything else|nothing else|no other|rest of the|all other|other parts?)\b", text):
        return trouble
    return trouble and re.search(rf"(?:{w.PATH}).{{0,40}}{w.WELL}", text) is not None and not _recovered(text)


def _recovered(text: str) -> bool:
    return re.search(r"\b(?:again|back to normal|resolved|no longer|cannot)\b", text) is not None


def trends(told: Sequence[Sentence]) -> list[set[str]]:
    """Each statement about the trend of the problem, as the directions it leaves open."""
    return [claim for sentence in told for claim in _trends(sentence.text)]


def _trends(text: str) -> list[set[str]]:
    claims: list[set[str]] = []
    places: list[tuple[int, int, str]] = []
    for pattern, direction in ((w.WORSE, WORSE), (w.BETTER, BETTER), (w.STEADY, STEADY)):
        places += [(found.start(), found.end(), direction) for found in re.finditer(pattern, text)]
    for found in re.finditer(w.COMPARED, text):
        places.append((found.start(1), found.end(1), BETTER if found[1] == "better" else WORSE))
    for start, end, direction in sorted(places):
        before = re.split(r"[,;:]|\bbut\b", text[:start])[-1]
        if re.search(w.NOT_YET, before) and not re.search(r"\b(?:seems?|continues?|appears?|tends?) to\b", before):
            continue
        if re.search(r"\b(?:soon|once|until)\b", text[end : end + 12]) and direction != STEADY:
            continue
        if text[start:end] in w.PAST and not re.search(w.PERFECT, before):
            continue
        if re.search(w.DEMAND, before) and not re.search(w.PROBLEM, before):
            continue
        claims.append(_negated(text[:start], direction))
    return [set.intersection(*claims) or set()] if len(claims) > 1 and _one_breath(text) else claims


def _one_breath(text: str) -> bool:
    """`neither better nor worse` is one statement, not two."""
    return re.search(r"\b(?:neither|nor|no better|no worse)\b", text) is not None


def _negated(before: str, direction: str) -> set[str]:
    if direction != STEADY and re.search(w.NEGATED, re.split(r"[,;]", before)[-1]):
        return {BETTER, STEADY, WORSE} - {direction}
    return {direction}


def says_next_step(told: Sequence[Sentence]) -> bool:
    """Somebody who is doing something about it, or will."""
    return any(_step(sentence) for sentence in told)


def _step(sentence: Sentence) -> bool:
    text = sentence.text
    if sentence.label.startswith(("next", "action", "what we")) and re.search(w.ACTOR, text) and sentence.prose:
        return True
    text = re.sub(r"\b(?:everyone|everybody)(?= (?:is|are) working)", "engineers", text)
    if re.search(w.WE_DO, text):
        return True
    for pattern in (w.DOING, w.WILL_DO, w.DOES):
        for found in re.finditer(pattern, text):
            # The words right before the verb are its subject: a team, "we", a name; not a customer, a page or "it".
            before = text[: found.start()]
            parts = re.split(r"[,;:(]|\b(?:and|but|so|that|which|while|what)\b", before)
            subject = " ".join(parts[-1].split()[-5:])
            if re.search(w.NO_STEP, found[0]):
                continue
            if not subject and re.search(w.ACTOR, before):
                return True  # `the team has found a lead and is testing it`
            if re.search(w.ACTOR, subject) or (
                subject and pattern is not w.DOES and not re.search(w.NO_ACTOR, subject)
            ):
                return True
    return re.search(rf"\b(?:being|is|are) \w+ed by (?:the |our )?{w.ACTOR}", text) is not None


def says_next_update(told: Sequence[Sentence]) -> bool:
    """When the next update comes; `Next update: 10:30` needs no verb."""
    return any(re.search(w.UPDATE, s.whole) and re.search(w.TIME, f": {s.text}") for s in told)
