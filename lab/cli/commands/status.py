"""`lab status`: what is running, and where you are in it."""

from typing import Any

import click

from lab.cli import incident, words
from lab.cli.command import Lab, LabCommand
from lab.cli.layout import Cell, Column, Run
from lab.core.errors import CHECK_FAILED, OK


@click.command(
    "status",
    cls=LabCommand,
    examples=["lab status", "lab status --brief"],
)
@click.option("--brief", is_flag=True, help="Read the brief again: who you are, and what matters today.")
@click.pass_obj
def command(lab: Lab, brief: bool) -> int:
    """Show what is running, whether it is broken on purpose, and what to do next.

    Exits with 3 when nothing is running.
    """
    console = lab.console()
    if brief:
        return _brief(lab, console.get("/api/brief"))
    session: dict[str, Any] = console.get("/api/session", timeout_s=2.0)
    if lab.terminal.json_mode:
        lab.terminal.data(session)
    else:
        _show(lab, session)
    return CHECK_FAILED if session["state"] == "failed" else OK


def _brief(lab: Lab, brief: dict[str, Any]) -> int:
    if lab.terminal.json_mode:
        lab.terminal.data(brief)
        return OK
    lab.terminal.markdown(str(brief["brief"]))
    lab.terminal.steps([(str(one["command"]), str(one["why"])) for one in brief.get("first_steps") or []])
    return OK


def _show(lab: Lab, session: dict[str, Any]) -> None:
    terminal = lab.terminal
    terminal.say(f"**{session['title']}** ({session['level']}, about {session['minutes']} minutes)")
    terminal.say(incident.STATES.get(session["state"], session["state"]))
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
        ["score", incident.score(session)],
    ]
    if session.get("mitigation"):
        fix = session["mitigation"]
        rows.append(["fix in force", f"{fix['text']} ({fix['id']}, since {words.clock(fix['applied_at'])})"])
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
    return Run(str(load["verdict"]), "good" if load["verdict"] == "passed" else "bad")
