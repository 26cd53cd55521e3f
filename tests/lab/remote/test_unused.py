"""What a lab that stopped by itself leaves for whoever comes back."""

import time
from pathlib import Path

import pytest

from lab.core.errors import NothingRunning, UsageError
from lab.remote import unused
from lab.remote.client import running


@pytest.mark.parametrize(("text", "minutes"), [("", 120), (" 90 ", 90), ("0", 0), ("0.5", 0.5)])
def test_the_setting_is_minutes_and_two_hours_without_it(text: str, minutes: float) -> None:
    assert unused.limit_min({unused.SETTING: text}) == minutes


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", "2h"])
def test_what_is_no_number_of_minutes_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"LAB_IDLE_MINUTES is .* no number of minutes"):
        unused.limit_min({unused.SETTING: text})


@pytest.mark.parametrize(
    ("minutes", "long"),
    [(120, "2 hours"), (60, "1 hour"), (90, "90 minutes"), (1, "1 minute"), (0.5, "0.5 minutes")],
)
def test_it_says_how_long_nobody_was_there(minutes: float, long: str) -> None:
    now = time.time()
    at = time.strftime("%H:%M", time.localtime(now))
    assert unused.said(now, minutes) == f"The lab stopped by itself at {at}: nobody had used it for {long}."


def test_on_another_day_it_says_the_day() -> None:
    assert "by itself on 2023-11-" in unused.said(1_700_000_000.0, 120)


def test_the_next_command_says_what_happened_and_what_to_do(tmp_path: Path) -> None:
    unused.tell(tmp_path, time.time(), 120, goes_on=True)
    with pytest.raises(NothingRunning) as caught:
        running(tmp_path)
    assert "nobody had used it for 2 hours" in caught.value.what
    assert caught.value.hint == "`lab start` brings it back with the same scenario and your answers."


def test_a_console_without_a_session_has_nothing_to_bring_back(tmp_path: Path) -> None:
    unused.tell(tmp_path, time.time(), 120, goes_on=False)
    told = unused.told(tmp_path)
    assert told is not None
    assert told.hint == "Choose a scenario: `lab list`"


def test_once_a_lab_runs_again_nothing_is_said_any_more(tmp_path: Path) -> None:
    unused.tell(tmp_path, time.time(), 120, goes_on=True)
    unused.forget(tmp_path)
    assert unused.told(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"at": "x"}', '{"at": 1e300, "minutes": 1, "goes_on": true}'])
def test_a_damaged_file_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "unused.json").write_text(text, encoding="utf-8")
    assert unused.told(tmp_path) is None
