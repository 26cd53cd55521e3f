"""--json: one document on stdout, for every command there is, in good times and bad."""

import json
import types
from pathlib import Path

import fakes_console_answers as canned
import pytest
from fakes_console import FakeConsole
from lab_on_fakes import Lab

from lab.cli.root import COMMANDS

EXAMPLES: dict[str, list[list[str]]] = {
    "doctor": [["doctor"]],
    "list": [["list"]],
    "start": [["start", "rate-limit", "--no-wait"], ["start", "rate-limit"]],
    "status": [["status"]],
    "open": [["open", "--no-browser"]],
    "metrics": [
        ["metrics"],
        ["metrics", "--edge", "gateway->orders"],
        ["metrics", "--heatmap"],
        ["metrics", "--every", "5s"],
    ],
    "logs": [["logs", "level:error", "-status:200"], ["logs", "--histogram"]],
    "traces": [["traces"], ["traces", "4bf92f35"]],
    "sql": [["sql", "SELECT 1"], ["sql", "--tables"], ["sql", "--slow"], ["sql", "--copy", "SELECT 1"]],
    "rehearse": [["rehearse"]],
    "changes": [["changes"]],
    "partner": [["partner"], ["partner", "status"]],
    "request": [["request", "GET", "/api/v1/products"], ["request", "--list"]],
    "inbox": [["inbox"], ["inbox", "1"], ["inbox", "1", "--secret", "whsec_x"], ["inbox", "--answer", "500"]],
    "steps": [["steps"], ["steps", "order"], ["steps", "--received"]],
    "explain": [["explain"], ["explain", "p95"]],
    "cite": [["cite"], ["cite", "log:1"], ["cite", "--remove", "E1"]],
    "diagnose": [["diagnose"], ["diagnose", "whose"], ["diagnose", "whose", "b"], ["diagnose", "--answers", "a.yaml"]],
    "hint": [["hint", "--yes"], ["hint", "--list"], ["hint", "--reveal", "whose", "--yes"]],
    "fix": [["fix"], ["fix", "retry"], ["fix", "--undo"]],
    "load": [["load"], ["load", "--wait"]],
    "report": [["report"]],
    "progress": [["progress"]],
    "reset": [["reset"]],
    "stop": [["stop"]],
    "scenario": [["scenario", "kinds"], ["scenario", "kinds", "rules"]],
    "export": [
        ["export", "postman"],
        ["export", "http"],
        ["export", "locust"],
        ["export", "records", "--since", "incident"],
    ],
    "completion": [["completion", "bash"]],
}
STARTS = ("start", "stop")
WITHOUT_CONSOLE = ("doctor", "list", "explain", "progress", "report", "completion", "start", "scenario", "open")


def test_every_command_has_an_example_here() -> None:
    assert set(EXAMPLES) == set(COMMANDS)


@pytest.mark.parametrize(
    "args", [args for name, many in EXAMPLES.items() if name not in STARTS for args in many], ids=" ".join
)
def test_stdout_is_one_json_document(
    args: list[str],
    lab: Lab,
    console: FakeConsole,
    offline: types.ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("whose: b\n", encoding="utf-8")
    console.answers["POST", "/api/session/reset"] = lambda _given: (202, console.session)
    if args[0] == "inbox" and console.session is not None:
        console.session |= {"sandbox": canned.SANDBOX}
    result = lab(*args, "--json")
    json.loads(result.out)
    assert result.code in (0, 1)


@pytest.mark.usefixtures("startable")
@pytest.mark.parametrize("args", EXAMPLES["start"], ids=" ".join)
def test_a_start_and_a_stop_are_one_json_document_each(args: list[str], lab: Lab) -> None:
    started = lab(*args, "--json")
    stopped = lab("stop", "--json")
    assert json.loads(started.out)["scenario"] == "rate-limit"
    assert json.loads(started.out)["brief"].startswith("# Monday")
    assert json.loads(stopped.out)["stopped"] is True
    assert (started.code, stopped.code) == (0, 0)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - set(WITHOUT_CONSOLE)))
def test_with_nothing_running_stdout_is_the_error_as_json(name: str, lab: Lab, home: Path) -> None:
    result = lab(*EXAMPLES[name][0], "--json")
    assert json.loads(result.out)["error"]["exit_code"] == 3
    assert result.code == 3
    assert "Error: No lab is running." in result.err


def test_a_misspelt_option_is_an_error_in_json_too(lab: Lab, home: Path) -> None:
    result = lab("logs", "--limt", "3", "--json")
    assert json.loads(result.out)["error"]["exit_code"] == 2


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_load_test_without_a_verdict_is_one_document_and_one_error(
    state: str, lab: Lab, console: FakeConsole
) -> None:
    console.answers["GET", "/api/load"] = {"state": state, "verdict": None, "error": None}
    result = lab("load", "--wait", "--json")
    assert result.code == 1
    assert "stopped before its end" in json.loads(result.out)["error"]["what"]


def test_a_load_test_that_failed_is_data_and_exit_code_1(lab: Lab, console: FakeConsole) -> None:
    result = lab("load", "--json")
    assert (json.loads(result.out)["verdict"], result.code) == ("failed", 1)
