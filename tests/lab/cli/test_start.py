"""Starting: what is asked of the console, what is shown, and what a crash leaves."""

import json
import time
from pathlib import Path

import pytest
from fakes_console import FakeConsole
from lab_on_fakes import Lab

from lab.cli import follow, root
from lab.remote import unused
from lab.remote.home import home as lab_home

pytestmark = pytest.mark.usefixtures("startable")


def scenario(lab: Lab) -> str:
    """Which one runs."""
    return str(json.loads(lab("status", "--json").out)["scenario"])


def test_a_relative_path_reaches_the_console_as_an_absolute_one(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lab("start", "./my-scenario", "--no-wait")
    assert scenario(lab) == str(tmp_path / "my-scenario")


def test_after_a_crash_a_start_without_a_name_resumes_and_says_so_first(lab: Lab, home: Path) -> None:
    home.mkdir()
    (home / "crashed").touch()
    result = lab("start")
    assert result.code == 0
    assert " ".join(result.err.split()).startswith("Your run was interrupted, and goes on now.")


def test_a_start_says_first_that_the_last_lab_stopped_by_itself(lab: Lab, home: Path) -> None:
    home.mkdir()
    unused.tell(home, time.time(), 120, goes_on=True)
    result = lab("start", "rate-limit", "--no-wait")
    assert result.code == 0
    said = " ".join(result.err.split())
    assert said.startswith("The lab stopped by itself at ")
    assert "nobody had used it for 2 hours." in said


def test_a_reader_who_has_seen_enough_does_not_end_the_lab(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_shown: object) -> None:
        raise BrokenPipeError

    with monkeypatch.context() as patched:
        patched.setattr(follow, "show_brief", closed)
        patched.setattr(root, "_give_up", lambda _stream: None)
        assert lab("start", "rate-limit").code == 0
    assert scenario(lab) == "rate-limit"


def test_a_session_that_fails_for_the_machine_is_exit_code_4(lab: Lab) -> None:
    result = lab("start", "port-taken")
    assert result.code == 4
    assert "Error: Port 8000 is taken." in result.err


def test_the_seed_is_handed_on(lab: Lab) -> None:
    lab("start", "rate-limit", "--seed", "12", "--no-wait")
    assert json.loads(lab("status", "--json").out)["seed"] == 12


def test_without_waiting_the_brief_is_shown_and_the_pager_is_not(lab: Lab) -> None:
    result = lab("start", "rate-limit", "--no-wait")
    assert "Things to try:" in result.out
    assert "Pager" not in result.out


def test_the_last_consoles_log_is_kept_once(lab: Lab, home: Path) -> None:
    for _ in range(2):
        lab("start", "breaks")
    assert sorted(path.name for path in home.glob("console.log*")) == ["console.log", "console.log.1"]


def test_an_address_of_a_console_that_died_does_not_hinder_a_start(lab: Lab, home: Path) -> None:
    FakeConsole(home).start().close()
    assert lab("start", "rate-limit", "--no-wait").code == 0


def test_home_is_the_variable_or_the_users_state_directory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lab_home() == home
    monkeypatch.delenv("LAB_HOME")
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")
    assert lab_home() == Path("/somewhere/faultlab")


def test_open_leads_to_where_the_learner_is(lab: Lab, console: FakeConsole) -> None:
    assert console.session is not None
    console.session["page"] = "answer"
    assert lab("open", "--no-browser").out == f"{console.url}/answer\n"


def test_open_with_nothing_running_starts_a_console_to_choose_a_scenario_in(lab: Lab, home: Path) -> None:
    first = lab("open", "--no-browser")
    again = lab("open", "--no-browser")
    assert (first.code, again.code) == (0, 0)
    assert first.out == again.out
    assert first.out.startswith("http://127.0.0.1:")
    assert "choose a scenario" in first.err
    assert lab("status").code == 3
    assert "lab report" not in lab("stop").err, "nothing has happened"


def test_a_start_after_open_takes_the_consoles_place(lab: Lab) -> None:
    lab("open", "--no-browser")
    assert lab("start", "rate-limit", "--no-wait").code == 0
    assert scenario(lab) == "rate-limit"
