"""Moments as people write them."""

import time
from pathlib import Path

import pytest
from fakes_console import FakeConsole
from lab_on_fakes import Lab

from lab.cli.moments import length, moment
from lab.core.errors import UsageError

NOW = 1_700_000_000.0  # 22:13:20 UTC


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("60s", "-60s"),
        ("-60s", "-60s"),
        ("5min", "-300s"),
        ("1.5s", "-1.5s"),
        ("now", "-0s"),
        ("1700000000.5", "1700000000.5"),
        ("incident", "incident"),
        ("22:13:00", "1699999980"),
        ("22:13", "1699999980"),
        ("23:59", "1699919940"),
    ],
)
def test_a_moment_is_understood(written: str, meant: str) -> None:
    assert moment("--since", written, NOW) == meant


@pytest.mark.usefixtures("home")
def test_a_clock_that_says_a_later_time_means_yesterday() -> None:
    found = float(moment("--since", "22:20", NOW) or 0)
    assert time.strftime("%H:%M", time.gmtime(found)) == "22:20"
    assert NOW - 86_400 < found < NOW


@pytest.mark.parametrize("text", ["", "yesterday", "24:00", "12:60", "-", "5 parsecs", "nan"])
def test_what_is_not_a_moment_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        moment("--since", text, NOW)


@pytest.mark.parametrize("text", ["0s", "soon", "-1s"])
def test_what_is_not_a_length_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        length("--every", text)


def test_a_window_reaches_the_console_as_it_understands_it(lab: Lab, console: FakeConsole, home: Path) -> None:
    lab("metrics", "--since", "5min", "--until", "60s")
    assert console.requests[-1] == ("GET", "/api/overview", {"since": "-300s", "until": "-60s"})


def test_the_window_of_an_answer_is_sent_in_unix_seconds(lab: Lab, console: FakeConsole) -> None:
    lab("diagnose", "whose", "b", "--since", "60s", "--until", "30s")
    lab("diagnose", "whose", "b", "--since", "incident")
    lab("diagnose", "whose", "b", "--since", "baseline")
    sent = [given["window"] for _, path, given in console.requests if path == "/api/answers"]
    assert sent == [[NOW - 60, NOW - 30], [NOW - 48, NOW], [NOW - 70, NOW - 50]]
