"""Searches find exactly what `matching` says, whatever index, plan or window is used."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes_telemetry import T0, call, checkout, log, span, statement, trace_id
from fakes_telemetry import request as served
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lab.core.clock import ManualClock
from lab.core.errors import NotFound, UsageError
from lab.core.window import Window
from lab.telemetry import Log, Span, Store, Telemetry
from lab.telemetry.language import parse
from lab.telemetry.matching import log_fits, trace_fits

WORDS = [
    "payment",
    "refused",
    "Timeout",
    "/orders/o-12",
    "in 12 ms",
    "card-x.y",
    "(late)",
    "50%",
    "a_b",
    "ÄRGER",
    "o-1",
]
VALUES: list[Any] = [
    "o-1",
    "o-12",
    "card refused",
    "Timeout",
    1,
    2,
    7.5,
    1200,
    -3,
    "12",
    "2.5",
    True,
    "",
    "ß_%",
    [1, "a"],
]
NAMES = ["order.id", "customer.id", "attempt", "duration_ms", "http.response.status_code", "http.route", "note"]


def made_logs(rng: random.Random, count: int, lists: bool = False) -> list[Log]:
    """Logs of every shape, mostly in order of time, some late; with `lists`, some labels are no plain values."""
    logs = []
    for number in range(count):
        attributes = {name: rng.choice(VALUES) for name in NAMES if rng.random() < 0.4}
        if isinstance(attributes.get("http.route"), list) and not lists:
            del attributes["http.route"]
        attributes.pop("http.response.status_code", None)
        if rng.random() < 0.5:
            attributes["http.response.status_code"] = rng.choice([200, 201, 429, 503])
            attributes["http.request.method"] = rng.choice(["GET", "POST"])
        made = log(
            " ".join(rng.choices(WORDS, k=rng.randrange(5))),
            at=number * 0.1 - (20 if rng.random() < 0.05 else 0),
            service=rng.choice(["gateway", "orders"]),
            severity=rng.choice(["INFO", "WARN", "ERROR"]),
            event=rng.choice([None, "request", "payment.refused", "db.slow_query"]),
            trace=rng.choice([None, trace_id(number % 7), "abc123"]),
        )
        made.attributes.update(attributes)
        logs.append(made)
    return logs


def made_spans(rng: random.Random, count: int) -> list[Span]:
    """Traces of a few spans each."""
    spans: list[Span] = []
    for number in range(count):
        trace, status, at = trace_id(1000 + number), rng.choice([201, 202, 429, 503]), number * 0.1
        spans.append(
            checkout(status, customer=f"c-{number % 5}", trace=trace, span_id=f"{number:015x}1", at=at, ms=80.5)
        )
        spans[-1].attributes["note"] = rng.choice(VALUES)
        if rng.random() < 0.8:
            parent = f"{number:015x}1" if rng.random() < 0.8 else "dead"
            peer = rng.choice(["orders", "partner"])
            spans.append(call(status, peer=peer, trace=trace, parent=parent, at=at, ms=rng.choice([1.25, 30, 700])))
        if rng.random() < 0.5:
            text = rng.choice(["SELECT * FROM orders WHERE id = 7", "UPDATE orders SET a = 'x'"])
            spans.append(statement(text, trace=trace, parent="beef", at=at, ms=rng.choice([0.5, 12])))
        if rng.random() < 0.3:
            spans.append(span("wait for partner connection", kind="internal", trace=trace, parent="beef", at=at, ms=3))
    return spans


LOGS, SPANS = made_logs(random.Random(1), 300), made_spans(random.Random(2), 120)


@pytest.fixture(scope="module", params=[(256, 20_000), (8, 20_000), (16, 10)])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telemetry]:
    """Once as it is, and with borders so low that every plan is used on few records."""
    patch, (chunk, most_fetched) = pytest.MonkeyPatch(), request.param
    patch.setattr("lab.telemetry.index.CHUNK", chunk)
    patch.setattr("lab.telemetry.search.histogram.CHUNK", chunk)
    patch.setattr("lab.telemetry.search.histogram._MOST_FETCHED", most_fetched)
    store = Store(tmp_path_factory.mktemp("search") / "t.db", clock=ManualClock(T0 + 100))
    for at in range(0, len(LOGS), 37):
        store.add_logs(LOGS[at : at + 37])
        store.add_spans(SPANS[at : at + 37])
        store.flush()
    store.add_spans(SPANS[len(LOGS) :])
    assert store.log_streams.open is None
    yield Telemetry(store)
    store.close()
    patch.undo()


_values = st.sampled_from(
    [*(str(value) for value in VALUES), *WORDS, "o-", "tim", "time", "orders", "12.0", "true", "429"]
)
_patterns = st.one_of(_values, _values.map(lambda v: v[:3] + "*"), _values.map(lambda v: f"*{v[1:4]}*"), st.just("*"))
_log_fields = st.sampled_from(
    ["service", "level", "event", "status", "route", "message", "customer", "trace", "duration", *NAMES, "none", "sql"]
)
_span_fields = st.sampled_from(
    ["service", "kind", "status", "route", "message", "peer", "root", "duration", "sql", "note", "trace", "customer"]
)
_numbers = st.sampled_from(["0", "1", "2", "2.5", "7.5", "12", "-3", "-10", "429", "500", "1e3", "30", "700.5"])


def _written(text: str) -> str:
    plain = text and not any(character.isspace() or character in '"\\=()<>!' for character in text)
    return text if plain and text not in ("-",) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def queries(draw: st.DrawFn, fields: st.SearchStrategy[str]) -> str:
    terms = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["word", "field", "field", "compare"]))
        if kind == "compare":
            op = draw(st.sampled_from([">", ">=", "<", "<="]))
            name = draw(fields.filter(lambda name: name not in ("level", "root")))
            term = f"{name}:{op}{draw(_numbers.filter(lambda text: 'e' not in text))}"
        else:
            value = draw(_patterns.filter(str.strip))
            value = value if value.endswith("*") and " " not in value else _written(value)
            term = value if kind == "word" else f"{draw(fields)}:{value}"
        terms.append("-" + term if draw(st.booleans()) and draw(st.booleans()) else term)
    return " ".join(terms)


def _times(start: float, seconds: float) -> Window:
    return Window(T0 + start, T0 + start + seconds)


windows = st.builds(_times, st.sampled_from([-30.0, 0.0, 3.033, 12.5]), st.sampled_from([0.0, 0.9, 10.0, 100.0]))


def _accepted(query: str) -> bool:
    try:
        parse(query)
    except UsageError:
        return False
    return True


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(query=queries(_log_fields).filter(_accepted), window=windows)
@example(query='-"refused"', window=_times(0, 100))
@example(query="message:*", window=_times(0, 100))
@example(query="-order.id:o-1 -note:*", window=_times(0, 100))
@example(query="duration:>=7.5 -level:info", window=_times(0, 100))
def test_a_log_search_finds_what_its_words_say(filled: Telemetry, query: str, window: Window) -> None:
    parsed = parse(query)
    expected = [number for number, log in enumerate(LOGS, 1) if window.contains(log.time_s) and log_fits(log, parsed)]
    assert [log.id for log in filled.logs(query, window, limit=1000)] == expected[::-1]
    assert filled.log_count(query, window) == len(expected)
    assert sum(point.value or 0 for point in filled.log_histogram(query, window, 7.7)) == len(expected)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(query=queries(_span_fields).filter(_accepted), window=windows)
@example(query="-peer:partner root:POST*", window=_times(0, 100))
@example(query="-root:POST* peer:partner", window=_times(0, 100))
@example(query='root:"POST /api/v1/orders" -duration:>500', window=_times(0, 100))
def test_a_trace_search_finds_what_its_words_say(filled: Telemetry, query: str, window: Window) -> None:
    parsed = parse(query)
    expected = set()
    for wanted in {one.trace_id for one in SPANS}:
        whole = [one for one in SPANS if one.trace_id == wanted]
        positive = [term for term in parsed.terms if not term.negated and term.field != "root"]
        # A trace lies in the window in which the span that fits ended.
        for one in whole:
            rooted = bool(positive) or not parsed.terms or all(term.negated for term in parsed.terms)
            inside = window.contains(round(one.end_s, 6)) and (rooted or one.parent_id is None)
            if inside and trace_fits([one], type(parsed)("", tuple(positive))) and trace_fits(whole, parsed):
                expected.add(wanted)
    assert {trace.trace_id for trace in filled.traces(query, window, limit=1000)} == expected


def test_every_record_comes_back_as_it_was_sent(filled: Telemetry) -> None:
    found = filled.logs("", limit=1000)[::-1]
    assert [(one.message, one.event, one.attributes) for one in found] == [
        (one.message, one.event, one.attributes) for one in LOGS
    ]
    whole = filled.trace(SPANS[0].trace_id)
    sent = sorted((one for one in SPANS if one.trace_id == whole.trace_id), key=lambda one: one.span_id)
    assert sorted((one.span for one in whole.spans), key=lambda one: one.span_id) == sent


def test_pages_follow_each_other_without_gap_or_repetition(filled: Telemetry) -> None:
    seen: list[int] = []
    while page := filled.logs("service:orders", limit=13, before_id=seen[-1] if seen else None):
        seen += [one.id for one in page]
    assert seen == [one.id for one in filled.logs("service:orders", limit=1000)]


def test_a_value_is_never_part_of_the_statement(filled: Telemetry) -> None:
    for text in ["'; DROP TABLE logs; --", '" OR 1', "x) OR (1", "NEAR(a b)", "{tokens}: x", "?1"]:
        query = "note:" + '"' + text.replace('"', '\\"') + '"'
        assert filled.logs(query) == []
    assert filled.log_count("", Window(T0 - 100, T0 + 100)) == len(LOGS)


def test_a_field_of_the_other_kind_of_record_is_refused_with_the_right_place(filled: Telemetry) -> None:
    with pytest.raises(UsageError, match="field of traces"):
        filled.logs("root:x")
    with pytest.raises(UsageError, match="field of logs"):
        filled.traces("level:error")


def test_a_trace_is_found_by_a_unique_beginning_of_its_id(store: Store, telemetry: Telemetry) -> None:
    store.add_spans([served(trace="abc1" + "0" * 28), served(trace="abd2" + "0" * 28)])
    assert telemetry.trace("abc").trace_id.startswith("abc1")
    with pytest.raises(UsageError, match="More than one trace"):
        telemetry.trace("ab")
    with pytest.raises(NotFound, match="no trace ffff"):
        telemetry.trace("ffff")
    with pytest.raises(UsageError, match="needs its id"):
        telemetry.trace(" ")


def test_one_record_can_be_asked_whether_it_fits(store: Store, telemetry: Telemetry) -> None:
    store.add_logs([log("Payment refused", event="payment.refused", http__response__status_code=429)])
    store.add_spans([checkout(503, trace=trace_id(5))])
    assert telemetry.log_matches(1, "status:429 refused")
    assert not telemetry.log_matches(1, "status:500")
    assert telemetry.trace_matches(trace_id(5), "service:gateway status:>=500")
    with pytest.raises(NotFound, match="no log record 99"):
        telemetry.log(99)


@pytest.mark.parametrize("number", [0, -1, 1 << 63, 10**30])
def test_a_number_that_no_record_can_have_finds_none(telemetry: Telemetry, number: int) -> None:
    with pytest.raises(NotFound):
        telemetry.log(number)
    assert telemetry.logs("", None, 10, before_id=max(1, number)) == []


def test_too_many_steps_or_records_are_refused(telemetry: Telemetry, minute: Window) -> None:
    with pytest.raises(UsageError, match="steps"):
        telemetry.log_histogram("", minute, 0.01)
    with pytest.raises(UsageError, match="too small"):
        telemetry.log_histogram("", minute, 0)
    with pytest.raises(UsageError, match="limit of 0"):
        telemetry.logs("", minute, limit=0)


def test_too_many_different_labels_are_still_searched_exactly(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.telemetry.streams.MOST_STREAMS", 20)
    store = Store(tmp_path / "many.db", clock=clock)
    telemetry, window = Telemetry(store), Window(T0 - 100, T0 + 100)
    logs = made_logs(random.Random(3), 300, lists=True)
    store.add_logs(logs)
    store.add_spans(SPANS)
    for query in ["service:orders", "level:error refused", "status:>=429", "-event:request", "route:o-1", "event:pay*"]:
        expected = sum(log_fits(one, parse(query)) for one in logs)
        assert telemetry.log_count(query, window) == expected, query
        assert len(telemetry.logs(query, window, limit=1000)) == expected
    for query in ["peer:partner", "status:503 -peer:orders", 'root:"POST /api/v1/orders"', "sql:update*"]:
        by_trace = {one.trace_id: [other for other in SPANS if other.trace_id == one.trace_id] for one in SPANS}
        expected_ids = {key for key, spans in by_trace.items() if trace_fits(spans, parse(query))}
        assert {one.trace_id for one in telemetry.traces(query, window, limit=1000)} == expected_ids, query
    store.close()
    again = Store(tmp_path / "many.db", clock=clock)
    assert Telemetry(again).log_count("service:orders", window) == sum(one.service == "orders" for one in logs)
    again.close()
