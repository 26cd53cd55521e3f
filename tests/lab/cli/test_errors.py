"""Bad input and bad moments: one sentence, one remedy, the right exit code; never a traceback."""

import os
from pathlib import Path

import pytest
from fakes_console import FakeConsole, problem
from lab_on_fakes import Lab

BAD_INPUT: list[tuple[list[str], str]] = [
    (["nope"], "There is no command"),
    (["logs", "--nope"], "No such option"),
    (["logs", "--since", "yesterday"], "not a moment"),
    (["logs", "--since", "25:00"], "not a moment"),
    (["logs", "--until", "incident"], "not a moment"),
    (["logs", "--limit", "lots"], "not a valid integer"),
    (["logs", "--limit", "0"], "not in the range"),
    (["logs", "--follow", "--until", "5s"], "no --until"),
    (["logs", "--follow", "--json"], "never ends"),
    (["metrics", "--service", "a", "--edge", "b->c"], "two views"),
    (["metrics", "--service", "a", "--every", "soon"], "not a duration"),
    (["metrics", "--every", "soon"], "not a duration"),
    (["sql"], "Give one of"),
    (["sql", "--explain", "--slow"], "--explain needs a query"),
    (["sql", "SELECT 1", "--slow"], "Give one of"),
    (["request", "GET", "products"], "starts with a slash"),
    (["request", "G3T", "/"], "not an HTTP method"),
    (["request", "GET", "/", "--header", "nonsense"], "not a header"),
    (["request", "POST", "/", "--body", "{bad"], "--body:1:2 is not JSON"),
    (["request", "POST", "/", "--body", "@missing.json"], "cannot be read"),
    (["cite", "log:1", "--remove", "E1"], "give one"),
    (["cite", "--service", "gateway"], "belongs to a --metric"),
    (["diagnose", "whose", "@missing.txt"], "cannot be read"),
    (["diagnose", "--answers", "missing.yaml"], "cannot be read"),
    (["diagnose", "whoose", "b"], "Did you mean 'whose'?"),
    (["diagnose", "--evidence", "E1"], "belong to an answer"),
    (["diagnose", "whose", "b", "--evidence", "E1"], "not answered by evidence"),
    (["diagnose", "whose", "--answers", "x.yaml"], "not both"),
    (["diagnose", "size", "5", "--since", "load"], "no load window yet"),
    (["hint"], "The next hint costs"),
    (["hint", "--reveal", "whose"], "gives no points"),
    (["scenario", "prove", "--nope"], "`lab scenario prove --help`"),
    (["export", "http", "--seed", "3"], "--seed belongs to a scenario"),
    (["fix", "retry", "--undo"], "needs no ID"),
    (["start", "--seed", "minus"], "not a valid integer"),
    (["start", "--port", "99999"], "not in the range"),
    (["start", "--runtime", "cloud"], "'cloud' is not one of 'auto', 'embedded', 'compose'"),
    (["list", "--scenarios", "missing"], "does not exist"),
    (["export", "excel"], "is not one of 'postman', 'http', 'locust', 'records'"),
    (["completion", "tcsh"], "is not one of"),
]


@pytest.mark.parametrize(("args", "said"), BAD_INPUT, ids=[" ".join(args) for args, _ in BAD_INPUT])
def test_bad_input_is_one_sentence_one_remedy_and_exit_code_2(
    args: list[str], said: str, lab: Lab, console: FakeConsole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = lab(*args)
    text = " ".join(result.err.split())
    assert result.code == 2
    assert result.out == "" or "--json" in args
    assert text.startswith("Error: ")
    assert text.count("Error: ") == text.count(" Try: ") == 1
    assert said in text


def test_a_console_that_dies_in_the_middle_of_a_command_is_exit_code_3(lab: Lab, console: FakeConsole) -> None:
    console.dies_at = "/api/overview"
    result = lab("metrics")
    assert result.code == 3
    assert result.err.startswith("Error: The lab stopped while this command was talking to it.\nTry:   `lab status`")


def test_a_console_that_was_killed_is_exit_code_3(lab: Lab, console: FakeConsole) -> None:
    console.close()
    result = lab("status")
    assert result.code == 3
    assert "stopped unexpectedly" in result.err


def test_another_program_on_the_consoles_port_is_not_taken_for_it(lab: Lab, console: FakeConsole) -> None:
    console.nonce = "another"
    assert lab("status").code == 3


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 3}', '{"url": "http://127.0.0.1:1", "pid": "x"}'])
def test_a_damaged_address_file_is_as_if_there_were_none(text: str, lab: Lab, home: Path) -> None:
    home.mkdir()
    (home / "console.json").write_text(text, encoding="utf-8")
    assert lab("status").code == 3


def test_the_consoles_own_sentences_and_exit_code_are_passed_on(lab: Lab, console: FakeConsole) -> None:
    console.answers["GET", "/api/questions"] = problem(409, "Not yet.", "Wait: lab status", "Conflict", 1)
    result = lab("diagnose")
    assert (result.code, result.err) == (1, "Error: Not yet.\nTry:   Wait: `lab status`\n")


def test_a_defect_of_the_console_points_to_its_log(lab: Lab, console: FakeConsole) -> None:
    (console.home / "console.log").write_text("Traceback …", encoding="utf-8")
    console.answers["GET", "/api/overview"] = (500, "oops")
    result = lab("metrics")
    assert result.code == 1
    assert "console.log" in result.err


def test_a_defect_of_ours_is_two_sentences_and_with_lab_debug_a_traceback(
    lab: Lab, console: FakeConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.answers["GET", "/api/overview"] = {"services": None}
    quiet = lab("metrics")
    monkeypatch.setenv("LAB_DEBUG", "1")
    loud = lab("metrics")
    assert (quiet.code, loud.code) == (1, 1)
    assert "Traceback" not in quiet.err
    assert "Traceback" in loud.err


@pytest.mark.parametrize("command", ["logs", "traces", "partner"])
def test_a_word_that_is_no_text_is_the_users_mistake(command: str, lab: Lab, console: FakeConsole) -> None:
    result = lab(command, os.fsdecode(b"caf\xe9"))
    assert result.code == 2
    assert "not UTF-8 text" in result.err
    assert result.err.count("Try:") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_permission_is_exit_code_4(lab: Lab, home: Path) -> None:
    home.mkdir(mode=0o500)
    assert lab("start", "rate-limit").code == 4


def test_a_file_in_the_place_of_the_directory_is_exit_code_4(lab: Lab, home: Path) -> None:
    home.write_text("", encoding="utf-8")
    result = lab("start", "rate-limit")
    assert result.code == 4
    assert "LAB_HOME" in result.err


@pytest.mark.usefixtures("startable")
def test_a_start_that_fails_leaves_nothing_running(lab: Lab, home: Path) -> None:
    codes = [lab("start", name).code for name in ("breaks", "rate-limt")]
    assert codes == [1, 2]
    assert not (home / "console.json").exists()


@pytest.mark.usefixtures("startable")
def test_a_second_start_in_one_home_is_refused_and_the_first_goes_on(lab: Lab) -> None:
    assert lab("start", "rate-limit", "--no-wait").code == 0
    second = lab("start", "rate-limit")
    assert second.code == 4
    for word in ("lab status", "lab stop", "LAB_HOME"):
        assert word in second.err
    assert lab("status").code == 0


@pytest.mark.usefixtures("startable")
def test_a_start_after_a_failed_or_ended_session_is_not_a_second_start(lab: Lab, console: FakeConsole) -> None:
    assert console.session is not None
    console.session["state"] = "stopped"
    assert lab("start", "rate-limit", "--no-wait").code == 0


def test_status_of_a_failed_session_is_exit_code_1(lab: Lab, console: FakeConsole) -> None:
    assert console.session is not None
    console.session |= {"state": "failed", "error": {"what": "The incident did not show itself.", "hint": "Again."}}
    result = lab("status")
    assert result.code == 1
    assert "The incident did not show itself." in result.err


def test_status_says_that_a_lab_was_resumed(lab: Lab, console: FakeConsole) -> None:
    assert console.session is not None
    console.session["resumed"] = True
    assert "your answers are kept" in " ".join(lab("status").out.split())
