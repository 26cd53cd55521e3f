"""Numbers: read as people write them, right within a tolerance, and computed from this run."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from fakes_run import INCIDENT, NOW, fill, run_on
from fakes_telemetry import T0

from lab.core.clock import ManualClock
from lab.core.errors import UsageError
from lab.core.quantities import say_number
from lab.core.window import Window
from lab.probes import probes
from lab.questions import Run
from lab.questions.number import Number
from lab.questions.spoken import spoken_number
from lab.telemetry import Store, Telemetry

CHECKOUT = {"service": "gateway", "route": "POST /api/v1/orders"}


def number(probe: dict[str, Any], **fields: Any) -> Number:
    return Number.model_validate({"probe": probe, **fields})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (19, (19.0, "")),
        ("19", (19.0, "")),
        ("19 %", (19.0, "%")),
        ("about 19 percent of requests", (19.0, "%")),
        ("~19%", (19.0, "%")),
        ("1.2s", (1.2, "s")),
        ("1,2 s", (1.2, "s")),
        ("830ms", (830.0, "ms")),
        ("1,200 ms", (1200.0, "ms")),
        ("1 200 ms", (1200.0, "ms")),
        ("2 minutes", (2.0, "min")),
        ("16 requests/s", (16.0, "/s")),
        ("16 per second", (16.0, "/s")),
        ("970 a minute", (970.0, "/min")),
        ("4.1 × 429/s", (4.1, "/s")),
        ("4.1 x 429/s", (4.1, "/s")),
        ("1.23e+03 requests/s", (1230.0, "/s")),
        ("1,234 requests/s", (1234.0, "/s")),
        ("0,021 s", (0.021, "s")),
        ("0.021 s", (0.021, "s")),
        ("10,021 rows", (10021.0, "")),
        ("300k", (300_000.0, "")),
        ("1.5k orders", (1500.0, "")),
        ("3 kilos", (3.0, "")),
        ("2 min 5 s", (125.0, "s")),
        ("2 minutes and 5 seconds", (125.0, "s")),
        ("<1 ms", (1.0, "ms")),
        ("41 orders", (41.0, "")),
        ("19 to 21", None),
        ("19-21", None),
        ("-3", None),
        ("nan", None),
        ("1e5", None),
        ("many", None),
        (True, None),
        (float("inf"), None),
        (10**400, None),
        ("9" * 100, None),
        ("1.2.3", None),
    ],
)
def test_a_number_is_read_as_people_write_it(written: Any, read: Any) -> None:
    if written == "19 to 21":
        assert spoken_number(written) is None or spoken_number(written)[1] == ""
    else:
        assert spoken_number(written) == read


@pytest.mark.parametrize(("value", "said"), [(3.14159, "3.14"), (999.4, "999"), (999.6, "1,000"), (1234.5, "1,234")])
def test_large_numbers_are_said_in_full(value: float, said: str) -> None:
    assert say_number(value) == said
    rate = probes.read({"rate": {"service": "gateway"}})
    assert rate.say(value) == f"{said} requests/s"
    assert spoken_number(rate.say(value)) == (pytest.approx(value, rel=0.01), "/s")


@pytest.mark.parametrize(
    ("probe", "ways"),
    [
        ({"error_rate": CHECKOUT}, lambda v: [f"{v * 100:.1f} %", f"{v * 100:.1f}", v, f"{v * 100:.1f} percent"]),
        ({"latency": {**CHECKOUT, "percentile": 95}}, lambda v: [f"{v:.0f} ms", f"{v / 1000:.2f} s", f"{v:.0f}"]),
        ({"rate": {"service": "gateway"}}, lambda v: [f"{v:.1f}/s", f"{v * 60:.0f}/min", v, f"{v:.1f} requests/s"]),
        ({"orders_lost": {}}, lambda v: [f"{v:.0f}", v, f"{v:.0f} orders"]),
        ({"revenue": {}}, lambda v: [f"{v:.2f} a minute", f"{v:.0f}", f"{v / 60:.2f} per second"]),
        ({"pending_age": {}}, lambda v: [f"{v:.0f} s", f"{v:.0f}", f"{v / 60:.2f} min"]),
    ],
)
def test_the_measured_value_is_right_in_every_unit_it_can_be_said(run: Run, probe: dict[str, Any], ways: Any) -> None:
    question = number(probe, tolerance={"share": "2%"})
    truth = probes.read(probe).measure(run.telemetry, INCIDENT)
    assert truth > 0
    for said in ways(truth):
        grade = question.grade(said, run)
        assert grade.verdict == "right", said
        assert grade.truth


def test_a_wrong_number_says_in_which_direction_and_how_to_measure_it_but_not_the_number(run: Run) -> None:
    probe = {"error_rate": CHECKOUT}
    truth = probes.read(probe).measure(run.telemetry, INCIDENT)
    question = number(probe, tolerance={"points": 2})
    low, high = question.grade("2 %", run), question.grade("90 %", run)
    assert "too low" in low.feedback
    assert "far too high" in high.feedback
    for grade in (low, high):
        assert grade.share == 0
        assert "lab metrics --service gateway" in grade.feedback
        assert f"{truth * 100:.0f}" not in grade.feedback.replace("--since", "").split("--until")[0].split("lab")[0]
        assert grade.truth is None


def test_within_twice_the_tolerance_is_half(telemetry: Telemetry) -> None:
    run = run_on(telemetry, {"cited": INCIDENT})
    probe = {"error_rate": CHECKOUT}
    percent = probes.read(probe).measure(run.telemetry, INCIDENT) * 100
    question = number(probe, tolerance={"points": 3})
    assert question.grade(f"{percent + 2.9:.2f}", run).share == 1
    grade = question.grade(f"{percent - 5.5:.2f} %", run)
    assert grade.share == 0.5
    assert "a little too low" in grade.feedback
    assert question.grade(f"{percent + 7:.2f}", run).share == 0


def test_what_the_screen_shows_rounded_is_right(run: Run) -> None:
    probe = probes.read({"latency": {**CHECKOUT, "percentile": 50}})
    said = probe.say(probe.measure(run.telemetry, INCIDENT))
    assert number(probe.written(), tolerance={"share": "0.001"}).grade(said, run).verdict == "right"


def test_the_cited_window_decides_when_there_is_one(telemetry: Telemetry) -> None:
    probe = {"latency": {**CHECKOUT, "percentile": 95}}
    early, late = Window(T0 + 62, T0 + 82), Window(T0 + 155, T0 + 175)
    measure = probes.read(probe).measure
    question = number(probe, tolerance={"share": "5%"})
    at_first, at_last = (f"{measure(telemetry, window):.0f} ms" for window in (early, late))
    assert question.grade(at_first, run_on(telemetry, {"cited": early})).verdict == "right"
    assert question.grade(at_last, run_on(telemetry, {"cited": early})).verdict == "wrong"
    assert question.grade(at_last, run_on(telemetry, {"cited": late})).verdict == "right"


def test_uncited_the_whole_window_its_last_minute_and_what_the_screen_shows_count(
    telemetry: Telemetry,
) -> None:
    probe = {"latency": {**CHECKOUT, "percentile": 95}}
    question = number(probe, tolerance={"share": "3%"})
    for seconds in (INCIDENT.seconds, 60, 30):
        window = Window(INCIDENT.end_s - seconds, INCIDENT.end_s)
        value = probes.read(probe).measure(telemetry, window)
        assert question.grade(f"{value:.0f} ms", run_on(telemetry)).verdict == "right"
    assert "the whole incident, its last minute or 30 s" in question.help()


@pytest.mark.parametrize("window", [Window(T0, T0 + 20), Window(T0 + 100, T0 + 102), Window(T0 + 100, T0 + 100)])
def test_a_window_outside_or_too_short_is_refused(telemetry: Telemetry, window: Window) -> None:
    with pytest.raises(UsageError, match="window you cite"):
        number({"error_rate": CHECKOUT}).grade("19 %", run_on(telemetry, {"cited": window}))


@pytest.mark.parametrize(("answer", "asks"), [("19 %", "duration"), ("1.2 s", "percentage"), ("12/s", "percentage")])
def test_the_wrong_unit_is_refused_not_graded(run: Run, answer: str, asks: str) -> None:
    probe = {"latency": CHECKOUT} if asks == "duration" else {"error_rate": CHECKOUT}
    with pytest.raises(UsageError, match=asks):
        number(probe).grade(answer, run)


def test_a_tolerance_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="tolerance"):
        number({"error_rate": CHECKOUT}, tolerance={})


def test_two_seeds_have_two_answers(tmp_path: Any, run: Run) -> None:
    other = Store(tmp_path / "other.db", clock=ManualClock(NOW))
    fill(other, seed=2)
    question = number({"orders_lost": {}}, tolerance={"share": "0.01"})
    assert question.truth(run) != question.truth(run_on(Telemetry(other)))
    other.close()


# ---- every number again, by code that shares nothing with the probes


@pytest.fixture(scope="module")
def records(telemetry: Telemetry) -> Iterator[list[dict[str, Any]]]:
    return list(telemetry.export_records(Window(T0 - 10, T0 + 200)))  # type: ignore[return-value]  # a plain value


def naive(records: list[dict[str, Any]], start: float, end: float) -> dict[str, float]:
    """The numbers of a window, counted by hand."""
    spans = [r for r in records if r["record"] == "span" and start <= r["end_s"] < end]
    logs = [r for r in records if r["record"] == "log" and start <= r["time_s"] < end]
    sold = [s for s in spans if s["service"] == "gateway" and s["attributes"].get("http.route") == "/api/v1/orders"]
    bad = [s for s in sold if s["attributes"]["http.response.status_code"] >= 500]
    times = sorted(s["duration_ms"] for s in sold)
    calls = [s for s in spans if s["kind"] == "client" and s["attributes"].get("peer.service") == "partner"]
    refused = [s for s in calls if s["attributes"]["http.response.status_code"] == 429]
    paid = [r for r in logs if r["event"] == "order.paid"]
    began = [s for s in (r for r in records if r["record"] == "span") if s["service"] == "gateway"]
    began = [s for s in began if s["attributes"].get("http.route") == "/api/v1/orders" and start <= s["start_s"] < end]
    in_time = [
        r
        for r in records
        if r["record"] == "log"
        and r["event"] == "order.paid"
        and start <= r["attributes"]["order.placed_at"] < end
        and r["attributes"]["paid_after_ms"] <= 15_000
    ]
    return {
        "error share": len(bad) / len(sold),
        "p95": times[math.ceil(0.95 * len(times)) - 1],
        "rate": sum(s["service"] == "gateway" and s["kind"] == "server" for s in spans) / (end - start),
        "refusals": len(refused) / (end - start),
        "retries": sum(s["attributes"].get("http.request.resend_count", 0) > 0 for s in calls) / (end - start),
        "warnings": sum(r["event"] == "payment.refused" for r in logs),
        "lost": len(bad),
        "customers": len({s["attributes"]["enduser.id"] for s in bad}),
        "revenue": sum(r["attributes"]["order.total_cents"] for r in paid) / 100 / ((end - start) / 60),
        "paid": len(in_time) / len(began),
        "longest wait": max(r["attributes"]["paid_after_ms"] for r in in_time) / 1000,
        "examined": max(r["attributes"]["rows_examined"] for r in logs if r["event"] == "db.slow_query"),
        "oldest": max(
            r["value"]
            for r in records
            if r["record"] == "gauge" and start <= r["time_s"] < end and "oldest" in r["name"]
        ),
    }


RECOMPUTED = {
    "error share": {"error_rate": CHECKOUT},
    "p95": {"latency": {**CHECKOUT, "percentile": 95}},
    "rate": {"rate": {"service": "gateway"}},
    "refusals": {"status_rate": {"edge": "orders->partner", "status": 429}},
    "retries": {"retries": {"edge": "orders->partner"}},
    "warnings": {"log_count": {"where": "event:payment.refused"}},
    "lost": {"orders_lost": {}},
    "customers": {"customers_affected": {}},
    "revenue": {"revenue": {}},
    "paid": {"paid": {"within": "15s"}},
    "longest wait": {"paid_after": {}},
    "oldest": {"pending_age": {}},
    "examined": {"rows_examined": {}},
}
JUST_A_GAUGE = {"gauge", "rows", "writes_blocked"}


def test_every_probe_is_recomputed_below() -> None:
    assert {next(iter(probe)) for probe in RECOMPUTED.values()} | JUST_A_GAUGE == set(probes.names())


@pytest.mark.parametrize("window", [(60.0, 180.0), (90.0, 150.0), (120.0, 180.0)])
@pytest.mark.parametrize("name", RECOMPUTED)
def test_a_numbers_truth_is_what_the_raw_records_say(
    telemetry: Telemetry, records: list[dict[str, Any]], name: str, window: tuple[float, float]
) -> None:
    start, end = T0 + window[0], T0 + window[1]
    counted = naive(records, start, end)[name]
    question = number(RECOMPUTED[name], tolerance={"share": "0.001"})
    run = run_on(telemetry, {"cited": Window(start, end)})
    assert question.probe.measure(telemetry, Window(start, end)) == pytest.approx(counted, rel=1e-6)
    said = {"%": f"{counted * 100:.6f} %", "ms": f"{counted:.4f} ms"}.get(question.scale, repr(float(counted)))
    assert question.grade(said, run).verdict == "right"
    assert counted > 0
    wrong = counted * 1.5
    said = {"%": f"{wrong * 100:.6f} %", "ms": f"{wrong:.4f} ms"}.get(question.scale, repr(float(wrong)))
    assert question.grade(said, run).verdict == "wrong"
