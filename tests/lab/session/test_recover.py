"""Whatever a crash, a disk, an editor or another version has left in the home: the next start goes on."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.core.clock import ManualClock
from lab.session import offline, progress
from lab.session.home import Home
from lab.session.journal import FORMAT, Journal, read
from lab.session.ledger import Ledger
from lab.session.recover import Unfinished, carry_over, last_report, sweep

OPENED = {"format": FORMAT, "scenario": "rate-limit", "path": "/s/rate-limit", "seed": 7, "windows": "learn"}
SETTING = {"setting": {"service": "orders", "name": "partner_retries", "value": 3}}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "a home")


def session(home: Home, name: str, *entries: dict[str, Any], opened: dict[str, Any] = OPENED) -> Path:
    """A session's journal of these entries, each with its `what`."""
    path = home.sessions / name / "journal.jsonl"
    path.parent.mkdir(parents=True)
    lines = [{"t": 1.0, "what": "opened", **opened}, *({"t": 2.0, **entry} for entry in entries)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


REFUSED: dict[str, tuple[str, Callable[[Path], object]]] = {
    "an earlier format": ("another version", lambda path: path.write_text('{"t": 1, "what": "opened", "format": 0}\n')),
    "a later format": ("another version", lambda path: path.write_text('{"t": 1, "what": "opened", "format": 2}\n')),
    "no format": ("another version", lambda path: path.write_text('{"t": 1, "what": "opened"}\n')),
    "nothing": ("not a session's journal", lambda path: path.write_text("")),
    "no beginning": ("not a session's journal", lambda path: path.write_text('{"t": 1, "what": "noted"}\n')),
    "another text": ("not a session's journal", lambda path: path.write_text("once upon a time\n" * 100)),
    "other bytes": ("not a session's journal", lambda path: path.write_bytes(os.urandom(5000))),
    "other JSON": ("not a session's journal", lambda path: path.write_text('[1]\n"a"\n{"t": "x", "what": 1}\n7\n')),
    "deep JSON": ("not a session's journal", lambda path: path.write_text("[" * 100_000)),
    "no scenario": ("damaged", lambda path: path.write_text(f'{{"t": 1, "what": "opened", "format": {FORMAT}}}\n')),
    "a wrong seed": (
        "damaged",
        lambda path: path.write_text(json.dumps({"t": 1, "what": "opened", **OPENED, "seed": "seven"}) + "\n"),
    ),
    "a folder": ("cannot be read", lambda path: (path.unlink(), path.mkdir())),
}


@pytest.mark.parametrize("how", REFUSED)
def test_a_journal_nobody_can_read_is_left_alone_with_a_remedy_and_others_go_on(home: Home, how: str) -> None:
    says, damage = REFUSED[how]
    broken = session(home, "broken")
    damage(broken)
    session(home, "good", {"what": "answered", "question": "size"})
    swept = sweep(home, ManualClock())
    assert swept.unfinished is not None
    assert swept.unfinished.folder.name == "good"
    (error,) = swept.left_alone
    assert says in error.what
    assert f"mv '{broken.parent}' '{home.root}/broken.old'" in error.hint
    assert [entry.what for entry in read(home.sessions / "good" / "journal.jsonl")][-1] == "closed"
    again = sweep(home, ManualClock()).unfinished
    assert again is not None, "its end does not keep it from being resumed"
    assert again.folder.name == "good"


def test_the_remedy_works(home: Home) -> None:
    session(home, "old", opened={"format": 0})
    (error,) = sweep(home, ManualClock()).left_alone
    command = error.hint.partition("`")[2].partition("`")[0]
    assert os.system(command) == 0
    assert sweep(home, ManualClock()).left_alone == ()


def test_a_session_of_another_version_that_has_ended_is_of_no_concern(home: Home) -> None:
    session(home, "old", {"what": "closed", "how": "stopped"}, opened={"format": 0})
    assert sweep(home, ManualClock()).left_alone == ()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_journal_that_may_not_be_written_is_left_alone(home: Home) -> None:
    session(home, "mine").chmod(0o400)
    assert "cannot be written" in sweep(home, ManualClock()).left_alone[0].what


def test_changes_of_unknown_kinds_are_recorded_as_gone_with_the_system(home: Home) -> None:
    path = session(
        home,
        "one",
        {"what": "remembered", "number": 1, "role": "fault", "change": {"no_such_kind": {}}, "token": None},
        {"what": "remembered", "number": 2, "role": "fault"},
        {"what": "remembered", "number": 3, "role": "setup", "change": SETTING, "token": {}},
        {"what": "reverted", "number": 3},
    )
    assert sweep(home, ManualClock()).left_alone == ()
    written = [(entry.what, entry.details.get("number")) for entry in read(path)[5:]]
    assert written == [("reverted", 2), ("reverted", 1), ("closed", None)]


def test_what_the_learner_earned_is_kept_and_damaged_entries_are_left_behind(home: Home, tmp_path: Path) -> None:
    answer = {"question": "size", "answer": "19 %", "share": 1.0, "verdict": "right", "feedback": "Yes."}
    session(
        home,
        "one",
        {"what": "answered", **answer},
        {"what": "answered", "question": "whose"},
        {"what": "answered", "question": ["a"], "answer": 1, "share": 1, "verdict": "right", "feedback": ""},
        {"what": "hinted", "n": 1, "price": "much"},
        {"what": "hinted", "n": 1, "price": 2},
        {"what": "revealed", "question": "proof"},
        {"what": "fixed"},
    )
    left = sweep(home, ManualClock()).unfinished
    assert isinstance(left, Unfinished)
    journal = Journal(tmp_path / "new" / "journal.jsonl", ManualClock())
    ledger = Ledger.of(carry_over(left, journal))
    journal.close()
    assert ledger.score({"size": 10, "whose": 10})["points"] == 8
    assert set(ledger.rungs) == {"size"}


def test_the_newest_of_several_is_the_one_that_goes_on(home: Home) -> None:
    for age, name in enumerate(("newest", "older", "oldest")):
        os.utime(session(home, name), (1000 - age, 1000 - age))
    left = sweep(home, ManualClock()).unfinished
    assert left is not None
    assert left.folder.name == "newest"


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff\xfe", b"7", b'{"markdown": 1}'])
def test_a_report_that_is_damaged_gives_way_to_the_one_before(home: Home, content: bytes) -> None:
    for number, text in enumerate((b'{"markdown": "# Good"}', content)):
        folder = home.sessions / str(number)
        folder.mkdir(parents=True)
        (folder / "report.json").write_bytes(text)
        os.utime(folder / "report.json", (number, number))
    assert last_report(home) == {"markdown": "# Good"}


def test_progress_is_what_its_whole_lines_say(home: Home) -> None:
    good = {"session": "s", "scenario": "a", "title": "A", "share": 0.8, "passed": True, "at_s": 5, "skills": ["x"]}
    progress.record(home.progress, good)
    with home.progress.open("ab") as file:
        for line in (b"{", b"[1]", b'{"session": "t"}', b"\xff", b"7", json.dumps({**good, "share": "all"}).encode()):
            file.write(line + b"\n")
    found = progress.summary(home.progress)
    assert [run["session"] for run in found["runs"]] == ["s"]
    assert found["skills"] == [{"skill": "x", "share": 0.8, "scenarios": 1}]


def test_a_scenario_is_passed_by_any_run_and_its_best_score_may_be_another_s(home: Home) -> None:
    run = {"session": "s", "scenario": "rate-limit", "title": "A", "share": 0.72, "passed": True, "at_s": 5}
    progress.record(home.progress, run)
    progress.record(home.progress, {**run, "session": "t", "share": 0.8, "passed": False, "at_s": 6})
    (scenario,) = progress.summary(home.progress)["scenarios"]
    assert (scenario["best"], scenario["passed"]) == (0.8, True)
    (row,) = (one for one in offline.scenarios(home=home.root) if one["id"] == "rate-limit")
    assert (row["done"], row["passed"], row["tries"]) == (0.8, True, 2)


def test_a_run_that_says_nothing_sensible_about_what_it_resumes_counts_for_itself(home: Home) -> None:
    good = {"session": "s", "scenario": "a", "title": "A", "share": 0.8, "passed": True, "at_s": 5}
    for name, resumes in (("s", None), ("t", ["s"]), ("u", 7), ("v", "s")):
        progress.record(home.progress, {**good, "session": name, "resumes": resumes})
    assert sorted(run["session"] for run in progress.runs(home.progress)) == ["t", "u", "v"]


def test_what_a_damaged_journal_resumes_is_left_out(home: Home) -> None:
    session(home, "one", opened={**OPENED, "resumes": ["x"]})
    left = sweep(home, ManualClock()).unfinished
    assert left is not None
    assert left.run == "one"


def test_a_session_killed_while_it_took_answers_over_leaves_them_to_the_one_that_had_them(home: Home) -> None:
    answers = [{"what": "answered", "question": "size"}, {"what": "answered", "question": "whose"}]
    whole = session(home, "whole", {"what": "state", "state": "open"}, *answers)
    os.utime(whole, (1000, 1000))
    session(home, "half", answers[0], opened={**OPENED, "resumes": "whole"})
    left = sweep(home, ManualClock()).unfinished
    assert left is not None
    assert left.folder.name == "whole"


def test_answers_are_kept_though_the_disk_was_full_when_their_session_opened(home: Home) -> None:
    os.utime(session(home, "first", {"what": "state", "state": "open"}), (1000, 1000))
    opened = {**OPENED, "resumes": "first"}
    session(home, "second", {"what": "carried"}, {"what": "answered", "question": "size"}, opened=opened)
    left = sweep(home, ManualClock()).unfinished
    assert left is not None
    assert (left.folder.name, left.run) == ("second", "first")


def test_states_that_an_editor_has_damaged_are_no_states(home: Home) -> None:
    session(home, "one", {"what": "state", "state": ["open"]}, {"what": "state"}, {"what": "closed", "how": ["x"]})
    assert sweep(home, ManualClock()).unfinished is None
