"""Status updates: agreement with labelled samples, and what single sentences mean.

How the samples of rate-limit and slow-partner grew: every batch was written and labelled before the checks saw it and
measured once; then the checks were tuned on it and it joined the training samples. Agreement at first sight, over
single checks and over pass or fail:

    first batch, a third held out   98 %, 95 %        fifth    94 %, 85 %
    second, other voices            87 %, 70 %        sixth    96 %, 80 %
    third                           89 %, 75 %        seventh  91 %, 75 %
    fourth                          89 %, 70 %        eighth   98 %, 95 %

The eighth stays held out. After a look, five labels were corrected (no-impact-01, no-impact-03, fourth-02, fourth-05,
third-04).
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fakes_run import NOW, run_on
from fakes_telemetry import T0, checkout
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.clock import ManualClock
from lab.core.errors import UsageError
from lab.core.window import Window
from lab.questions import Fact, Fix, Run, questions
from lab.questions.status_update import EVERYDAY
from lab.questions.update import CHECKS, Known, check_update
from lab.questions.update.check import GRAVE_MOST, UPDATE_PASS_MARK, worth
from lab.scenario import find, listed
from lab.scenario.updates import Sample, Updates
from lab.telemetry import Store, Telemetry

GOOD = (
    "About a third of our customers cannot complete their order. Browsing works as usual. The share of failures is "
    "steady. The payments team is checking where the refusals come from. Next update at 10:30."
)
ERRORS = {"error_rate": {"service": "gateway", "route": "POST /api/v1/orders"}}


CORPUS = {
    f"{one.id}/{sample.id}": (one.id, sample)
    for one in listed()
    if (found := find(str(one.path)).updates) is not None
    for sample in found.samples
}
"""The labelled samples of every shipped scenario that has some."""
WITH_SAMPLES = sorted({scenario for scenario, _ in CORPUS.values()})


@cache
def updates_of(scenario: str) -> Updates:
    found = find(scenario).updates
    assert found is not None
    return found


def outcome(scenario: str, sample: Sample) -> tuple[dict[str, bool], bool]:
    checks = updates_of(scenario).checks(sample)
    return {check.name: check.ok for check in checks}, updates_of(scenario).passes(checks)


def agreement(samples: Iterable[tuple[str, Sample]]) -> tuple[float, float, list[str]]:
    """Over single checks, over pass or fail, and what differs."""
    checks = hits = passes = total = 0
    differs = []
    for scenario, sample in samples:
        got, passed = outcome(scenario, sample)
        wrong = [name for name in CHECKS if got[name] == (name in sample.fails)]
        checks, hits = checks + len(CHECKS), hits + len(CHECKS) - len(wrong)
        total, passes = total + 1, passes + (passed == sample.passes)
        if wrong or passed != sample.passes:
            differs.append(f"{sample.id}: {', '.join(wrong) or 'pass or fail'}")
    return hits / checks, passes / total, differs


def test_every_sample_is_one_of_its_kind() -> None:
    assert len(CORPUS) == sum(len(updates_of(name).samples) for name in WITH_SAMPLES)


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("scenario", WITH_SAMPLES)
def test_the_checks_agree_with_people_in_nine_of_ten_cases(scenario: str, held_out: bool) -> None:
    samples = [(name, one) for name, one in CORPUS.values() if name == scenario and one.held_out == held_out]
    if not samples:
        pytest.skip("none of this scenario's samples is held out")
    over_checks, over_passes, differs = agreement(samples)
    print(
        f"{scenario}, {'held out' if held_out else 'tuned on'}: {over_checks:.1%} of checks, {over_passes:.1%} overall"
    )
    assert over_checks >= 0.9, differs
    assert over_passes >= 0.9, differs


@pytest.mark.parametrize("scenario", WITH_SAMPLES)
def test_samples_are_judged_by_the_facts_that_a_run_is_judged_by(scenario: str) -> None:
    facts = find(scenario).file.facts
    assert {*facts} <= {*updates_of(scenario).facts} <= {*facts, *EVERYDAY}


def test_no_list_of_keywords_and_no_false_figure_passes() -> None:
    for scenario, sample in CORPUS.values():
        if len(sample.fails) == len(CHECKS) or "figures" in sample.fails:
            assert not outcome(scenario, sample)[1], sample.id


# ---- through the kind, against a real run


def question(**fields: Any) -> Any:
    return questions.read({"status_update": {"trend": ERRORS, **fields}})


def facts(telemetry: Telemetry) -> dict[str, Fact]:
    return {"failed": Fact("checkouts that failed", 0.34, "34 %")}


def test_a_good_update_is_right_and_its_checklist_all_ticked(telemetry: Telemetry) -> None:
    grade = question().grade(GOOD, run_on(telemetry, facts=facts(telemetry)))
    assert grade.verdict == "right", [detail.text for detail in grade.details if not detail.ok]
    assert [detail.text for detail in grade.details] == list(question().checklist)


def test_the_trend_must_be_the_measured_one(telemetry: Telemetry) -> None:
    run = run_on(telemetry, facts=facts(telemetry))
    grade = question().grade(GOOD.replace("is steady", "is falling"), run)
    assert grade.verdict == "partly"
    assert "trend you state is not what the last minutes show" in grade.feedback
    latency = {"latency": {"service": "gateway", "route": "POST /api/v1/orders"}}
    slower = GOOD.replace("The share of failures is steady", "Waiting times keep rising")
    assert questions.read({"status_update": {"trend": latency}}).grade(slower, run).verdict == "right"


UNTRUE = [{"says": ["only pay*", "brows* as usual", "pages work"], "because_not": "those who look wait as well"}]


@pytest.mark.parametrize(
    "claim", ["Only those paying wait.", "Only payments are slow.", "Browsing works just as usual.", "All pages work."]
)
def test_a_false_claim_is_named_with_what_rules_it_out_and_caps_the_worth(telemetry: Telemetry, claim: str) -> None:
    text = GOOD.replace("Browsing works as usual.", claim)
    grade = question(untrue=UNTRUE).grade(text, run_on(telemetry, facts=facts(telemetry)))
    assert grade.share == GRAVE_MOST
    assert f"does not show “{claim}”: those who look wait as well" in grade.feedback


@pytest.mark.parametrize(
    "fair",
    [
        "Browsing is slow, too, and not only paying.",
        "Not just those who pay wait.",
        "Browsing takes seconds.",
        "Browsing is not as usual.",
        "Its pages do not work, either.",
        "Pages hardly work.",
    ],
)
def test_what_is_said_against_a_false_claim_is_none(telemetry: Telemetry, fair: str) -> None:
    text = GOOD.replace("Browsing works as usual.", fair)
    assert question(untrue=UNTRUE).grade(text, run_on(telemetry, facts=facts(telemetry))).verdict == "right"


def test_what_was_untrue_may_be_said_once_a_fix_has_proved_itself(telemetry: Telemetry) -> None:
    run = run_on(
        telemetry, facts=facts(telemetry), fix=Fix("pace", "Pace payments", right=True, works=True, passed=True)
    )
    assert question(untrue=UNTRUE).grade(GOOD, run).verdict == "right"


def test_a_false_figure_is_named_and_caps_the_worth(telemetry: Telemetry) -> None:
    grade = question().grade(GOOD.replace("About a third", "About 80 %"), run_on(telemetry, facts=facts(telemetry)))
    assert grade.share <= 0.6
    assert any("“80 %”" in detail.text and not detail.ok for detail in grade.details)


def test_figures_no_scenario_named_are_checked_against_the_business_numbers(telemetry: Telemetry) -> None:
    run = run_on(telemetry)
    lost = run.telemetry.business(run.window("incident")).lost
    text = GOOD.replace("Browsing works", "So far {} orders have been lost. Browsing works")
    assert question().grade(text.format(lost), run).verdict == "right"
    assert question().grade(text.format(lost * 3), run).share <= 0.6


def test_people_whom_no_lost_order_counts_may_be_told_and_lost_orders_that_nobody_lost_may_not(tmp_path: Path) -> None:
    store = Store(tmp_path / "telemetry.db", clock=ManualClock(NOW))
    store.add_spans([checkout(201, customer=f"c-{at}", at=60 + at % 100) for at in range(300)])
    store.flush(10)
    run = run_on(Telemetry(store), facts={"wrong": Fact("payments booked with a wrong amount", 140, "140 payments")})
    booked = "140 customers' payments were booked with a wrong amount, and these customers cannot use their receipts."
    text = GOOD.replace("About a third of our customers cannot complete their order.", booked)
    grade = question().grade(text, run)
    assert grade.verdict == "right", [detail.text for detail in grade.details if not detail.ok]
    assert question().grade(text.replace("Browsing works", "900 orders were lost. Browsing works"), run).share <= 0.6
    store.close()


def test_a_cause_may_be_stated_once_it_is_proven(telemetry: Telemetry) -> None:
    run = run_on(telemetry, facts=facts(telemetry))
    text = GOOD.replace("The payments", "The cause is the limit of our payment partner. The payments")
    assert not question().grade(text, run).details[5].ok
    assert question().grade(text, replace(run, proven=True)).verdict == "right"


def test_a_scenarios_own_words_extend_suspects_and_allowed_terms(telemetry: Telemetry) -> None:
    run = run_on(telemetry, facts=facts(telemetry))
    text = GOOD.replace("The payments", "This is because of Coffeepay. The payments")
    assert question().grade(text, run).details[5].ok
    assert not question(suspects=["Coffeepay"]).grade(text, run).details[5].ok
    text = GOOD.replace("steady", "steady, p95 is fine")
    assert not question().grade(text, run).details[7].ok
    assert question(allowed=["p95"]).grade(text, run).details[7].ok


def faults(text: str, known: Known) -> list[str]:
    """The names of the checks that a text fails."""
    return [check.name for check in check_update(text, known) if not check.ok]


@pytest.mark.parametrize(
    "cause",
    ["Paylane is down.", "It is caused by Paylane.", "This is because of Paylane.", "Paylane refuses payments."],
)
def test_the_payment_company_is_a_suspect_by_its_name(cause: str) -> None:
    assert faults(GOOD.replace("The payments", f"{cause} The payments"), Known()) == ["cause"]
    asked = f"We have asked whether {cause}" if cause.startswith("Paylane") else "It may come from Paylane."
    assert faults(GOOD.replace("The payments", f"{asked} The payments"), Known()) == []


def test_the_checklist_itself_and_the_words_of_its_advice_earn_little(run: Run) -> None:
    pasted = " ".join(f"{text}." for text in CHECKS.values())
    advice = " ".join(check.advice for check in check_update("Checkout is a shop.", Known()))
    assert question().grade(pasted, run).share < UPDATE_PASS_MARK
    assert question().grade(advice, run).share < UPDATE_PASS_MARK


@pytest.mark.parametrize("answer", ["", "   ", None, 5, ["text"], "x" * 5000])
def test_what_is_no_update_is_refused(run: Run, answer: Any) -> None:
    with pytest.raises(UsageError):
        question().grade(answer, run)


def test_the_revealed_explanation_has_the_checklist_the_facts_and_an_example(telemetry: Telemetry) -> None:
    truth = question(example=GOOD).truth(run_on(telemetry, facts=facts(telemetry)))
    assert "checkouts that failed: 34 %" in truth
    assert "The trend: " in truth
    assert "steady" in truth
    assert GOOD in truth


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_without_falling_over(text: str) -> None:
    checks = check_update(text, Known([Fact("checkouts that failed", 0.3, "30 %")], ["getting worse"]))
    assert [check.name for check in checks] == list(CHECKS)
    assert 0 <= worth(checks) <= 1


RECOVERED = (
    "Until 9:55 about a third of our customers could not complete their order; now they can pay again. Since the "
    "change {share} of checkouts fail. The situation is back to normal. The payments team keeps watching it. Next "
    "update at 10:30."
)


def test_after_a_proved_fix_an_update_may_tell_how_it_is_since(telemetry: Telemetry) -> None:
    fix = Fix("pace", "Pace payments", right=True, works=True, passed=True)
    run = run_on(telemetry, {"load": Window(T0 + 30, T0 + 60)}, facts=facts(telemetry), fix=fix, proven=True)
    grade = question().grade(RECOVERED.format(share="0 %"), run)
    assert grade.verdict == "right", [detail.text for detail in grade.details if not detail.ok]
    assert question().grade(RECOVERED.format(share="70 %"), run).share <= 0.6
    assert question().grade(RECOVERED.format(share="0 %"), replace(run, fix=None)).share <= 0.6
    failed = replace(run, fix=replace(fix, passed=False))
    assert question().grade(RECOVERED.format(share="0 %"), failed).share <= 0.6
