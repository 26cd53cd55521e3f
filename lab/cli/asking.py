"""Answering questions: how one is shown, how an answer is sent, and how the grade is told."""

import re
from typing import Any

from lab.cli import incident
from lab.cli.command import Lab
from lab.cli.invocation import command as lab_command
from lab.cli.layout import Cell, Column, Run
from lab.core import words
from lab.core.errors import UsageError
from lab.session.ledger import SETTLED, is_same

MARKS = {
    "open": Run("open"),
    "right": Run("right", "good"),
    "partly": Run("partly", "warn"),
    "wrong": Run("wrong", "bad"),
    "revealed": Run("revealed", "dim"),
}
VERDICTS = {"right": ("Right.", "good"), "partly": ("Partly right.", "warn"), "wrong": ("Not yet.", "bad")}
_REF = re.compile(r"^(log|trace|metric):\S+$")


def ask(lab: Lab, question: dict[str, Any], number: int, of: int) -> None:
    """Show one question with its options and how to answer it."""
    terminal = lab.terminal
    worth = words.points(question["points"])
    terminal.title(f"Question {number} of {of}: {question['id']} ({question['step']}, {worth})")
    terminal.markdown(str(question["ask"]))
    options = question.get("options") or []
    if options:
        terminal.say()
    for option in options:
        terminal.say(str(option["text"]), "", f"  {option['key']}  ", "     ")
    terminal.say()
    if question["state"] != "open":
        mark = MARKS[question["state"]]
        terminal.say(
            f"So far: {mark.text}, {question['earned']:g} of {worth}. Your answer: {words.said(question['answer'])}"
        )
    if question.get("checklist"):
        _checks(lab, question["checklist"])
        terminal.say()
    if question["state"] in SETTLED and question.get("truth"):
        terminal.say()
        terminal.markdown(str(question["truth"]), "  ", breaks=True)
    elif question.get("help"):
        terminal.say(str(question["help"]), "dim")


def listed(lab: Lab, questions: list[dict[str, Any]]) -> None:
    """The ladder of questions and where the learner is on it."""
    lab.terminal.table(
        [
            Column("question"),
            Column("step"),
            Column("points", right=True),
            Column("state"),
            Column("what is asked", flexible=True),
        ],
        [
            [
                Run(one["id"], "bold"),
                one["step"],
                f"{one['earned']:g} of {one['points']:g}",
                MARKS[one["state"]],
                " ".join(str(one["ask"]).split()).replace("**", "").replace("`", ""),
            ]
            for one in questions
        ],
        indent="",
    )
    following = next((one for one in questions if one["state"] not in SETTLED), None)
    if following is None:
        lab.terminal.steps([("lab report", "your result, and the debrief")])
        return
    lab.terminal.steps(
        [
            (f"lab diagnose {following['id']}", "the next one in full, and how to answer it"),
        ]
    )


def send(
    console: Any,
    question: dict[str, Any],
    answer: Any,
    evidence: tuple[str, ...] = (),
    window: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """Send an answer; records that were not cited yet are cited first."""
    if question["kind"] == "evidence":
        given = answer if isinstance(answer, list) else re.split(r"[\s,;]+", str(answer or "").strip())
        answer = _cited(console, (*(str(one) for one in given if one), *evidence))
        if not answer:
            raise UsageError(
                "This answer is a piece of evidence.", "Name one, such as E1 or log:1234; `lab cite` lists yours."
            )
    check_evidence(question, evidence)
    body = {"question": question["id"], "answer": answer}
    if window is not None:
        body["window"] = list(window)
    result: dict[str, Any] = console.post("/api/answers", body, timeout_s=30.0)
    return result


def check_evidence(question: dict[str, Any], evidence: tuple[str, ...]) -> None:
    """UsageError when evidence is given where none is asked for."""
    if evidence and question["kind"] != "evidence":
        raise UsageError(
            f"The question {question['id']!r} is not answered by evidence.",
            "Leave it out here; `lab diagnose` shows how it is answered.",
        )


def _cited(console: Any, refs: tuple[str, ...]) -> list[str]:
    """Ids of evidence; a reference such as log:1234 is kept as evidence first, unless it is already."""
    kept: list[dict[str, Any]] = console.get("/api/cites") if any(_REF.match(ref) for ref in refs) else []
    ids = []
    for ref in refs:
        same = next((one["id"] for one in kept if is_same(one["ref"], ref)), None)
        if same is not None:
            ids.append(str(same))
        elif _REF.match(ref):
            ids.append(str(console.post("/api/cites", {"ref": ref})["id"]))
        else:
            ids.append(ref.upper())
    return ids


def tell(lab: Lab, result: dict[str, Any]) -> None:
    """The grade: verdict, points, reasons."""
    terminal = lab.terminal
    verdict, style = VERDICTS[result["verdict"]]
    terminal.say(
        f"**{verdict}** {result['earned']:g} of {words.points(result['of'])} for `{result['question']}`.", style
    )
    terminal.markdown(str(result["feedback"]), "  ", breaks=True)
    _checks(lab, result.get("details") or [])
    if result.get("truth") and str(result["truth"]) not in str(result["feedback"]):
        terminal.say()
        terminal.markdown(str(result["truth"]), "  ", breaks=True)


def _checks(lab: Lab, details: list[Any]) -> None:
    rows: list[list[Cell]] = []
    for one in details:
        text, ok = (one, None) if isinstance(one, str) else (one["text"], one["ok"])
        mark = Run("-") if ok is None else Run("✓", "good") if ok else Run("✗", "bad")
        rows.append([mark, text])
    lab.terminal.table([Column(""), Column("", flexible=True)], rows)


def tell_score(lab: Lab, result: dict[str, Any]) -> None:
    """The score, and where to go on."""
    lab.terminal.note(f"\nScore: {incident.score(result)}.")
    question, following = result["question"], result.get("next")
    steps = []
    if result["verdict"] != "right":
        steps.append((lab_command("diagnose", question), "look at it again; a further answer earns less"))
        steps.append(("lab hint", "a nudge, at a price"))
    if following:
        steps.append((f"lab diagnose {following}", "the next question"))
    elif result["verdict"] == "right":
        steps.append(("lab report", "your result, and the debrief"))
    lab.terminal.steps(steps)
