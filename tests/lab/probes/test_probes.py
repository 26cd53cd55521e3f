"""Every kind of probe, found through the registry: a new kind is tested the moment it exists."""

import math
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from fakes_telemetry import T0
from pydantic import ValidationError

from lab.core.window import Window
from lab.probes import Probe, ScopedProbe, command, probes
from lab.telemetry import Scope, Telemetry, as_json

EDGE = {"edge": "gateway->orders"}
# kind: how it is written, what it measures in the fixture's window, what it says, whose it is
EXAMPLES: dict[str, list[tuple[dict[str, Any], float, str, str]]] = {
    "error_rate": [
        ({"service": "gateway"}, 0.25, "25 %", "errors of gateway"),
        (EDGE | {"route": "POST /orders"}, 0.25, "25 %", "errors of gateway->orders POST /orders"),
        ({"edge": "orders->partner"}, 0.25, "25 %", "errors of orders->partner"),
    ],
    "latency": [
        ({"service": "gateway"}, 194.0, "194 ms", "p95 of gateway"),
        ({"service": "gateway", "percentile": 50}, 149.0, "149 ms", "p50 of gateway"),
        (EDGE | {"percentile": 99.9}, 90.0, "90 ms", "p99.9 of gateway->orders"),
    ],
    "rate": [({"service": "orders"}, 5.0, "5 requests/s", "requests of orders")],
    "status_rate": [
        ({"edge": "orders->partner", "status": 429}, 1.25, "1.25 × 429/s", "429 answers of orders->partner"),
        ({"service": "orders", "status": 404}, 0.0, "0 × 404/s", "404 answers of orders"),
    ],
    "log_count": [
        ({"where": "event:payment.refused"}, 25.0, "25 log lines", "log lines that match event:payment.refused"),
        (
            {"where": "event:payment.refused", "called": "refusals"},
            25.0,
            "25 refusals",
            "refusals that match event:payment.refused",
        ),
    ],
    "paid": [
        ({"share": "99%", "within": "15s"}, 0.75, "75 %", "orders paid within 15 s"),
        ({"within": 2}, 0.0, "0 %", "orders paid within 2 s"),
    ],
    "orders_lost": [({}, 25.0, "25 orders", "orders lost")],
    "revenue": [({}, 1350.0, "1,350.00 a minute", "revenue per minute")],
    "customers_affected": [({}, 2.0, "2 customers", "customers affected")],
    "pending_age": [({}, 9.5, "9.5 s", "age of the oldest order waiting for payment")],
    "paid_after": [
        ({}, 3.0, "3 s", "longest wait of an order for its payment"),
        ({"percentile": 50}, 3.0, "3 s", "p50 of orders' wait for their payment"),
    ],
    "retries": [(EDGE, 0.5, "0.5 retries/s", "retries of gateway->orders")],
    "rows": [
        ({"table": "orders", "called": "all orders"}, 600_270.0, "600,270 rows", "all orders"),
        ({"table": "orders", "where": {"status": ["paid", None]}}, 1.0, "1 row", "rows"),
    ],
    "writes_blocked": [({}, 1.6, "1.6 s", "longest time without writes")],
    "rows_examined": [({}, 500_000.0, "500,000 rows", "rows that one statement looked at")],
    "gauge": [
        (
            {"service": "orders", "name": "db_pool_in_use", "unit": "connections"},
            2.0,
            "2 connections",
            "db_pool_in_use of orders",
        ),
        ({"service": "orders", "name": "db_pool_in_use", "of": "mean"}, 1.0, "1", "db_pool_in_use of orders"),
        ({"service": "orders", "name": "db_pool_in_use", "of": "min"}, 0.0, "0", "db_pool_in_use of orders"),
        ({"service": "orders", "name": "db_pool_in_use", "of": "last"}, 2.0, "2", "db_pool_in_use of orders"),
    ],
}
CASES = [(kind, *example) for kind, examples in EXAMPLES.items() for example in examples]
FIRST = [(kind, examples[0][0]) for kind, examples in EXAMPLES.items()]


def test_every_kind_has_an_example_here() -> None:
    assert sorted(EXAMPLES) == probes.names()


@pytest.mark.parametrize(("kind", "written", "value", "says", "describes"), CASES)
def test_a_probe_measures_and_says_what_it_promises(
    telemetry: Telemetry, window: Window, kind: str, written: dict[str, Any], value: float, says: str, describes: str
) -> None:
    probe = probes.read({kind: written})
    assert probe.measure(telemetry, window) == pytest.approx(value)
    assert probe.say(probe.measure(telemetry, window)) == says
    assert probe.describe() == describes


@pytest.mark.parametrize(("kind", "written"), FIRST)
def test_a_probe_is_written_as_it_is_read(kind: str, written: dict[str, Any]) -> None:
    probe = probes.read({kind: written})
    assert probes.read(probe.written()) == probe
    assert list(probe.written()) == [kind]


@pytest.mark.parametrize(("kind", "written"), FIRST)
def test_an_empty_window_measures_nothing_or_zero_and_can_be_said(
    telemetry: Telemetry, kind: str, written: dict[str, Any]
) -> None:
    probe = probes.read({kind: written})
    value = probe.measure(telemetry, Window(T0 + 4000, T0 + 4010))
    assert math.isnan(value) or value == 0
    assert probe.say(value)
    assert "nan" not in probe.say(value)
    assert math.isnan(value) or not probe.bounded or not probe.holds(value)
    no_time = probe.measure(telemetry, Window(T0, T0))
    assert math.isnan(no_time) or no_time == 0


@pytest.mark.parametrize(("kind", "written"), FIRST)
def test_the_command_can_be_pasted_and_names_the_scope(kind: str, written: dict[str, Any]) -> None:
    words = shlex.split(probes.read({kind: written}).query())
    assert words[0] == "lab"
    assert words[1] in ("metrics", "logs", "sql", "rehearse")
    for name in ("service", "edge", "route"):
        if name in written:
            assert words[words.index(f"--{name}") + 1] == written[name]


@pytest.mark.parametrize("kind", probes.names())
def test_a_misspelt_parameter_is_refused_and_a_description_exists(kind: str) -> None:
    with pytest.raises(ValidationError, match="misspelt"):
        probes.read({kind: EXAMPLES[kind][0][0] | {"misspelt": 1}})
    assert (probes.get(kind).__doc__ or "").strip()
    assert probes.get(kind).model_json_schema()["properties"]


@pytest.mark.parametrize("kind", probes.names())
def test_bounds_are_outside_or_inside_and_never_hold_for_nothing(kind: str) -> None:
    written = {name: value for name, value in EXAMPLES[kind][0][0].items() if name != "share"}
    above = probes.read({kind: written | {"above": 0.2}})
    below = probes.read({kind: written | {"below": 0.6}})
    between = probes.read({kind: written | {"above": 0.2, "below": 0.6}})
    assert [above.holds(value) for value in (0.1, 0.2, 0.3, math.nan)] == [False, False, True, False]
    assert [below.holds(value) for value in (0.5, 0.6, 0.7, math.nan)] == [True, False, False, False]
    assert [between.holds(value) for value in (0.1, 0.4, 0.7)] == [False, True, False]
    assert above.bounded
    assert not probes.read({kind: written}).bounded
    assert above.say_bound().startswith("above ")
    assert " and below " in between.say_bound()
    with pytest.raises(ValidationError, match="at once"):
        probes.read({kind: written | {"above": 0.6, "below": 0.2}})


def test_bounds_are_written_in_the_probe_s_own_unit() -> None:
    assert probes.read({"error_rate": {"service": "gateway", "above": "20%", "within": "20s"}}).above == 0.2
    assert probes.read({"latency": {"service": "gateway", "below": "1.5s"}}).below == 1500
    assert probes.read({"rate": EDGE | {"above": "90/min"}}).above == 1.5
    assert probes.read({"pending_age": {"above": "2min"}}).above == 120
    assert probes.read({"error_rate": {"service": "gateway", "within": "800ms"}}).within == 0.8


def test_a_share_that_is_paid_includes_its_own_bound() -> None:
    probe = probes.read({"paid": {"share": "99%", "within": "15s"}})
    assert [probe.holds(value) for value in (0.989, 0.99, 1.0, math.nan)] == [False, True, True, False]
    assert probe.bounded
    assert probe.say_bound() == "at least 99 %"
    assert [probe.say(value) for value in (0.9999, 0.994, 0.5, 1.0)] == ["99.9 %", "99.4 %", "50 %", "100 %"]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"error_rate": {}}, "either service"),
        ({"error_rate": {"service": "a", "edge": "a->b"}}, "either service"),
        ({"error_rate": {"edge": "a-b"}}, "caller->callee"),
        ({"error_rate": {"service": "a", "above": "2000%"}}, "between 0% and 100%"),
        ({"latency": {"service": "a", "percentile": 0}}, "greater than 0"),
        ({"latency": {"service": "a", "below": "fast"}}, "not a duration"),
        ({"retries": {"service": "a"}}, "happen on an edge"),
        ({"status_rate": {"service": "a", "status": 42}}, "greater than or equal to 100"),
        ({"log_count": {"where": "status>=500"}}, "status:>=500"),
        ({"log_count": {}}, "where"),
        ({"gauge": {"service": "a"}}, "name"),
        ({"eror_rate": {"service": "a"}}, "Did you mean 'error_rate'"),
    ],
)
def test_a_wrong_probe_is_told_what_is_wrong(written: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        probes.read(written)


def test_a_command_quotes_what_a_shell_would_take_for_itself() -> None:
    assert command("metrics", edge="gateway->orders", route="POST /orders", service=None) == (
        "lab metrics --edge 'gateway->orders' --route 'POST /orders'"
    )


_NEW_KIND = '''
    """A kind that was dropped into the folder."""

    from lab.core.window import Window
    from lab.probes import Probe, probes
    from lab.telemetry.queries import Telemetry


    @probes.register("silence")
    class Silence(Probe):
        """Seconds without any request."""

        def measure(self, telemetry: Telemetry, window: Window) -> float:
            return window.seconds

        def say(self, value: float) -> str:
            return f"{value:g} s"

        def describe(self) -> str:
            return "silence"

        def query(self) -> str:
            return "lab metrics"
'''


def test_a_new_file_is_a_new_kind(tmp_path: Path) -> None:
    (tmp_path / "silence.py").write_text(textwrap.dedent(_NEW_KIND))
    program = (
        "import sys, lab.probes\n"
        "lab.probes.__path__.append(sys.argv[1])\n"
        "probe = lab.probes.probes.read({'silence': {'above': 3}})\n"
        "print(probe.holds(4), 'silence' in lab.probes.probes.names(), probe.say_bound())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "True True above 3 s\n"


def test_the_base_measures_nothing_by_itself(telemetry: Telemetry, window: Window) -> None:
    probe = Probe()
    for ask in (lambda: probe.measure(telemetry, window), lambda: probe.say(1), probe.describe, probe.query):
        with pytest.raises(NotImplementedError):
            ask()


@pytest.mark.parametrize(("kind", "written"), FIRST)
def test_what_a_page_shows_is_what_is_measured(
    telemetry: Telemetry, window: Window, kind: str, written: dict[str, Any]
) -> None:
    probe = probes.read({kind: written})
    scope = probe.scope() if isinstance(probe, ScopedProbe) else Scope(service="gateway")
    page = {"window": [window.start_s, window.end_s], "red": as_json(telemetry.red(scope, window))}
    shown = probe.shown(page)
    assert shown is None or shown == pytest.approx(probe.measure(telemetry, window))
    assert (shown is None) == (kind not in ("error_rate", "latency", "rate", "status_rate"))


@pytest.mark.parametrize(
    ("written", "value", "times"),
    [
        ({"error_rate": {"service": "gateway", "above": "20%"}}, 0.6, 3),
        ({"error_rate": {"service": "gateway", "above": "20%"}}, 0.1, 0.5),
        ({"error_rate": {"service": "gateway", "below": "1%"}}, 0, math.inf),
        ({"latency": {"service": "gateway", "below": "800ms"}}, 200, 4),
        ({"latency": {"service": "gateway", "above": "100ms", "below": "800ms"}}, 200, 2),
        ({"latency": {"service": "gateway"}}, 200, math.inf),
        ({"paid": {"share": "99%"}}, 0.999, 10),
        ({"paid": {"share": "99%"}}, 0.95, 0.2),
        ({"paid": {"share": "99%"}}, 1, math.inf),
    ],
)
def test_how_many_times_a_value_clears_its_bound(written: dict[str, Any], value: float, times: float) -> None:
    assert probes.read(written).clearance(value) == pytest.approx(times)


def test_nothing_measured_clears_nothing() -> None:
    assert math.isnan(probes.read({"error_rate": {"service": "gateway", "above": "20%"}}).clearance(math.nan))
