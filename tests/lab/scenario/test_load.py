"""Reading a scenario: what is wrong is told with its place, and nothing in it is ever run."""

import json
import os
import re
import shutil
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from broken_scenarios import copy, mend, place_of

from lab.core.errors import EnvironmentLacks, NotFound
from lab.scenario import draw, find, listed, shipped_dir
from lab.scenario.load import load
from lab.scenario.problem import InvalidScenario

SHIPPED = [one.id for one in listed()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy(tmp_path)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_scenario_loads(name: str) -> None:
    assert find(name).id == name


@pytest.mark.parametrize("name", SHIPPED)
def test_every_seed_gives_a_valid_variant_with_no_placeholder_left_in_the_file(name: str) -> None:
    for seed in range(1, 30):
        variant = draw(find(name), seed)
        left = set(re.findall(r"\$\{(\w+)\}", variant.file.model_dump_json(exclude={"pager", "parameters"})))
        assert left <= {*variant.file.facts, "trend", "next_update"}, "only a model answer is filled in later"


def test_the_same_seed_gives_the_same_variant() -> None:
    assert draw(find("rate-limit"), 1).values == draw(find("rate-limit"), 1).values


@pytest.mark.parametrize("name", SHIPPED)
def test_neighbouring_seeds_never_give_the_same_numbers(name: str) -> None:
    scenario = find(name)
    drawn = [draw(scenario, seed).values for seed in range(1, 13)]
    assert all(one != following for one, following in pairwise(drawn))


def test_a_choice_that_is_a_mapping_draws_values_that_belong_together() -> None:
    for seed in range(20):
        values = draw(find("rate-limit"), seed).values
        assert values["pace"] == pytest.approx(0.9 * values["quota"])


def test_a_day_counted_from_today_is_never_in_the_wrong_half_of_the_calendar() -> None:
    for seed in range(3):
        values = draw(find("version-mismatch"), seed).values
        assert date.fromisoformat(values["ended"]) < date.today() < date.fromisoformat(values["promised"])
        assert datetime.strptime(values["promised_say"], "%d %B %Y").date().isoformat() == values["promised"]


def test_a_value_that_is_only_a_parameter_keeps_its_type() -> None:
    variant = draw(find("rate-limit"), 3)
    assert variant.file.setup[0].written()["setting"]["values"]["quota_rps"] == variant.values["quota"]


def test_a_misspelt_field_is_told_with_its_place_and_the_right_spelling(folder: Path) -> None:
    mend(folder, "\nsymptoms:", "\nsymptons:")
    with pytest.raises(InvalidScenario) as caught:
        load(folder)
    line, column = place_of(folder, "symptons:")
    assert any(
        (problem.line, problem.column) == (line, column) and "Did you mean 'symptoms'" in problem.hint
        for problem in caught.value.problems
    )


def test_an_error_deep_inside_a_kind_is_told_with_its_own_place(folder: Path) -> None:
    mend(folder, "below: 800ms", "below: 800parsecs")
    with pytest.raises(InvalidScenario) as caught:
        load(folder)
    (problem,) = caught.value.problems
    line, column = place_of(folder, "below: 800parsecs")
    assert (problem.line, problem.column) == (line, column)
    assert "not a duration" in problem.what


def test_customers_who_never_ask_for_anything_are_refused(folder: Path) -> None:
    mend(folder, "traffic: {users: 12, pace: 1/s", "traffic: {users: 12, pace: 0")
    with pytest.raises(InvalidScenario, match="greater than 0") as caught:
        load(folder)
    assert caught.value.problems[0].line > 1


def test_an_unknown_kind_is_told_with_its_place(folder: Path) -> None:
    mend(folder, "error_rate: {service: gateway, below: 1%}", "eror_rate: {service: gateway, below: 1%}")
    with pytest.raises(InvalidScenario, match="Did you mean 'error_rate'") as caught:
        load(folder)
    assert caught.value.problems[0].line == place_of(folder, "eror_rate")[0]


def test_an_unknown_parameter_is_told_with_its_place(folder: Path) -> None:
    mend(folder, 'quota_rps: "${quota}"', 'quota_rps: "${quotta}"')
    with pytest.raises(InvalidScenario, match="no parameter called 'quotta'") as caught:
        load(folder)
    assert "Did you mean 'quota'" in caught.value.hint


def test_a_key_that_stands_twice_is_refused(folder: Path) -> None:
    mend(folder, "level: beginner", "level: beginner\nlevel: advanced")
    with pytest.raises(InvalidScenario, match="'level' stands twice"):
        load(folder)


def test_a_wrong_option_without_a_reason_is_refused(folder: Path) -> None:
    mend(folder, 'because_not: "our own programs were never the bottleneck"', "right: false")
    with pytest.raises(InvalidScenario, match="because_not"):
        load(folder)


def test_yaml_that_would_build_objects_is_refused_and_not_run(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    mend(folder, "level: beginner", f"level: !!python/object/apply:os.system ['touch {mark}']")
    with pytest.raises(InvalidScenario):
        load(folder)
    assert not mark.exists()


def test_an_alias_cannot_make_a_small_file_large(folder: Path) -> None:
    bomb = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
    )
    (folder / "scenario.yaml").write_text(bomb, encoding="utf-8")
    with pytest.raises(InvalidScenario, match="alias"):
        load(folder)


def test_a_missing_text_is_named(folder: Path) -> None:
    (folder / "debrief.md").unlink()
    with pytest.raises(InvalidScenario, match=r"debrief\.md"):
        load(folder)


def test_an_unknown_scenario_suggests_a_known_one() -> None:
    with pytest.raises(NotFound) as caught:
        find("rate-limitt")
    assert "Did you mean 'rate-limit'" in caught.value.hint


def test_a_folder_of_ones_own_comes_before_the_shipped_one_of_the_same_id(tmp_path: Path) -> None:
    shutil.copytree(shipped_dir() / "rate-limit", tmp_path / "rate-limit")
    assert find("rate-limit", [tmp_path]).path == (tmp_path / "rate-limit").resolve()


def test_a_folder_that_nobody_may_look_into_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(shipped_dir() / "rate-limit", tmp_path / "mine")
    (tmp_path / "private").mkdir()
    is_file = Path.is_file

    def refused(path: Path) -> bool:
        """As for a folder without its x bit, which a test that root runs cannot make."""
        if path.parent.name == "private":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refused)
    assert "mine" in {one.id for one in listed([tmp_path])}


def test_the_home_of_somebody_unknown_is_no_scenario() -> None:
    with pytest.raises(NotFound, match="not a scenario folder"):
        find("~nobody-of-that-name/lesson")


def test_a_path_names_a_scenario(folder: Path) -> None:
    assert find(str(folder)).id == "my-lesson"


# --- a folder that a stranger wrote


def test_a_file_nested_too_deeply_is_refused_with_its_place(folder: Path) -> None:
    source = folder / "scenario.yaml"
    source.write_text("format: 1\nfaults: " + "[" * 5000 + "]" * 5000, encoding="utf-8")
    with pytest.raises(InvalidScenario, match=r":2:\d+: this is nested more than 40 levels deep"):
        load(folder)


@pytest.mark.parametrize("name", ["scenario.yaml", "brief.md", "updates.yaml"])
def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path, name: str) -> None:
    private = tmp_path / "private.txt"
    private.write_text("secret: yes", encoding="utf-8")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(private)
    with pytest.raises(InvalidScenario, match="leads out of the scenario's folder") as caught:
        _ = load(folder).updates
    assert "secret" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(folder: Path) -> None:
    (folder / "brief.md").unlink()
    os.mkfifo(folder / "brief.md")
    with pytest.raises(InvalidScenario, match="not a plain file"):
        load(folder)


def test_a_file_of_many_megabytes_is_not_read(folder: Path) -> None:
    with (folder / "debrief.md").open("r+b") as file:
        file.truncate(300 * 1024 * 1024)
    with pytest.raises(InvalidScenario, match="larger than 1024 kB"):
        load(folder)


@pytest.mark.parametrize(("contained", "told"), [(False, "Give yourself the right"), (True, "Let others read it")])
def test_a_folder_that_may_not_be_read_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contained: bool, told: str
) -> None:
    stat = Path.stat

    def refused(path: Path, **more: bool) -> os.stat_result:
        if tmp_path / "mine" in path.parents:
            raise PermissionError(13, "Permission denied")
        return stat(path, **more)

    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    address = {"url": "http://127.0.0.1:1", "pid": 1, "nonce": "n", "contained": contained}
    (tmp_path / "console.json").write_text(json.dumps(address), encoding="utf-8")
    monkeypatch.setattr(Path, "stat", refused)  # root, who runs some of our tests, may read everything
    for asked in (lambda: find(str(tmp_path / "mine")), lambda: listed([tmp_path / "mine" / "of-scenarios"])):
        with pytest.raises(EnvironmentLacks, match=r"cannot be read: permission denied") as caught:
            asked()
        assert told in caught.value.hint


@pytest.mark.parametrize("name", ["a/\0", "./a\ud800"])
def test_what_no_folder_can_be_called_is_not_found(name: str) -> None:
    with pytest.raises(NotFound, match="cannot be a path"):
        find(name)
