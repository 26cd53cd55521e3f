"""The faults were made, and what takes each back was on disk before."""

from collections.abc import Sequence

from lab.proof.result import Row
from lab.session.journal import Entry


def judge(entries: Sequence[Entry], wanted: int) -> list[Row]:
    """From the session's journal: remembered before applied, every one."""
    remembered = {entry.details["number"]: at for at, entry in enumerate(entries) if _fault(entry)}
    applied = {
        entry.details["number"]: at
        for at, entry in enumerate(entries)
        if entry.what == "applied" and entry.details["number"] in remembered
    }
    in_order = sum(remembered[number] < at for number, at in applied.items())
    return [
        Row("faults made", str(len(applied)), f"{wanted}", len(applied) == wanted, "A fault was not applied."),
        Row("with a way back noted first", str(in_order), f"{wanted}", in_order == wanted, "The journal came late."),
    ]


def _fault(entry: Entry) -> bool:
    return entry.what == "remembered" and entry.details.get("role") == "fault"
