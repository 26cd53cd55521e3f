"""The ladder of questions: every rung is there and can be reached."""

from collections.abc import Iterator

from lab.probes.paid import Paid
from lab.questions.evidence import Evidence
from lab.questions.mitigation import Mitigated
from lab.scenario.lint.reading import Finding, Reading
from lab.scenario.model import STEPS

TEMPTING = 2


def findings(reading: Reading) -> Iterator[Finding]:
    """Questions nobody can answer, rungs and temptations that an incident lacks."""
    yield from _unreachable(reading)
    if reading.file.shape in ("incident", "control"):
        yield from _whole(reading)
    if reading.file.shape == "incident":
        yield from _tempting(reading)
        yield from _goodput(reading)


def _unreachable(reading: Reading) -> Iterator[Finding]:
    file = reading.file
    for number, question in enumerate(file.questions):
        at = ("questions", number)
        kind = question.question
        window = getattr(kind, "window", "")
        if window == "load" and file.load is None:
            yield Finding(
                at, f"{question.id!r} cannot be reached: it asks about a load test, and there is none", "Add `load:`."
            )
        elif window == "load" and question.step not in STEPS[STEPS.index("act") :]:
            hint = "Move it to the step `prove`."
            yield Finding(
                at, f"{question.id!r} cannot be reached: it asks about the load test before there was one", hint
            )
        if isinstance(kind, Mitigated):
            if not file.mitigations and not kind.nothing:
                yield Finding(
                    at, f"{question.id!r} cannot be reached: there is no mitigation to apply", "Add `mitigations:`."
                )
            if kind.nothing != (file.shape == "control"):
                hint = "Write `mitigation: {nothing: true}` in a control, and only there."
                asked_for = "nothing" if kind.nothing else "a fix"
                yield Finding(at, f"{question.id!r} asks for {asked_for}, in a lesson of the shape {file.shape}", hint)
    asked = any(isinstance(one.question, Mitigated) for one in file.questions)
    if file.mitigations and not asked and file.shape == "incident":
        yield Finding(("questions",), "no question asks for the fix", "Add one with `step: act` and `mitigation: {}`.")


def _whole(reading: Reading) -> Iterator[Finding]:
    have = {question.step for question in reading.file.questions}
    needed = [step for step in STEPS if step not in ("act", "prove") or reading.file.shape == "incident"]
    missing = [step for step in needed if step not in have]
    if missing:
        hint = "Every incident climbs the whole ladder."
        yield Finding(("questions",), f"no question for: {', '.join(missing)}", hint, advice=True)
    if not any(isinstance(question.question, Evidence) for question in reading.file.questions):
        yield Finding(("questions",), "no question asks for evidence", "Ask for a record that decides.", advice=True)


def _tempting(reading: Reading) -> Iterator[Finding]:
    wrong = [one for one in reading.file.mitigations if not one.works]
    if len(wrong) < TEMPTING:
        hint = f"Offer at least {TEMPTING} that are tempting and wrong."
        yield Finding(("mitigations",), f"only {len(wrong)} of the mitigations is wrong", hint)


def _goodput(reading: Reading) -> Iterator[Finding]:
    if not any(isinstance(probe, Paid) for probe in reading.file.slo):
        hint = "Keep one such as `paid: {share: 99%, within: 15s}`; without it, turning everybody away passes."
        yield Finding(("slo",), "no promise measures what customers got", hint)
