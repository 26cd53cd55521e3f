"""An answer's grade, written down where it counts."""

from dataclasses import asdict
from typing import Any

from lab.questions import Grade
from lab.session.session import Session


def record(session: Session, question: str, answer: Any, grade: Grade, *, free: bool) -> None:
    """Account for a graded answer; one that is `free` may be given again for nothing."""
    session.write(
        "answered",
        question=question,
        answer=answer,
        share=grade.share,
        verdict=grade.verdict,
        feedback=grade.feedback,
        details=[asdict(detail) for detail in grade.details],
        truth=grade.truth,
        free=free,
    )
    session.note("answer", f"Answered '{question}': {grade.verdict}")
