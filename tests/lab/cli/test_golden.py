"""Whole outputs at 80 columns, as a person reads them. UPDATE_GOLDEN=1 writes them anew; then read the diff."""

import re
import shlex
import types
from pathlib import Path

import click
import fakes_console_answers as canned
import pytest
from fakes_console import FakeConsole
from golden_text import GOLDEN, check
from lab_on_fakes import Lab

from lab.cli.root import COMMANDS, root

WITH_CONSOLE = {
    "status": ["status"],
    "metrics": ["metrics"],
    "metrics-service": ["metrics", "--service", "gateway"],
    "metrics-every": ["metrics", "--service", "gateway", "--every", "5s"],
    "metrics-heatmap": ["metrics", "--heatmap"],
    "metrics-orders": ["metrics", "--every", "10s"],
    "logs-histogram": ["logs", "level:warn", "--histogram"],
    "logs": ["logs", "level:warn"],
    "logs-fields": ["logs", "--fields"],
    "traces": ["traces"],
    "trace": ["traces", "4bf92f35"],
    "sql": ["sql", "SELECT status, count(*) FROM orders GROUP BY status"],
    "sql-tables": ["sql", "--tables"],
    "sql-slow": ["sql", "--slow"],
    "rehearse": ["rehearse"],
    "changes": ["changes"],
    "partner": ["partner"],
    "partner-status": ["partner", "status"],
    "request": ["request", "POST", "/api/v1/orders", "--body", "{}"],
    "steps": ["steps"],
    "steps-one": ["steps", "order"],
    "steps-received": ["steps", "--received"],
    "inbox-none": ["inbox"],
    "steps-unknown": ["steps", "ordr"],
    "request-list": ["request", "--list"],
    "cite": ["cite", "log:1042"],
    "cite-list": ["cite"],
    "cite-remove": ["cite", "--remove", "E1"],
    "hint": ["hint", "--yes"],
    "hint-list": ["hint", "--list"],
    "hint-reveal": ["hint", "--reveal", "whose", "--yes"],
    "diagnose": ["diagnose"],
    "diagnose-question": ["diagnose", "whose"],
    "diagnose-right": ["diagnose", "whose", "b"],
    "diagnose-wrong": ["diagnose", "whose", "a"],
    "diagnose-evidence": ["diagnose", "proof", "log:1041"],
    "fix": ["fix"],
    "fix-apply": ["fix", "retry"],
    "fix-undo": ["fix", "--undo"],
    "fix-unknown": ["fix", "retri"],
    "load": ["load"],
    "report": ["report"],
    "report-markdown": ["report", "--markdown"],
    "reset": ["reset"],
    "start-second": ["start", "slow-partner"],
    "export": ["export", "locust"],
    "export-postman": ["export", "postman"],
    "error-since": ["logs", "--since", "yesterday"],
}
WITH_NOTHING = {
    "help": ["--help"],
    "help-logs": ["logs", "--help"],
    "help-diagnose": ["diagnose", "--help"],
    "list": ["list"],
    "explain": ["explain", "p95"],
    "explain-unknown": ["explain", "p59"],
    "explain-list": ["explain"],
    "progress": ["progress"],
    "report-last": ["report"],
    "nothing-running": ["status"],
    "unknown-command": ["statsu"],
    "unknown-option": ["logs", "--limt", "3"],
    "start-unknown": ["start", "rate-limt"],
    "start-nothing": ["start"],
    "start-fails": ["start", "breaks"],
    "start-port-taken": ["start", "rate-limit", "--port", "1"],
    "start": ["start", "rate-limit", "--seed", "7"],
}


@pytest.mark.parametrize("name", WITH_CONSOLE)
def test_the_output_with_an_open_incident_reads_as_agreed(
    name: str, lab: Lab, console: FakeConsole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "reset":
        console.answers["POST", "/api/session/reset"] = lambda _given: (202, console.session)
    monkeypatch.chdir(tmp_path)  # what is exported is written there
    args = WITH_CONSOLE[name]
    check(name, args, lab(*args), console.home)


@pytest.mark.parametrize("name", WITH_NOTHING)
@pytest.mark.usefixtures("startable")
def test_the_output_with_nothing_running_reads_as_agreed(
    name: str, lab: Lab, home: Path, offline: types.ModuleType
) -> None:
    args = WITH_NOTHING[name]
    check(name, args, lab(*args), home)


def test_status_tells_the_fix_and_the_load_test(lab: Lab, console: FakeConsole) -> None:
    fix = {"id": "queue-payments", "text": "Charge the cards in the background", "applied_at": canned.NOW - 5}
    assert console.session is not None
    console.session |= {"state": "done", "mitigation": fix, "load": {"verdict": "passed", "progress": 1.0}}
    console.answers["GET", "/api/impact"] = lambda _given: (200, {**canned.IMPACT, "so_far_is_over": True})
    check("status-done", ["status"], lab("status"), console.home)


@pytest.mark.parametrize(
    ("load", "said"),
    [
        ({"state": "done", "verdict": "failed"}, "failed"),
        ({"state": "failed", "verdict": None}, "could not run"),
        ({"state": "cancelled", "verdict": None}, "stopped before its end"),
    ],
)
def test_a_load_test_that_says_nothing_of_the_fix_is_no_broken_promise(
    load: dict[str, str | None], said: str, lab: Lab, console: FakeConsole
) -> None:
    assert console.session is not None
    console.session["load"] = {**load, "progress": 1.0}
    (line,) = [line for line in lab("status").out.splitlines() if line.lstrip().startswith("load test")]
    assert line.split(maxsplit=2)[2] == said


INBOX = {
    "inbox": ["inbox"],
    "inbox-one": ["inbox", "1"],
    "inbox-checked": ["inbox", "1", "--secret", "whsec_x"],
    "inbox-answer": ["inbox", "--answer", "500"],
    "status-sandbox": ["status"],
}


@pytest.mark.parametrize("name", INBOX)
def test_a_lesson_with_an_inbox_reads_as_agreed(name: str, lab: Lab, console: FakeConsole) -> None:
    assert console.session is not None
    console.session |= {"sandbox": canned.SANDBOX}
    check(name, INBOX[name], lab(*INBOX[name]), console.home)


def test_no_record_at_all_leads_on(lab: Lab, console: FakeConsole) -> None:
    console.answers["GET", "/api/logs"] = {"logs": [], "count": 0, "window": [canned.NOW - 60, canned.NOW]}
    args = ["logs", "level:error", "--since", "60s"]
    check("logs-none", args, lab(*args), console.home)


def test_every_golden_text_belongs_to_a_test() -> None:
    elsewhere = {"status-done", "logs-none", "scenario-prove", "scenario-prove-fails", "scenario-prove-all"}
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {*WITH_CONSOLE, *WITH_NOTHING, *INBOX, *elsewhere}


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_no_line_is_wider_than_the_screen(path: Path) -> None:
    whole = ("curl ", "  lab ", "/home/you/")  # what is pasted or opened stays in one piece
    wide = [line for line in path.read_text(encoding="utf-8").splitlines()[1:] if len(line) > 80]
    if path.stem not in ("report-markdown", "export"):
        assert [line for line in wide if not any(word in line for word in whole)] == []


def printed_commands() -> set[str]:
    """Every `lab …` command in the golden texts: on lines of their own, and in backticks."""
    found: set[str] = set()
    for path in GOLDEN.glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        found |= {match[1].strip() for match in re.finditer(r"^  (lab .+?)(?:  .*)?$", text, re.MULTILINE)}
        found |= set(re.findall(r"`(lab [^`]+)`", text))
    return {command for command in found if command.split()[1] in COMMANDS or command.split()[1].startswith("-")}


def parses(words: list[str]) -> bool:
    """Whether the command line is one that the program takes."""
    try:
        with root.make_context("lab", list(words), resilient_parsing=False) as context:
            name, command, rest = root.resolve_command(context, words)
            assert command is not None
            command.make_context(name, rest, parent=context).close()
    except click.exceptions.Exit:
        return True
    except click.UsageError:
        return False
    return True


@pytest.mark.parametrize("command", sorted(printed_commands()))
def test_every_command_that_is_printed_can_be_pasted(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command.split(" > ")[0])[1:]
    (tmp_path / "our-incidents").mkdir()
    assert words[0].startswith("-") or parses(words)
