"""What an evidence question accepts exists in the incident, and did not exist while all was well."""

from dataclasses import dataclass

from lab.core.window import Window
from lab.proof.look import ConsoleLook
from lab.proof.result import Row
from lab.questions.evidence import Evidence
from lab.scenario import ScenarioFile

MOST = 50


@dataclass(frozen=True)
class Found:
    """How many records of one accepted pattern there are, in the incident and before."""

    question: str
    pattern: str
    incident: int
    before: int


def observe(look: ConsoleLook, file: ScenarioFile, incident: Window, before: Window | None) -> list[Found]:
    """Search for every accepted pattern as a learner would."""
    found = []
    for question in file.questions:
        if isinstance(question.question, Evidence):
            for pattern in question.question.accept:
                counts = [pattern.count(look, window, MOST) if window else 0 for window in (incident, before)]
                found.append(Found(question.id, pattern.text(), *counts))
    return found


def judge(found: list[Found]) -> list[Row]:
    """For each question at least one record now; for no pattern any before. A pattern may stay empty beside others."""
    rows = []
    for question in dict.fromkeys(one.question for one in found):
        mine = [one for one in found if one.question == question]
        count = sum(one.incident for one in mine)
        instead = "No record like that: compare `accept:` with what `lab logs` and `lab traces` show in the incident."
        rows.append(Row(f"{question}: records", _many(count), "1 or more", count > 0, instead if not count else ""))
    for one in found:
        if one.before:
            what = f"{one.question}: {one.pattern}, while all is well"
            instead = "It is there without the fault too, so it proves nothing: narrow the search."
            rows.append(Row(what, _many(one.before), "none", False, instead))
    return rows


def _many(count: int) -> str:
    return f"{count} or more" if count >= MOST else str(count)
