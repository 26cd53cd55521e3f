"""`lab scenario`: what authors type, what they read, and how it ends."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from broken_scenarios import copy, mend
from fakes_proof import BAD, GOOD, proving
from golden_text import check as golden
from lab_on_fakes import Lab

from lab.proof import prove as prover


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to work in."""
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prover, "prove", proving(GOOD))


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prover, "prove", proving(BAD))


# ---- new, check, schema


@pytest.mark.parametrize("like", [(), ("--like", "rate-limit")])
def test_a_new_scenario_passes_its_check(like: tuple[str, ...], lab: Lab, home: Path, here: Path) -> None:
    made = lab("scenario", "new", "our-outage", *like)
    assert made.code == 0
    assert "lab scenario prove ./our-outage" in made.err
    assert (here / "scenario.schema.json").is_file()
    first = (here / "our-outage" / "scenario.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../scenario.schema.json"
    checked = lab("scenario", "check", "our-outage")
    assert (checked.code, "no mistakes" in checked.out) == (0, True), checked.out


def test_a_copy_has_a_title_of_its_own(lab: Lab, home: Path, here: Path) -> None:
    lab("scenario", "new", "our-campaign", "--like", "rate-limit")
    text = (here / "our-campaign" / "scenario.yaml").read_text(encoding="utf-8")
    assert 'title: "Like the campaign that broke checkout"' in text
    assert (here / "our-campaign" / "updates.yaml").is_file()


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (("new", "Our Outage"), 2, "cannot be a scenario's name"),
        (("new", "taken"), 2, "exists already"),
        (("new", "x1", "--like", "rate-limt"), 2, "There is no scenario called 'rate-limt'"),
        (("check",), 2, "Say which scenarios"),
        (("check", "--all", "rate-limit"), 2, "Say which scenarios"),
        (("check", "./nowhere"), 2, "is not a scenario folder"),
        (("prove", "rate-limt"), 2, "There is no scenario called 'rate-limt'"),
        (("chekc",), 2, "There is no command `lab scenario chekc`"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_a_remedy(
    words: tuple[str, ...], code: int, what: str, lab: Lab, home: Path, here: Path
) -> None:
    (here / "taken").mkdir()
    said = lab("scenario", *words)
    assert said.code == code
    assert what in said.err.replace("\n       ", " ")
    assert said.err.count("Try:") == 1


def test_check_tells_file_line_column_and_what_to_do(lab: Lab, home: Path, here: Path) -> None:
    mend(copy(here), "partner_retries: 3,", "partner_retriez: 3,")
    said = lab("scenario", "check", "my-lesson")
    assert said.code == 1
    assert "my-lesson/scenario.yaml:" in said.out
    assert "there is no setting 'partner_retriez'" in said.out.replace("\n    ", " ")
    assert "Did you mean 'partner_retries'?" in said.out
    assert "my-lesson: 1 mistake." in said.out


def test_check_of_a_file_that_cannot_be_read_names_every_problem(lab: Lab, home: Path, here: Path) -> None:
    folder = copy(here)
    mend(folder, "minutes: 25", "minuts: 25")
    document = json.loads(lab("scenario", "check", "my-lesson", "--json").out)
    (found,) = document["scenarios"]
    assert not document["ok"]
    assert [one["what"] for one in found["problems"]] == [
        "'minuts' is not a field here",
        "the field 'minutes' is missing",
    ]
    assert all(one["line"] > 0 and one["column"] > 0 for one in found["problems"])


def test_check_all_covers_a_folder_of_ones_own(lab: Lab, home: Path, here: Path) -> None:
    copy(here / "ours")
    document = json.loads(lab("scenario", "check", "--all", "--scenarios", "ours", "--json").out)
    assert "my-lesson" in [one["scenario"] for one in document["scenarios"]]
    assert "rate-limit" in [one["scenario"] for one in document["scenarios"]]


def test_the_schema_is_printed_as_json(lab: Lab, home: Path) -> None:
    assert json.loads(lab("scenario", "schema").out)["title"] == "Faultlab scenario"


# ---- prove


def test_a_proof_that_holds_reads_as_agreed(lab: Lab, home: Path, good: None) -> None:
    args = ["scenario", "prove", "rate-limit"]
    golden("scenario-prove", args, lab(*args), home)


def test_a_proof_that_fails_reads_as_agreed(lab: Lab, home: Path, bad: None) -> None:
    args = ["scenario", "prove", "rate-limit"]
    golden("scenario-prove-fails", args, lab(*args), home)


def test_proofs_of_several_seeds_end_in_a_table(lab: Lab, home: Path, good: None) -> None:
    args = ["scenario", "prove", "rate-limit", "slow-partner", "--repeat", "2"]
    said = lab(*args)
    golden(
        "scenario-prove-all", args, type(said)(said.code, said.out[said.out.index("\nAll of them") :], said.err), home
    )


@pytest.mark.parametrize(("fixture", "code"), [("good", 0), ("bad", 1)])
def test_the_exit_code_and_the_json_say_whether_it_is_proved(
    fixture: str, code: int, lab: Lab, home: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(fixture)
    said = lab("scenario", "prove", "rate-limit", "--json")
    document: dict[str, Any] = json.loads(said.out)
    (proof,) = document["proofs"]
    assert said.code == code
    assert document["ok"] is proof["ok"] is (code == 0)
    assert [step["name"] for step in proof["steps"]][:3] == ["reads", "updates", "baseline"]
    assert proof["answers"] == {"size": "57 %"}


def test_every_figure_is_shown_on_request(lab: Lab, home: Path, good: None) -> None:
    assert "requests in the window" not in lab("scenario", "prove", "rate-limit").out
    assert "requests in the window" in lab("scenario", "prove", "rate-limit", "--figures").out


def test_a_proof_is_told_in_a_narrow_terminal(
    lab: Lab, home: Path, good: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    said = lab("scenario", "prove", "rate-limit", "--figures")
    assert said.code == 0
    assert "Proved in" in said.out


def test_ctrl_c_ends_a_proof_in_one_sentence_and_130(lab: Lab, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(*given: Any) -> None:
        import asyncio

        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(30)

    monkeypatch.setattr(prover, "prove", interrupted)
    said = lab("scenario", "prove", "rate-limit")
    assert said.code == 130
    assert "everything it had started is ended" in said.err.replace("\n       ", " ")
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


def test_a_seed_is_counted_up_with_each_repetition(lab: Lab, home: Path, good: None) -> None:
    document = json.loads(lab("scenario", "prove", "rate-limit", "--seed", "5", "--repeat", "3", "--json").out)
    assert [one["seed"] for one in document["proofs"]] == [5, 6, 7]
