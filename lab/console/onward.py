"""Where a learner goes on from here: as commands, and as a page."""

from lab.session import answers, steps
from lab.session.answers import question_of
from lab.session.session import Session
from lab.session.states import ENDED, LIVE, State


def next_steps(session: Session) -> list[dict[str, str]]:
    """What to do next, by where the learner stands."""
    if session.state in ENDED:
        return [{"command": f"lab start {session.variant.scenario.id}", "why": "begin again"}]
    if session.state not in LIVE and steps.asked(session):
        return _to_send()
    if session.state not in LIVE:
        return [
            {"command": "lab metrics", "why": "see what healthy looks like, while it is"},
            {"command": "lab traces", "why": "follow one customer's request through the shop"},
            {"command": "lab explain p95", "why": "look up any word you do not know"},
        ]
    if session.state is State.LOADING:
        return [{"command": "lab load", "why": "watch the load test"}]
    left = answers.next_open(session)
    if left is None:
        return [
            {"command": "lab report", "why": "see your result and the debrief"},
            {"command": "lab stop", "why": "end the lab; your progress is kept"},
        ]
    asked = question_of(session, left)
    if asked.question.answers_itself:
        return _to_send()
    if asked.question.kind() == "rehearsal":
        return [
            {"command": "lab rehearse", "why": "run the migration on a copy of the data"},
            {"command": f"lab diagnose {left} done", "why": "then go on with the questions"},
        ]
    if asked.step == "act":
        if session.mitigation is None:
            return [{"command": "lab fix", "why": "see what could be done about it"}]
        return [
            {"command": "lab load", "why": "prove that your fix works"},
            {"command": f"lab diagnose {left}", "why": "answer for what you did"},
        ]
    if asked.step == "prove" and not session.ledger.loads:
        return [{"command": "lab load", "why": "prove that your fix works"}]
    if not session.ledger.rungs and session.file.rehearsal is not None:
        return [
            {"command": "lab sql --tables", "why": "what is in the database that is to be changed"},
            {"command": "lab status --brief", "why": "the script, once more"},
            {"command": "lab diagnose", "why": "predict, before you try"},
        ]
    if not session.ledger.rungs:
        return [
            {"command": "lab metrics", "why": "how big is it? compare with the baseline"},
            {"command": "lab logs level:warn", "why": "what do the services complain about?"},
            {"command": "lab diagnose", "why": "answer the questions when you know something"},
        ]
    return [{"command": f"lab diagnose {left}", "why": "the next question"}]


def _to_send() -> list[dict[str, str]]:
    return [
        {"command": "lab steps", "why": "what to send, and what has arrived"},
        {"command": "lab export postman", "why": "the same requests for Postman, or any other client"},
    ]


def place_to_be(session: Session | None) -> str:
    """The page, as a path below the console's address, that fits where the learner stands; `lab open` opens it."""
    if session is None or session.state in ENDED:
        return ""
    if session.state is State.LOADING:
        return "fix"
    if session.state in LIVE and answers.next_open(session) is None:
        return "debrief"
    if session.state in LIVE and session.ledger.ticks and steps.asked(session):
        return "answer"
    return "incident/overview"
