"""All checks of one update."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.questions.run import Fact
from lab.questions.update.claims import Claim, false_claim
from lab.questions.update.manner import blame, jargon, stated_cause
from lab.questions.update.meaning import (
    BETTER,
    STEADY,
    says_impact,
    says_next_step,
    says_next_update,
    says_scope,
    trends,
)
from lab.questions.update.sentences import Sentence, told
from lab.questions.update.truth import false_figures

CHECKS: Mapping[str, str] = {
    "impact": "Says who is affected and what they cannot do, in customers' words",
    "scope": "Says how many, or which customers and paths are affected and which are not",
    "trend": "Says whether it gets better, gets worse or holds steady, as measured",
    "next_step": "Says who does what next",
    "next_update": "Says when the next update comes, as a time",
    "cause": "States no cause that is not proven",
    "blame": "Blames nobody",
    "plain": "Uses plain words, or explains the technical ones",
    "figures": "Every figure agrees with this run",
}
CONTENT = ("impact", "scope", "trend", "next_step", "next_update")
GRAVE = ("impact", "cause", "blame", "figures")
UPDATE_PASS_MARK = 0.7
GRAVE_MOST = 0.6
"""What an update is worth at most that would have to be taken back, or that does not say whom it is about."""
FAULT_COSTS = 0.2


@dataclass(frozen=True, slots=True)
class Known:
    """What the text is compared with: measured facts, the measured directions, whether the cause is proven.

    Once a fix has proved itself (`recovered`), an update may also tell how it is since: `after` has those facts, and
    what was `untrue` while it lasted may be said.
    """

    facts: Sequence[Fact] = ()
    directions: Sequence[str] = ()
    proven: bool = False
    suspects: Sequence[str] = ()
    allowed: Sequence[str] = ()
    after: Sequence[Fact] = ()
    recovered: bool = False
    untrue: Sequence[Claim] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, whether it holds, and what to change when it does not."""

    name: str
    ok: bool
    advice: str = ""


def check_update(text: str, known: Known) -> list[Check]:
    """Every check in order. A text without one real sentence passes none."""
    counted = told(text)
    if not counted:
        advice = "Write sentences: a list of words leaves it to the reader to guess what it means."
        return [Check(name, False, advice) for name in CHECKS]
    checks = [
        Check("impact", says_impact(counted), "Say who cannot do what: “a third of our customers cannot …”."),
        Check("scope", says_scope(counted), "Say how many, or where the line runs: what fails and what still works."),
        _trend(counted, known),
        Check("next_step", says_next_step(counted), "Name who does what next: “the payments team is …”."),
        Check("next_update", says_next_update(counted), "Give a time: “next update at 10:30”, not “soon”."),
    ]
    cause = None if known.proven else stated_cause(counted, known.suspects)
    checks.append(Check("cause", cause is None, f"This states as fact what is not proven yet: “{cause}”"))
    fault = blame(counted)
    checks.append(
        Check("blame", fault is None, f"“{fault}” puts the fault on somebody; say what happens next instead.")
    )
    terms = jargon(counted, known.allowed)
    checks.append(Check("plain", not terms, f"Explain or replace: {', '.join(terms)}."))
    wrong = [figure.said for figure in false_figures(counted, known.facts, known.after if known.recovered else None)]
    shown = ", ".join(f"“{said}”" for said in wrong)
    advice = f"This run does not show {shown}. Measure the whole incident again: `lab metrics --since incident`"
    if not wrong and not known.recovered and (claim := false_claim(counted, known.untrue)):
        wrong, advice = [claim[0]], f"This run does not show “{claim[0]}”: {claim[1]}"
    checks.append(Check("figures", not wrong, advice))
    return [Check(check.name, check.ok, "" if check.ok else check.advice) for check in checks]


def worth(checks: Sequence[Check]) -> float:
    """0 to 1: the share of what must be said, less the faults; little when it would have to be taken back."""
    failed = {check.name for check in checks if not check.ok}
    said = 1 - len(failed & set(CONTENT)) / len(CONTENT)
    share = max(0.0, said - FAULT_COSTS * len(failed - set(CONTENT)))
    return min(share, GRAVE_MOST) if failed & set(GRAVE) else share


def _trend(counted: Sequence[Sentence], known: Known) -> Check:
    claims = trends(counted)
    if not claims:
        return Check("trend", False, "Say which way it moves: better, worse or steady.")
    directions = {*known.directions, BETTER, STEADY} if known.recovered else set(known.directions)
    fits = all(not known.directions or claim & directions for claim in claims)
    return Check("trend", fits, "The trend you state is not what the last minutes show; compare their halves.")
