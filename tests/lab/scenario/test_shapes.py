"""Shapes: which fields a lesson needs and forbids, told at the field."""

from pathlib import Path
from typing import Any

import pytest
from broken_scenarios import copy
from shaped_scenarios import CONTROL, TUTORIAL, write

from lab.proof.check import check
from lab.scenario.load import Scenario, load
from lab.scenario.problem import InvalidScenario

MINIMAL: dict[str, Any] = {
    "format": 1,
    "title": "A lesson",
    "summary": "Something to learn.",
    "level": "tutorial",
    "minutes": 10,
    "skills": ["looking"],
    "traffic": {"users": 12},
    "questions": [
        {
            "id": "rate",
            "step": "detect",
            "ask": "How many requests a second?",
            "number": {"probe": {"rate": {"service": "gateway"}}, "window": "baseline"},
        }
    ],
}
SLO = [{"error_rate": {"service": "gateway", "below": "1%"}}]
FAULT = [{"setting": {"service": "partner", "name": "quota_rps", "value": 7}}]
SYMPTOM = [{"error_rate": {"edge": "orders->partner", "above": "10%"}}]
WRONG = [
    {"id": name, "text": name, "because_not": "it changes nothing that matters here", "apply": FAULT}
    for name in ("one", "two")
]


def read(folder: Path, **fields: Any) -> Scenario:
    return load(write(folder, {**MINIMAL, **fields}))


def refused(folder: Path, **fields: Any) -> list[str]:
    with pytest.raises(InvalidScenario) as caught:
        read(folder, **fields)
    return [one.what for one in caught.value.problems]


@pytest.mark.parametrize("shape", ["tutorial", "exercise", "review"])
def test_a_lesson_in_which_nothing_breaks_needs_no_fault_no_fix_and_no_pager(shape: str, tmp_path: Path) -> None:
    file = read(tmp_path / "one", shape=shape).file
    assert (file.faults, file.mitigations, file.pager, file.load) == ([], [], None, None)


def test_an_incident_is_what_a_file_without_a_shape_is_and_it_needs_everything(tmp_path: Path) -> None:
    said = refused(tmp_path / "one")
    for name in ("faults", "symptoms", "slo", "pager", "mitigations", "load"):
        assert f"the shape 'incident' needs {name!r}, and there is none" in said


def test_a_control_has_a_message_and_promises_and_no_fault(tmp_path: Path) -> None:
    assert read(tmp_path / "one", shape="control", pager="Are we down?", slo=SLO).file.shape == "control"
    said = refused(tmp_path / "two", shape="control", pager="Are we down?", slo=SLO, faults=FAULT, symptoms=SYMPTOM)
    assert any("'control' has no 'faults'" in what for what in said)


def test_a_control_may_tempt_but_none_of_its_mitigations_is_right(tmp_path: Path) -> None:
    read(tmp_path / "one", shape="control", pager="Are we down?", slo=SLO, mitigations=WRONG)
    right = {"id": "do", "text": "do", "right": True, "apply": FAULT}
    said = refused(tmp_path / "two", shape="control", pager="x", slo=SLO, mitigations=[right, *WRONG])
    assert "nothing is wrong in a control, so no mitigation can be right" in said


def test_faults_need_symptoms_in_every_shape(tmp_path: Path) -> None:
    assert any(
        "'faults' needs 'symptoms' beside it" in what
        for what in refused(tmp_path / "one", shape="tutorial", faults=FAULT)
    )
    assert read(tmp_path / "two", shape="tutorial", faults=FAULT, symptoms=SYMPTOM).file.faults


def test_a_review_breaks_nothing_by_itself(tmp_path: Path) -> None:
    said = refused(tmp_path / "one", shape="review", faults=FAULT, symptoms=SYMPTOM)
    assert any("'review' has no 'faults': nothing is broken yet" in what for what in said)


def test_what_is_wrong_between_fields_is_told_at_the_field(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "one",
        {**MINIMAL, "shape": "control", "pager": "x", "slo": SLO, "faults": FAULT, "symptoms": SYMPTOM},
    )
    with pytest.raises(InvalidScenario) as caught:
        load(folder)
    lines = (folder / "scenario.yaml").read_text(encoding="utf-8").splitlines()
    (problem,) = [one for one in caught.value.problems if "no 'faults'" in one.what]
    assert lines[problem.line - 1].startswith("faults:")


def test_an_id_that_is_used_twice_and_a_step_out_of_order_are_told_at_their_place(tmp_path: Path) -> None:
    one = MINIMAL["questions"][0]
    ladder = [{**one, "step": "explain"}, {**one, "step": "detect"}]
    with pytest.raises(InvalidScenario) as caught:
        read(tmp_path / "one", shape="tutorial", questions=ladder)
    said = {problem.what: problem.line for problem in caught.value.problems}
    assert len(said) == 2
    assert all(line > 10 for line in said.values())


def test_the_stages_of_a_load_test_are_shortened_by_one_factor_or_one_each(tmp_path: Path) -> None:
    file = load(copy(tmp_path)).file
    assert file.load is not None
    assert [stage.for_s for stage in file.windows.prove.stages(file.load)] == pytest.approx([5.5, 0.45])
    assert [stage.for_s for stage in file.windows.learn.stages(file.load)] == [10, 15]


def test_a_list_of_factors_that_does_not_fit_the_stages_is_refused(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    source = folder / "scenario.yaml"
    source.write_text(source.read_text(encoding="utf-8").replace("[0.55, 0.03]", "[0.55]"), encoding="utf-8")
    with pytest.raises(InvalidScenario, match="1 factors for 2 stages"):
        load(folder)


@pytest.mark.parametrize("scenario", [CONTROL, TUTORIAL], ids=lambda one: one["shape"])
def test_the_small_lessons_that_other_tests_use_are_sound(scenario: dict[str, Any], tmp_path: Path) -> None:
    found = check(write(tmp_path / "small", scenario), tmp_path / "cache")
    assert [str(one) for one in found.problems] == []


MIGRATION = {"table": "orders", "column": "state", "source": "status", "values": {"settled": ["paid"]}}
REHEARSE = {"id": "try", "step": "do", "ask": "Run it on a copy.", "rehearsal": {}}
PLANS = [
    {"id": "one", "text": "one", "right": True, "during_load": [{"migration": MIGRATION}]},
    {
        "id": "two",
        "text": "two",
        "because_not": "it keeps everybody waiting",
        "during_load": [{"migration": MIGRATION}],
    },
]


def test_a_review_may_rehearse_a_migration_and_carry_plans_out_in_its_load_test(tmp_path: Path) -> None:
    load_test = {"stages": [{"users": 12, "for": "20s"}]}
    questions = [*MINIMAL["questions"], REHEARSE]
    more = {"rehearsal": MIGRATION, "slo": SLO, "load": load_test, "mitigations": PLANS, "questions": questions}
    file = read(tmp_path / "one", shape="review", **more).file
    assert file.migrates
    assert not read(tmp_path / "two", shape="review").file.migrates


def test_what_could_never_be_carried_out_is_told_at_its_place(tmp_path: Path) -> None:
    questions = [*MINIMAL["questions"], REHEARSE]
    said = refused(tmp_path / "one", shape="review", mitigations=PLANS, questions=questions)
    assert {"there is nothing to rehearse", "mitigations need a load test that proves them"} <= {*said}
    empty = [{"id": "one", "text": "one", "right": True}, WRONG[0]]
    assert any("give `apply:` (at once), `during_load:`" in one for one in refused(tmp_path / "two", mitigations=empty))
