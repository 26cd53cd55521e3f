"""Mistakes found without running anything: each told once, at its place, with what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from broken_scenarios import copy, mend, place_of

from lab.proof.check import Checked
from lab.scenario import listed

Check = Callable[[Path], Checked]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy(tmp_path)


@pytest.mark.parametrize("name", [one.id for one in listed()])
def test_every_shipped_scenario_is_free_of_mistakes_and_needs_no_advice(name: str, checked: Check) -> None:
    (path,) = [one.path for one in listed() if one.id == name]
    found = checked(path)
    assert [str(one) for one in (*found.problems, *found.advice)] == []
    assert found.words > 300


MISTAKES = {
    "a setting that does not exist": (
        "partner_retries: 3,",
        "partner_retriez: 3,",
        "there is no setting 'partner_retriez'",
        "'partner_retries'",
    ),
    "a value that a setting cannot have": (
        "name: rate_factor, value: 2,",
        "name: rate_factor, value: twice,",
        "rate_factor cannot be 'twice'",
        "number",
    ),
    "a choice that a setting does not have": (
        "payment_mode: outbox",
        "payment_mode: inbox",
        "payment_mode cannot be 'inbox'",
        "sync, outbox",
    ),
    "a service that does not exist": (
        "- latency: {service: gateway,",
        "- latency: {service: gatewya,",
        "there is no service 'gatewya'",
        "'gateway'",
    ),
    "a service that is not measured": (
        "- latency: {service: gateway,",
        "- latency: {service: partner,",
        "another company's",
        "orders->partner",
    ),
    "an edge that does not exist": (
        '- error_rate: {edge: "orders->partner"',
        '- error_rate: {edge: "orders->partnr"',
        "no edge",
        "'orders->partner'",
    ),
    "a database of a service that has none": (
        '- error_rate: {edge: "orders->partner"',
        '- error_rate: {edge: "gateway->database"',
        "no edge",
        "orders->database",
    ),
    "a route that does not exist": (
        'route: "POST /api/v1/orders", above',
        'route: "POST /api/v1/order", above',
        "no route",
        "'POST /api/v1/orders'",
    ),
    "a crowd that grows where nothing is waited for": (
        "setup:\n",
        "setup:\n  - traffic: {multiply: 1, up_to: 4}\n",
        "in a fault only",
        "multiply",
    ),
    "a search that names no service": (
        '"service:orders event:payment.refused status:429"',
        '"service:order event:payment.refused"',
        "'order'",
        "'orders'",
    ),
    "a parameter that nothing uses": (
        "pace: 6.3}",
        "pace: 6.3, spare: 1}",
        "'spare' is drawn, and nothing uses it",
        "${spare}",
    ),
    "an answer that the brief tells": (
        "Paylane, when it is asked for the money",
        "Another company: it charges the cards of customers",
        "gives the answer",
        "",
    ),
    "an answer that the title tells": (
        "title: The campaign that broke checkout",
        "title: Paylane refuses everything above the contract rate",
        "the title gives the answer to 'whose' away",
        "",
    ),
    "a right option that is far the longest": (
        "Paylane, when it is asked for the money",
        "Paylane, when it is asked for the money, " + "as it is every time " * 6,
        "times as long",
        "",
    ),
    "a right option that is far the shortest": (
        "Paylane, when it is asked for the money",
        "Paylane, at once",
        "times as long as the right one",
        "Say it more fully",
    ),
    "a reason that is none": (
        'because_not: "database times are the same as in the baseline"',
        'because_not: "it does not fit"',
        "hardly a reason",
        "signal",
    ),
    "a promise that depends on the machine": ("below: 800ms", "below: 80ms", "depends on the machine", "300 ms"),
    "a load test that is too short": ("load: [0.55, 0.03]", "load: [0.1, 0.03]", "least that tell something", "longer"),
    "a baseline that is too short": (
        "prove: {baseline: 4s",
        "prove: {baseline: 2s",
        "least that tell something",
        "longer",
    ),
    "a pager message that is a letter": (
        "whether this is big",
        "whether this is big" + " and bigger" * 50,
        "pager message of",
        "",
    ),
    "more to read than there is time for": ("minutes: 25", "minutes: 5", "minutes of reading", ""),
    "no promise about what customers got": ("  - paid: {share: 99%, within: 30s}\n", "", "what customers got", "paid"),
    "a hint with a command that does not exist": (
        "`lab metrics`. Compare",
        "`lab metrix`. Compare",
        "no command `lab metrix`",
        "metrics",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_once_with_its_place_and_a_remedy(name: str, folder: Path, checked: Check) -> None:
    old, new, what, hint = MISTAKES[name]
    mend(folder, old, new)
    found = [one for one in checked(folder).problems if what in one.what]
    assert len(found) == 1, [str(one) for one in checked(folder).problems]
    assert hint in found[0].hint
    assert found[0].line > 1


def test_the_place_of_a_name_is_exact(folder: Path, checked: Check) -> None:
    mend(folder, "partner_retries: 3,", "partner_retriez: 3,")
    (problem,) = checked(folder).problems
    assert (problem.line, problem.column) == place_of(folder, "partner_retriez")


RIGHT = (
    "Paylane, when it is asked for the money",
    "Paylane refuses everything above the rate that our contract with it allows",
    "Checkouts have become more frequent than was agreed a year ago; the ceiling itself is not new",
)


def test_the_longest_option_must_not_be_the_right_one_too_often(folder: Path, checked: Check) -> None:
    for right in RIGHT:
        mend(folder, right, f"{right}, again and again, one by one")
    said = [one.what for one in checked(folder).problems]
    assert any("the longest option is the right one in 3 of 4 questions" in what for what in said), said


def test_the_shortest_option_must_not_be_the_right_one_too_often(folder: Path, checked: Check) -> None:
    for right in RIGHT:
        mend(folder, right, right[:35].strip())
    said = [one.what for one in checked(folder).problems]
    assert any("the shortest option is the right one in 3 of 4 questions" in what for what in said), said


def test_options_picked_by_the_words_of_the_brief_must_not_be_right_too_often(folder: Path, checked: Check) -> None:
    for right in RIGHT:
        mend(folder, right, f"{right[:30]} of the biggest spring campaign's customers, whose orders, coffee, cards …")
    said = [one.what for one in checked(folder).problems]
    assert any("words of the brief is the right one in 3 of 4" in what for what in said), said


@pytest.mark.parametrize(
    ("file", "text", "what"),
    [
        ("brief.md", "\nSee [the runbook](runbook.md).\n", "'runbook.md' leads nowhere"),
        ("brief.md", "\nThe quota is ${quotta}.\n", "nothing is called `${quotta}` here"),
        ("debrief.md", "\nRun `lab metricks` again.\n", "no command `lab metricks`"),
        ("brief.md", "word " * 400, "words: "),
    ],
)
def test_a_text_is_checked_line_by_line(file: str, text: str, what: str, folder: Path, checked: Check) -> None:
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    (problem,) = [one for one in checked(folder).problems if what in one.what]
    assert problem.path.name == file
    if "leads nowhere" in what:
        assert (problem.line, problem.column) == place_of(folder, "runbook.md", file)


def test_a_question_about_the_load_test_comes_after_it(folder: Path, checked: Check) -> None:
    mend(folder, "tolerance: {points: 6}", "tolerance: {points: 6}\n      window: load")
    assert any("'size' cannot be reached" in one.what for one in checked(folder).problems)


def test_a_question_about_a_fix_needs_mitigations_and_the_shape_decides_what_is_right(
    folder: Path, checked: Check
) -> None:
    mend(folder, "mitigation: {}", "mitigation: {nothing: true}")
    assert any(
        "asks for nothing in a incident" in one.what or "asks for nothing" in one.what
        for one in checked(folder).problems
    )


def test_too_few_temptations_are_told(folder: Path, checked: Check) -> None:
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    start, end = text.index("  - id: raise-gateway-limit"), text.index("\nhints:")
    (folder / "scenario.yaml").write_text(text[:start] + text[end:], encoding="utf-8")
    assert any("only 1 of the mitigations is wrong" in one.what for one in checked(folder).problems)


def test_a_rung_that_is_missing_is_advice_and_no_mistake(folder: Path, checked: Check) -> None:
    mend(folder, "    step: ask", "    step: communicate")
    found = checked(folder)
    assert found.ok
    assert any("no question for: ask" in one.what for one in found.advice)


def test_a_file_that_does_not_name_its_schema_gets_advice(folder: Path, checked: Check) -> None:
    mend(folder, "# yaml-language-server: $schema=../../docs/reference/scenario.schema.json\n", "")
    assert any("first line does not name the schema" in one.what for one in checked(folder).advice)


def test_a_variant_that_does_not_fit_is_found_though_the_first_one_does(folder: Path, checked: Check) -> None:
    mend(folder, "{quota: 9, pace: 8.1}", "{quota: 9, pace: [8]}")
    mend(folder, "percentile: 95, below: 800ms", 'percentile: "${pace}0", below: 800ms')
    assert not checked(folder).ok


def test_a_malformed_sample_of_an_update_is_told_with_its_place(folder: Path, checked: Check) -> None:
    mend(folder, "    fails: []\n    passes: true", "    fails: [impakt]\n    passes: false", "updates.yaml")
    (problem,) = checked(folder).problems
    assert problem.path.name == "updates.yaml"
    assert "there is no check 'impakt'" in problem.what
    assert problem.line > 10


def test_samples_are_judged_by_the_facts_that_a_run_has(folder: Path, checked: Check) -> None:
    mend(folder, "  lost: {value:", "  lostt: {value:", "updates.yaml")
    unknown, missing = checked(folder).problems
    assert unknown.path.name == missing.path.name == "updates.yaml"
    assert "no fact of the scenario is called 'lostt'" in unknown.what
    assert "Did you mean 'lost'?" in unknown.hint
    assert unknown.line > missing.line
    assert "'lost' is missing" in missing.what
    assert "Add `lost:" in missing.hint


def test_samples_may_be_judged_by_the_everyday_figures_too(folder: Path, checked: Check) -> None:
    mend(
        folder,
        "  lost: {value:",
        '  customers_affected: {value: 29, say: "29 customers"}\n  lost: {value:',
        "updates.yaml",
    )
    assert checked(folder).ok


def test_a_rule_is_checked_against_the_paths_of_the_callee(tmp_path: Path, checked: Check) -> None:
    folder = copy(tmp_path, "slow-partner")
    mend(folder, 'seed: "${draw}"}', 'seed: "${draw}", match: {path: /v1/charge}}')
    (problem,) = checked(folder).problems
    assert "there is no path '/v1/charge'" in problem.what
    assert "'/v1/charges'" in problem.hint
