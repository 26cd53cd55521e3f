"""The search language: what it accepts, and what it says about everything else."""

import re

import pytest
from fakes_telemetry import call, checkout, log, trace_id
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import UsageError
from lab.telemetry import Store, Telemetry
from lab.telemetry.language import parse


def test_terms_are_words_phrases_and_fields_joined_by_spaces() -> None:
    terms = parse('service:orders  status:>=500 -event:request "payment refused" refus*').terms
    assert [(term.field, term.op, term.value, term.negated) for term in terms] == [
        ("service", ":", "orders", False),
        ("status", ">=", "500", False),
        ("event", ":", "request", True),
        (None, ":", "payment refused", False),
        (None, ":", "refus*", False),
    ]


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("peer:partner", "peer.service"),
        ("severity:warn", "level"),
        ("ORDER.ID:1", "ORDER.ID"),
        ("Status:1", "status"),
        ("Kind:server", "kind"),
        ("Trace:1", "trace"),
        ("ROOT:x", "root"),
        ("Message:x", "message"),
        ("Span:1", "span"),
        ("Customer:u-1", "customer"),
        ("SQL:select", "sql"),
        ("Version:2", "version"),
        ("Duration_MS:5", "duration_ms"),
    ],
)
def test_short_names_stand_for_attributes(written: str, field: str) -> None:
    assert parse(written).terms[0].field == field


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ('"a:b"', "a:b"),
        ("12:30", "12:30"),
        ("https://shop/x", "https://shop/x"),
        (r'message:"say \"no\""', 'say "no"'),
        (r'"back\\slash"', "back\\slash"),
    ],
)
def test_what_is_quoted_or_no_field_is_taken_literally(query: str, value: str) -> None:
    (term,) = parse(query).terms
    assert term.value == value


@pytest.mark.parametrize(
    ("written", "level"), [("critical", "fatal"), ("err", "error"), ("Information", "info"), ("WARNING", "warn")]
)
def test_a_level_goes_by_any_of_its_names(written: str, level: str) -> None:
    assert parse(f"level:{written}").terms[0].pattern == (level,)


def test_a_star_inside_quotes_is_a_star() -> None:
    assert not parse('"a*b"').terms[0].wild


@pytest.mark.parametrize(("written", "number"), [("duration:>1.5s", 1500.0), ("duration:>80ms", 80.0), ("x:<=-3", -3)])
def test_comparisons_take_numbers_and_durations(written: str, number: float) -> None:
    assert parse(written).terms[0].number == number


@pytest.mark.parametrize(
    ("query", "says", "hint"),
    [
        ("status>=500", "`status>=500` is not how a field is searched", "status:>=500"),
        ("http.response.status_code == 429", "`http.response.status_code == 429`", "http.response.status_code:429"),
        ("status!=200", "`status!=200`", "-status:200"),
        ("service:", "`service:` has no value", "service:*"),
        ("service: orders", "`service:` has no value", "service:*"),
        ('message:"half', "never closed", 'Add a "'),
        ('"a"b', "follows a closing quote", "space"),
        ('a"b', "a quote in the middle", 'message:"card refused"'),
        ("a AND b", "`AND` is not needed", "Leave it out"),
        ("a OR b", "There is no `OR`", "Search twice"),
        ("NOT a", "There is no `NOT`", "minus"),
        ("(a b)", "no brackets", "quotes"),
        ("-", "`-` is not a term", "Leave it out"),
        ('""', "no text in it", "Leave it out"),
        ("status:>many", "'many', which is not a number", "status:>=500"),
        ("level:>=loud", "no level", "warn"),
        ("status:5xx", "'5xx', which is not a number", "Write status:>=500."),
        ("status:4XX", "'4XX', which is not a number", "Write status:>=400 status:<500"),
        ("-status:5xx", "'5xx', which is not a number", "Write -status:>=500."),
        ("-status:4xx", "'4xx', which is not a number", "Write -status:4*."),
        ("status:==429", "mixes two ways", "status:429"),
        ("x " * 30, "30 terms", "fewer"),
        ("x" * 2000, "2000 characters", "fewer"),
    ],
)
def test_a_wrong_query_is_told_what_is_wrong_and_how_to_write_it(query: str, says: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(query)
    assert says in refused.value.what
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("status:4xx", {404, 429}),
        ("status:5xx", {500, 503}),
        ("-status:2xx", {404, 429, 500, 503}),
        ("-status:4xx", {201, 500, 503}),
        ("-status:5xx", {201, 404, 429}),
    ],
)
def test_what_a_class_of_statuses_is_told_to_write_finds_that_class(
    store: Store, telemetry: Telemetry, written: str, found: set[int]
) -> None:
    statuses = [201, 404, 429, 500, 503]
    with pytest.raises(UsageError) as refused:
        parse(written)
    told = re.search(r"Write (.*?)\. Write", f"{refused.value.hint} Write")
    assert told is not None
    store.add_logs([log("Answered", http__response__status_code=status) for status in statuses])
    for status in statuses:  # with another answer in each trace, as there nearly always is one
        store.add_spans([checkout(status, trace=trace_id(status)), call(302, trace=trace_id(status))])
    logs = {one.attributes["http.response.status_code"] for one in telemetry.logs(told[1])}
    traces = {one.trace_id for one in telemetry.traces(told[1])}
    assert (logs, traces) == (found, {trace_id(status) for status in found})


@given(st.text(max_size=80))
def test_any_text_is_parsed_or_refused_in_two_sentences(text: str) -> None:
    refused: UsageError | None = None
    try:
        assert len(parse(text).terms) <= 24
    except UsageError as error:
        refused = error
    if refused is not None:
        assert refused.what.endswith(".")
        assert refused.hint.endswith(".")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1), max_size=5))
def test_every_text_can_be_asked_for_in_quotes(texts: list[str]) -> None:
    texts = [text for text in texts if text.strip()]
    query = " ".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    assert [term.value for term in parse(query).terms] == texts
