"""Sabotage on record: what a broken scenario would show, and that the step refuses it for that reason."""

import json
from dataclasses import replace
from typing import Any

import pytest

from lab.probes import Probe, probes
from lab.proof.margins import Measured
from lab.proof.result import Judged, Row
from lab.proof.steps import (
    baseline,
    evidence,
    faults,
    fixes,
    leaks,
    reads,
    revert,
    solver,
    stop,
    symptoms,
    updates,
    wrong,
)
from lab.proof.steps.baseline import Seen
from lab.proof.steps.evidence import Found
from lab.proof.steps.fixes import Loaded
from lab.proof.steps.leaks import Surface
from lab.proof.steps.solver import Answered
from lab.questions import Wrong
from lab.scenario import Problem, find
from lab.scenario.updates import Sample
from lab.session.journal import Entry

SLOW: Probe = probes.read({"latency": {"service": "gateway", "below": "800ms"}})
FAILING: Probe = probes.read({"error_rate": {"service": "gateway", "below": "1%"}})
SYMPTOM: Probe = probes.read({"error_rate": {"edge": "orders->partner", "above": "10%"}})
HEALTHY = Seen((Measured(SLOW, 60), Measured(FAILING, 0.0)), (Measured(SYMPTOM, 0.0),), 300)


def refused(rows: list[Row]) -> list[str]:
    """What the failing rows say, `what: instead`."""
    assert not Judged.of("any", rows).ok
    return [f"{row.what}: {row.instead}" for row in rows if not row.ok]


def holds(rows: list[Row]) -> bool:
    return Judged.of("any", rows).ok


# ---- healthy before, no symptom before


def test_a_healthy_baseline_holds() -> None:
    assert holds(baseline.judge(HEALTHY))
    assert holds(baseline.judge_quiet(HEALTHY))


def test_a_baseline_that_is_broken_already_is_refused() -> None:
    sick = replace(HEALTHY, promises=(Measured(SLOW, 60), Measured(FAILING, 0.08)))
    assert refused(baseline.judge(sick)) == ["errors of gateway: It was 8.0 %, and must be below 1.0 %."]


def test_a_baseline_that_is_healthy_by_a_hair_is_refused() -> None:
    tight = replace(HEALTHY, promises=(Measured(SLOW, 700),))
    assert "another time it might not" in refused(baseline.judge(tight))[0]


def test_a_baseline_of_a_few_requests_is_refused() -> None:
    assert "Only 12 requests" in refused(baseline.judge(replace(HEALTHY, requests=12)))[0]


def test_a_symptom_that_is_there_before_the_fault_is_refused() -> None:
    early = replace(HEALTHY, symptoms=(Measured(SYMPTOM, 0.3),))
    assert "which is above 10 %" in refused(baseline.judge_quiet(early))[0]


# ---- faults, symptoms


def journal(*lines: tuple[str, int]) -> list[Entry]:
    return [Entry(0.0, what, {"number": number, "role": "fault"}) for what, number in lines]


def test_a_fault_that_was_noted_first_and_then_made_holds() -> None:
    assert holds(faults.judge(journal(("remembered", 1), ("applied", 1)), 1))


def test_a_fault_that_was_not_made_and_one_made_before_it_was_noted_are_refused() -> None:
    assert "faults made" in refused(faults.judge(journal(("remembered", 1)), 1))[0]
    late = journal(("remembered", 2), ("remembered", 1), ("applied", 1))
    assert refused(faults.judge(late, 2))[0].startswith("faults made")


def test_a_symptom_that_never_appears_is_refused_with_what_was_seen_instead() -> None:
    said = "The incident did not show itself within 20 s: errors of orders->partner was 0 %."
    assert said in refused(symptoms.never(said))[0]


def test_a_symptom_too_small_to_hang_a_lesson_on_is_refused() -> None:
    small = replace(HEALTHY, symptoms=(Measured(SYMPTOM, 0.15),))
    assert "another time it might not" in refused(symptoms.judge(small, 5.0, 20.0))[0]
    assert holds(symptoms.judge(replace(HEALTHY, symptoms=(Measured(SYMPTOM, 0.5),)), 5.0, 20.0))


# ---- evidence, solver, wrong answers


def test_evidence_that_is_missing_or_there_all_along_is_refused() -> None:
    assert holds(evidence.judge([Found("proof", "log a", 3, 0), Found("proof", "log b", 0, 0)]))
    assert "No record like that" in refused(evidence.judge([Found("proof", "log a", 0, 0)]))[0]
    assert "there without the fault too" in refused(evidence.judge([Found("proof", "log a", 9, 4)]))[0]


def test_a_question_that_cannot_be_answered_by_looking_is_refused_with_what_was_said() -> None:
    assert holds(solver.judge([Answered("size", "57 %", 10, 10)]))
    short = Answered("size", "57 %", 5, 10, "Close, but a little too high.")
    assert "Close, but a little too high." in refused(solver.judge([short]))[0]


def test_questions_about_the_fix_wait_for_the_fix() -> None:
    now, later = solver.split(find("rate-limit").file)
    assert [one.id for one in later] == ["fix", "after"]
    assert "update" in [one.id for one in now]


def tried(share: float, said: str) -> list[wrong.Tried]:
    return [wrong.Tried("whose", Wrong("Our gateway refuses", "its spans show that it forwarded"), share, said)]


def test_a_wrong_answer_that_earns_marks_or_is_not_told_why_is_refused() -> None:
    why = "Not this one. What rules it out: its spans show that it forwarded the call"
    assert holds(wrong.judge(tried(0.0, why)))
    assert "earned 100%" in refused(wrong.judge(tried(1.0, why)))[-1]
    assert "was not told why" in refused(wrong.judge(tried(0.0, "Not this one.")))[-1]


# ---- load tests


def loaded(verdict: str, *values: float, requests: int = 240, why: str = "") -> Loaded:
    return Loaded(verdict, (Measured(SLOW, values[0]), Measured(FAILING, values[1])), requests, why)


def test_doing_nothing_that_helps_is_refused() -> None:
    assert holds(fixes.judge_failed(loaded("failed", 60, 0.2)))
    assert "has solved the lesson" in refused(fixes.judge_failed(loaded("passed", 60, 0.0)))[0]


def test_a_wrong_fix_that_fixes_is_refused() -> None:
    rows = fixes.judge_failed(loaded("passed", 60, 0.0), "retry", "more calls, not fewer errors")
    assert refused(rows)[0].startswith("retry: verdict: It passed")


def test_a_wrong_fix_that_nearly_fixes_is_refused() -> None:
    assert "too close to" in refused(fixes.judge_failed(loaded("failed", 60, 0.02)))[0]


def test_a_wrong_fix_whose_reason_is_not_told_is_refused() -> None:
    rows = fixes.judge_failed(
        loaded("failed", 60, 0.4, why="errors was 40 %"), "retry", "More calls, not fewer errors."
    )
    assert refused(rows) == ["retry: why it fails: errors was 40 %"]
    told = loaded("failed", 60, 0.4, why="errors was 40 %. More calls, not\nfewer errors.")
    assert holds(fixes.judge_failed(told, "retry", "More calls, not fewer errors."))


def test_a_right_fix_that_does_not_fix_is_refused_with_what_it_missed() -> None:
    rows = fixes.judge_passed(loaded("failed", 60, 0.2, why="errors was 20 %, and must be below 1.0 %."), "pace")
    assert refused(rows)[0] == "pace: verdict: errors was 20 %, and must be below 1.0 %."


def test_a_right_fix_that_passes_by_a_hair_or_over_few_requests_is_refused() -> None:
    assert holds(fixes.judge_passed(loaded("passed", 60, 0.0), "pace"))
    assert "another time it might not" in refused(fixes.judge_passed(loaded("passed", 700, 0.0)))[0]
    assert "Only 120 requests" in refused(fixes.judge_passed(loaded("passed", 60, 0.0, requests=120)))[0]


def test_only_the_tightest_promise_of_a_pass_is_shown_by_itself() -> None:
    shown = [row.what for row in fixes.judge_passed(loaded("passed", 300, 0.0)) if row.key]
    assert shown == ["p95 of gateway"]


def test_a_wrong_fix_that_earns_points_is_refused() -> None:
    assert holds(fixes.judge_graded("retry", 0.0, 0.0, "The load test failed with it. More calls.", "More calls."))
    assert refused(fixes.judge_graded("retry", 9.0, 0.0, "Proved: More calls.", "More calls."))
    assert holds(fixes.judge_graded("later", 10.5, 10.5, "It works, at a price: a promise.", "a promise."))


def test_a_verdict_is_read_from_what_the_console_answers() -> None:
    result: dict[str, Any] = {
        "verdict": "failed",
        "why": "because",
        "after": {"requests": 99},
        "slos": [{"value": None}, {"value": 0.5}],
    }
    found = Loaded.of(result, [SLOW, FAILING])
    assert (found.verdict, found.requests, found.why) == ("failed", 99, "because")
    assert found.promises[0].value != found.promises[0].value
    assert found.promises[1].value == 0.5


# ---- taking back, leaving nothing


def test_residue_is_refused_by_name() -> None:
    assert holds(revert.judge([], HEALTHY, 1.0))
    residue = [{"what": "partner: quota_rps", "before": 50, "after": 7}]
    assert "partner: quota_rps was 50 and is 7" in refused(revert.judge(residue, HEALTHY, 1.0))[0]


def test_a_shop_that_does_not_recover_is_refused() -> None:
    sick = replace(HEALTHY, promises=(Measured(FAILING, 0.4),))
    said = refused(revert.judge([], sick, 21.0))
    assert refused(revert.judge([], HEALTHY, 21.0))
    assert said[0].startswith("healthy again after: It did not recover")


def test_processes_and_files_that_stay_are_refused() -> None:
    assert holds(stop.judge([], []))
    assert "Still running: 4711." in refused(stop.judge(["4711"], []))[0]
    assert "Left: a1b2c3." in refused(stop.judge([], ["a1b2c3"]))[0]


# ---- leaks


def in_sight(text: str, group: str = "telemetry") -> list[Surface]:
    return [Surface(group, "record", text)]


def forbidden(**changed: Any) -> leaks.Forbidden:
    scenario = find("rate-limit")
    return leaks.of_the_system(replace(scenario, file=scenario.file.model_copy(update=changed)))


@pytest.mark.parametrize(
    "text",
    [
        "FAULT_KIND=latency",
        "starting Scenario 7",
        "/run/rate-limit/orders.log",
        "x-rate_limit-lesson: 1",
        "Follow one failed checkout through the shop. Who is the first to say no",
        '{"note": "Paylane answered within milliseconds; the answer was no. Waiting longer does not change it."}',
        "A ceiling lets the same number through every second, however often you ask. Which of the offered fixes asks "
        "no faster than that, and still serves everybody who comes?",
    ],
)
def test_a_leak_is_found_and_told_with_its_place(text: str) -> None:
    said = refused(leaks.judge(in_sight(text), forbidden(may_appear=[])))
    assert "in the record" in said[0]
    assert "may_appear" in said[0]


@pytest.mark.parametrize(
    "text", ["status=429 retry_after=1", "by default the payment is refused", "ratelimit-limit: 10"]
)
def test_what_an_honest_protocol_says_is_no_leak(text: str) -> None:
    assert holds(leaks.judge(in_sight(text), forbidden(may_appear=[])))


def test_an_exception_with_a_reason_is_passed_over() -> None:
    assert holds(leaks.judge(in_sight("Rate limit headers on every answer"), forbidden()))
    assert refused(leaks.judge(in_sight("Rate limit headers on every answer"), forbidden(may_appear=[])))


def test_the_name_of_a_setting_that_the_fault_changed_is_a_leak() -> None:
    assert "abort" in leaks.of_the_system(_with_rule({"abort": {"status": 503}})).words
    assert "latency" in leaks.of_the_system(find("slow-partner")).words


def _with_rule(rule: dict[str, Any]) -> Any:
    from lab.changes import changes

    scenario = find("slow-partner")
    fault = changes.read({"edge": {"edge": "orders->partner", "rule": rule}})
    return replace(scenario, file=scenario.file.model_copy(update={"faults": [fault]}))


def test_a_page_may_speak_of_the_lesson_but_tell_no_reason() -> None:
    scenario = find("rate-limit")
    pages = leaks.of_the_pages(scenario)
    assert holds(leaks.judge(in_sight("scenario rate-limit: Which explanation fits what you see?"), pages))
    reason = scenario.file.mitigations[1].because_not
    assert refused(leaks.judge(in_sight(f'{{"because": "{reason}"}}'), pages))
    folded = reason.replace(" ", "\n", 3)
    assert refused(leaks.judge(in_sight(json.dumps({"brief": f"First.\n\n{folded}\n"})), pages))


def test_the_name_of_the_folder_that_the_lab_is_in_gives_nothing_away(monkeypatch: pytest.MonkeyPatch) -> None:
    class Process:
        pid = 4711

        def name(self) -> str:
            return "python"

        def cmdline(self) -> list[str]:
            return ["/home/anna/faultlab/.venv/bin/python", "-P", "-m", "lab.load.zygote"]

        def environ(self) -> dict[str, str]:
            return {}

    monkeypatch.setattr("sys.executable", "/home/anna/faultlab/.venv/bin/python")
    monkeypatch.setattr("sys.prefix", "/home/anna/faultlab/.venv")
    shown = leaks.processes([Process()])  # type: ignore[list-item]  # all that is asked of one
    assert holds(leaks.judge(shown, forbidden()))
    assert "lab.load.zygote" in shown[0].text


# ---- files, updates


def test_a_problem_of_the_files_is_refused_at_its_place(tmp_path: Any) -> None:
    assert holds(reads.judge([], 900, 5))
    problem = Problem(
        tmp_path / "scenario.yaml", 12, 3, "there is no setting 'quotta_rps'", "Did you mean 'quota_rps'?"
    )
    assert refused(reads.judge([problem], 0, 0)) == ["scenario.yaml:12:3: Did you mean 'quota_rps'?"]


@pytest.mark.parametrize("name", ["rate-limit", "slow-partner"])
def test_the_grader_agrees_with_the_shipped_samples(name: str) -> None:
    samples = find(name).updates
    assert samples is not None
    assert holds(updates.judge(samples))


def test_labels_that_the_grader_does_not_share_are_refused_by_name() -> None:
    samples = find("rate-limit").updates
    assert samples is not None
    turned = [
        one.model_copy(update={"passes": not one.passes}) if at % 4 == 0 else one
        for at, one in enumerate(samples.samples)
    ]
    said = refused(updates.judge(samples.model_copy(update={"samples": turned})))
    assert any("It differs on" in text and turned[0].id in text for text in said)


def test_too_few_samples_of_a_sort_are_refused() -> None:
    samples = find("rate-limit").updates
    assert samples is not None
    few = samples.model_copy(update={"samples": [one for one in samples.samples if "keyword-stuffed" not in one.sorts]})
    assert any("keyword-stuffed" in text for text in refused(updates.judge(few)))


def test_a_sample_knows_what_it_is_a_sample_of() -> None:
    assert Sample(id="a", text="x", passes=True).sorts == ["good"]
    assert Sample(id="a", text="x", passes=False, fails=["figures"]).sorts == ["bad", "with a false figure"]
