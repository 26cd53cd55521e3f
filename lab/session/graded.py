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
    session.note("answer", f"Answered {called(session, question)}: {grade.verdict}")


def called(session: Session, question: str) -> str:
    """`question 3 (where)`: pages number the questions, commands name them."""
    number = [one.id for one in session.file.questions].index(question) + 1
    return f"question {number} ({question})"
