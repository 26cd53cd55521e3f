"""`lab export`: files for other clients."""

import json
import re
import stat
from pathlib import Path

import fakes_console_answers as canned
import pytest
from fakes_console import FakeConsole
from lab_on_fakes import Lab

COLLECTION = "beanline-rate-limit.postman_collection.json"
ENVIRONMENT = "beanline-rate-limit.postman_environment.json"


def test_postman_gets_two_files_and_only_their_owner_can_read_the_key(
    lab: Lab, console: FakeConsole, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "folder"
    assert lab("export", "postman", "-o", str(folder)).code == 0
    assert json.loads((folder / COLLECTION).read_text()) == canned.POSTMAN["collection"]
    environment = folder / ENVIRONMENT
    assert json.loads(environment.read_text()) == canned.POSTMAN["environment"]
    assert stat.S_IMODE(environment.stat().st_mode) == 0o600


def test_nothing_is_replaced_unless_asked_for(lab: Lab, console: FakeConsole, tmp_path: Path) -> None:
    (tmp_path / ENVIRONMENT).write_text("mine")
    said = lab("export", "postman", "-o", str(tmp_path))
    assert said.code == 2
    assert "--force" in said.err
    assert not (tmp_path / COLLECTION).exists()
    assert (tmp_path / ENVIRONMENT).read_text() == "mine"
    assert lab("export", "postman", "-o", str(tmp_path), "--force").code == 0


def test_the_editors_dialect_is_asked_for(lab: Lab, console: FakeConsole, tmp_path: Path) -> None:
    assert "@baseUrl" in lab("export", "http", "--editor", "jetbrains").out
    assert console.requests[-1][2] == {"editor": "jetbrains"}
    file = tmp_path / "requests.http"
    assert lab("export", "http", "-o", str(file)).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_scenario_that_runs_is_exported_with_its_keys(lab: Lab, console: FakeConsole, tmp_path: Path) -> None:
    assert lab("export", "postman", "rate-limit", "-o", str(tmp_path)).code == 0
    assert canned.KEY in (tmp_path / ENVIRONMENT).read_text()


def test_without_a_lab_a_scenario_is_exported_with_keys_to_fill_in(
    lab: Lab, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = lab("export", "postman", "idempotency", "-o", str(tmp_path))
    assert said.code == 0, said.err
    assert "once a lab runs; export again then" in said.out
    (value,) = json.loads((tmp_path / "beanline-idempotency.postman_environment.json").read_text())["values"]
    assert value == {"key": "apiKey", "value": "", "type": "secret", "enabled": True}
    assert "lab start idempotency --seed 1" in said.out
    assert "### 1. " in lab("export", "http", "idempotency").out


def test_what_is_exported_is_that_of_the_seed(lab: Lab, home: Path) -> None:
    first, third = (lab("export", "http", "pagination-and-filters", "--seed", seed).out for seed in ("1", "3"))
    assert "--seed 3" in third
    assert re.findall(r"limit=\d+", first) != re.findall(r"limit=\d+", third)


@pytest.mark.parametrize("trouble", ["ended", "silent", "another seed"])
def test_a_lab_that_does_not_run_just_that_is_not_asked(
    trouble: str, lab: Lab, console: FakeConsole, tmp_path: Path
) -> None:
    assert console.session is not None
    if trouble == "ended":
        console.session["state"] = "stopped"
    elif trouble == "silent":
        console.dies_at = "/api/session"
    seed = ("--seed", str(console.session["seed"] + 1)) if trouble == "another seed" else ()
    assert lab("export", "postman", "rate-limit", *seed, "-o", str(tmp_path)).code == 0
    assert canned.KEY not in (tmp_path / ENVIRONMENT).read_text()


def test_a_record_may_hold_any_character(lab: Lab, console: FakeConsole) -> None:
    console.answers["GET", "/api/export/records"] = '{"body": "a\u2028b\u0085c"}\n'
    assert json.loads(lab("export", "records", "--json").out)["records"] == [{"body": "a\u2028b\u0085c"}]


def test_without_a_lab_and_a_scenario_it_says_what_to_do(lab: Lab, home: Path) -> None:
    said = lab("export", "postman")
    assert said.code == 3
    assert "lab start" in said.err


def test_a_scenario_makes_no_sense_for_records(lab: Lab, console: FakeConsole) -> None:
    assert lab("export", "records", "rate-limit").code == 2


def test_a_folder_that_cannot_be_made_is_said(lab: Lab, console: FakeConsole, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = lab("export", "postman", "-o", str(tmp_path / "file" / "below"))
    assert said.code == 4
    assert "-o" in said.err
