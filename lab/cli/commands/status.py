"""`lab status`: what is running, and where you are in it."""

from typing import Any

import click

from lab.cli import incident
from lab.cli.command import Lab, LabCommand
from lab.cli.layout import Cell, Column, Run
from lab.core import words
from lab.core.errors import CHECK_FAILED, OK
from lab.session.states import LIVE

UNJUDGED = {"failed": "could not run", "cancelled": "stopped before its end"}
"""What became of a load test that says nothing of the fix, by its state."""


@click.command(
    "status",
    cls=LabCommand,
    examples=["lab status", "lab status --brief"],
)
@click.option("--brief", is_flag=True, help="Read the brief again: who you are, and what matters today.")
@click.pass_obj
def command(lab: Lab, brief: bool) -> int:
    """Show what is running, whether what you see is part of the exercise, and what to do next.

    Exits with 3 when nothing is running.
    """
    console = lab.console()
    if brief:
        return _brief(lab, console.get("/api/brief"))
    session: dict[str, Any] = console.get("/api/session", timeout_s=2.0)
    if lab.terminal.json_mode:
        lab.terminal.data(session)
    else:
        _show(lab, session, console.get("/api/impact") if session["state"] in LIVE else None)
    return CHECK_FAILED if session["state"] == "failed" else OK


def _brief(lab: Lab, brief: dict[str, Any]) -> int:
    if lab.terminal.json_mode:
        lab.terminal.data(brief)
        return OK
    lab.terminal.markdown(str(brief["brief"]))
    lab.terminal.steps([(str(one["command"]), str(one["why"])) for one in brief.get("first_steps") or []])
    return OK


def _show(lab: Lab, session: dict[str, Any], impact: dict[str, Any] | None) -> None:
    terminal = lab.terminal
    terminal.say(f"**{session['title']}** ({session['level']}, about {session['minutes']} minutes)")
    terminal.say(incident.state(session))
    if session.get("error"):
        terminal.error(session["error"]["what"], session["error"]["hint"])
    if session.get("resumed"):
        terminal.say(incident.RESUMED)
    terminal.say()
    addresses = session.get("addresses") or {}
    rows: list[list[Cell]] = [
        ["scenario", f"{session['scenario']}, seed {session['seed']}"],
        ["since", f"{words.clock(session['started_at'])} ({words.duration(session['now'] - session['started_at'])})"],
        ["console", str(addresses.get("console") or "")],
        ["shop's API", str(addresses.get("gateway") or "")],
        ["your API key", str(session.get("key") or "")],
    ]
    for one in session.get("keys", ())[1:]:
        rows.append([f"your key {one['name']!r}", f"{one['key']} (role {one['role']})"])
    if session.get("sandbox"):
        sandbox = session["sandbox"]
        rows += [
            ["Paylane's API", str(sandbox["url"])],
            ["your key there", sandbox["key"]],
            ["your inbox", str(sandbox["inbox"])],
        ]
    rows.append(["score", incident.score(session)])
    if impact is not None:
        rows.insert(0, ["impact", incident.impact(impact)])
    if session.get("mitigation"):
        fix = session["mitigation"]
        title = "plan chosen" if fix.get("planned") else "fix in force"
        rows.append([title, f"{fix['text']} ({fix['id']}, since {words.clock(fix['applied_at'])})"])
    if session.get("load"):
        rows.append(["load test", _load(session["load"])])
    if session.get("forwarding"):
        rows.append(["telemetry to", _forwarding(session["forwarding"])])
    terminal.table([Column(""), Column("", flexible=True)], [row for row in rows if row[1]])
    if session.get("pager"):
        incident.pager(lab, session)
    terminal.steps(incident.next_steps(session))


def _forwarding(told: dict[str, Any]) -> Run:
    """`http://127.0.0.1:4318, 120 batches sent, 3 lost; it cannot be reached`."""
    lost = f", {told['lost']} lost" if told["lost"] else ""
    trouble = f"; it {told['trouble']}" if told.get("trouble") else ""
    return Run(f"{told['to']}, {words.plural(told['sent'], 'request')} sent{lost}{trouble}", "bad" if trouble else "")


def _load(load: dict[str, Any]) -> Run:
    if load["verdict"] == "running":
        return Run(f"running, {words.share(load.get('progress') or 0.0)} done")
    if load["verdict"] is None:
        return Run(UNJUDGED.get(load["state"], str(load["state"])), "warn")
    return Run(str(load["verdict"]), "good" if load["verdict"] == "passed" else "bad")
