"""The report of a session: what happened, what was answered, what it earned; kept when the lab stops."""

import asyncio
import json
import math
import time
from pathlib import Path
from string import Template
from typing import Any

from lab.core.errors import Conflict, EnvironmentLacks
from lab.session import answers, progress
from lab.session.detail import nice_step, whole_steps
from lab.session.home import Home
from lab.session.marks import marks
from lab.session.session import Session
from lab.session.states import ENDED
from lab.telemetry import Scope


def result(session: Session) -> dict[str, Any]:
    """The session's line in the learner's progress."""
    score = session.ledger.score(answers.points_of(session))
    loads = session.ledger.loads
    return {
        "session": session.id,
        "resumes": session.resumes,
        "scenario": session.variant.scenario.id,
        "title": session.file.title,
        "seed": session.variant.seed,
        "skills": list(session.file.skills),
        "points": score["points"],
        "of": score["of"],
        "share": score["share"],
        "passed": score["passed"],
        "verdict": loads[-1]["verdict"] if loads else None,
        "taken": answers.taken_for(session),
        "at_s": session.clock.now(),
    }


def save_progress(session: Session, home: Home) -> None:
    """Record the session's present result, once there is any."""
    if not (session.ledger.rungs or session.ledger.loads):
        return
    line = result(session)
    if {**line, "at_s": None} != {**session.recorded, "at_s": None}:  # the time of the last thing that counted
        progress.record(home.progress, line)
        session.recorded = line


def data(session: Session) -> dict[str, Any]:
    """The whole report as plain data."""
    return {
        **result(session),
        "score": session.ledger.score(answers.points_of(session)),
        "state": session.state.value,
        "started_at": session.moments.started,
        "questions": [
            {key: row[key] for key in ("id", "step", "ask", "state", "earned", "points", "tries", "answer", "feedback")}
            | {"said": _said(row)}
            for row in answers.described(session)
        ],
        "hints_taken": session.ledger.hints_taken,
        "fixes": list(dict.fromkeys(session.ledger.fixes_tried)),
        "loads": session.ledger.loads,
        "timeline": [{"time_s": one.time_s, "kind": one.kind, "text": one.text} for one in session.timeline],
        "course": None if session.state in ENDED else _course(session),
    }


def _said(row: dict[str, Any]) -> str | None:
    """An answer in words: options by their texts rather than their letters."""
    texts = {option["key"]: option["text"] for option in row["options"] or ()}
    given = row["answer"] if isinstance(row["answer"], list) else [row["answer"]]
    return None if row["answer"] is None else ", ".join(str(texts.get(one, one)) for one in given)


def _course(session: Session) -> dict[str, Any]:
    """How the run went, for a picture: the share of failed requests at the front door, and orders lost, by step."""
    window = session.named_windows()["all"]
    step = nice_step(window.seconds, 120)
    over = whole_steps(window, step, window.end_s)
    errors = session.telemetry.series(Scope(service="gateway"), "error_share", over, step)
    lost = session.telemetry.orders_over_time(over, step)
    return {
        "step_s": step,
        "points": [[one.time_s, one.value, orders.lost] for one, orders in zip(errors, lost, strict=True)],
        "marks": marks(session, over),
    }


def markdown(report: dict[str, Any]) -> str:
    """The report as a page one can read or send."""
    score = report["score"]
    lines = [
        f"# {report['title']}",
        "",
        f"Scenario `{report['scenario']}`, seed {report['seed']}. "
        f"**{score['points']:g} of {score['of']} points** ({math.floor(score['share'] * 100 + 1e-9)} %"
        f"{_hints_cost(report)}); "
        f"the pass mark is {score['pass_mark'] * 100:.0f} %: {'passed' if score['passed'] else 'not passed yet'}.",
        "",
        "| step | question | result | points | tries |",
        "|---|---|---|---|---|",
    ]
    for row in report["questions"]:
        ask = " ".join(str(row["ask"]).split()).replace("|", "\\|")
        lines.append(
            f"| {row['step']} | {ask} | {row['state']} | {row['earned']:g} of {row['points']} | {row['tries']} |"
        )
    for load in report["loads"]:
        lines += ["", f"## Load test {load['number']}: {load['verdict']}", "", load["why"], ""]
        lines += ["| objective | bound | measured | met |", "|---|---|---|---|"]
        lines += [
            f"| {slo['text']} | {slo['bound']} | {slo['said']} | {'yes' if slo['ok'] else 'no'} |"
            for slo in load["slos"]
        ]
    lines += ["", "## Timeline", ""]
    lines += [
        f"- {time.strftime('%H:%M:%S', time.localtime(one['time_s']))} {one['text']}" for one in report["timeline"]
    ]
    return "\n".join(lines) + "\n"


def _hints_cost(report: dict[str, Any]) -> str:
    """What the questions earned and the total does not have."""
    spent = sum(row["earned"] for row in report["questions"]) - report["score"]["points"]
    return f"; hints cost {spent:.3g}" if report["hints_taken"] and spent > 0 else ""


async def whole(session: Session) -> dict[str, Any]:
    """The report, and once every question has an answer also the debrief and the model answers."""
    found = await asyncio.to_thread(data, session)
    earned = answers.next_open(session) is None
    return {
        "markdown": markdown(found),
        "data": found,
        "debrief": await debrief_with_numbers(session) if earned else None,
        "answers": await answers.model_answers(session) if earned else None,
    }


async def save(session: Session) -> Path:
    """Write report.json and report.md into the session's folder; returns the latter."""
    report = await whole(session)
    page = session.folder / "report.md"
    try:
        (session.folder / "report.json").write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")
        page.write_text(report["markdown"], encoding="utf-8")
    except OSError as error:
        raise EnvironmentLacks(f"The report could not be saved: {error.strerror}.", "Free disk space.") from None
    return page


def kept(session: Session) -> dict[str, Any] | None:
    """What `save` wrote when the session ended, as `whole` told it; None before, and where nothing was written."""
    if session.state not in ENDED:
        return None
    try:
        found: dict[str, Any] = json.loads((session.folder / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def debrief(session: Session) -> str:
    """The debrief with this run's own numbers; Conflict until every question has an answer."""
    left = [row["id"] for row in answers.described(session) if row["state"] == "open"]
    if left:
        raise Conflict(
            f"The debrief opens when every question has an answer; {len(left)} to go.",
            f"Start again: `lab start {session.variant.scenario.id}`"
            if session.state in ENDED
            else f"Next: `lab diagnose {left[0]}`",
        )
    return session.variant.text("debrief")


async def debrief_with_numbers(session: Session) -> str:
    """As `debrief`, with `${facts}` measured in this run filled in."""
    text = debrief(session)
    said = {name: fact.say for name, fact in (await answers.facts(session)).items()}
    return Template(text).safe_substitute(said)
