"""How true an injected 50 ms is, and a lognormal latency, beside others that can delay."""

import contextlib
import math
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import load
from benchmarks.harness import LOAD_CORE, Effort, Program, Row, Theme, free_port, python, take_turns
from benchmarks.ours import EdgeProxy
from benchmarks.peers import Lacking, envoy, mocks
from benchmarks.peers.mocks import Delay

TITLE = "Truth of injected latency"
PATH = "/orders/o-1"
DELAY_MS = 50.0
MEDIAN_MS, P99_MS = 40.0, 200.0
Z95, Z99 = 1.6448536269514722, 2.3263478740408408
SIGMA = math.log(P99_MS / MEDIAN_MS) / Z99
ASKED = {"p50": MEDIAN_MS, "p95": MEDIAN_MS * math.exp(SIGMA * Z95), "p99": P99_MS}
BUDGETS = {8: (1.0, 3.0), 200: (2.5, 6.0)}
OURS = "edge proxy"


def measure(effort: Effort) -> Theme:
    """Fixed first, then lognormal."""
    theme = Theme(TITLE, [], ("who delays 50 ms", "8 connections: late p50 / p99", "200 connections: late p50 / p99"))
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        callee = python("callee", "callee.py", port=free_port(), core=LOAD_CORE)
        stack.callback(callee.stop)
        ours = EdgeProxy(callee.port)
        stack.callback(ours.program.stop)
        ours.put({"latency": {"delay": f"{DELAY_MS}ms"}})
        fixed = Delay(fixed_ms=DELAY_MS)
        makers: dict[str, Callable[[], Program]] = {
            "Envoy": lambda: envoy.envoy(callee.port, folder, DELAY_MS),
            "mountebank": lambda: mocks.mountebank(folder, fixed),
            "WireMock": lambda: mocks.wiremock(folder, fixed),
            "Mockoon": lambda: mocks.mockoon(folder, fixed),
            "FastAPI, asyncio.sleep": lambda: python(
                "fastapi", "fastapi_stub.py", DELAY_MS, port=free_port(), path=PATH
            ),
        }
        delaying = {OURS: ours.program, **_made(makers, theme, stack)}
        for name in delaying:
            with contextlib.suppress(RuntimeError):  # one that is overrun when cold is measured all the same
                load.wrk(delaying[name], PATH, 200, 1.0 if effort.quick else 8.0)
        late: dict[str, dict[int, dict[str, float]]] = {name: {} for name in delaying}
        for connections in BUDGETS:
            turns = take_turns(
                list(delaying),
                effort.rounds,
                lambda name, connections=connections: load.durations(  # type: ignore[misc]  # bound on purpose
                    delaying[name], PATH, connections, effort.seconds
                ),
            )
            for name, rounds in turns.items():
                # whatever else runs on the machine can only make answers later: the least disturbed round
                best = min(rounds, key=lambda one: one["p99"])
                late[name][connections] = {rank: best[rank] - DELAY_MS for rank in ("min", "p50", "p99")}
        theme.table = [
            (name, *(f"{found[many]['p50']:.1f} / {found[many]['p99']:.1f} ms" for many in BUDGETS))
            for name, found in late.items()
        ]
        for connections, (p50, p99) in BUDGETS.items():
            mine = late[OURS][connections]
            others = [
                f"{name} {found[connections]['p50']:.1f}/{found[connections]['p99']:.1f}"
                for name, found in late.items()
                if name != OURS
            ]
            theme.rows.append(
                Row(
                    f"50 ms injected, {connections} connections: late by p50 / p99",
                    f"{mine['p50']:.2f} / {mine['p99']:.2f} ms",
                    ", ".join(others),
                    f"≤ {p50:g} / {p99:g} ms",
                    mine["p50"] <= p50 and mine["p99"] <= p99,
                )
            )
        theme.raw["late_ms"] = late
        _lognormal(theme, effort, ours, folder, stack)
    return theme


def _lognormal(theme: Theme, effort: Effort, ours: EdgeProxy, folder: Path, stack: contextlib.ExitStack) -> None:
    ours.put({"latency": {"median": f"{MEDIAN_MS}ms", "p99": f"{P99_MS}ms"}})
    drawing = {OURS: ours.program}
    drawing |= _made(
        {"WireMock": lambda: mocks.wiremock(folder, Delay(median_ms=MEDIAN_MS, sigma=SIGMA))}, theme, stack
    )
    found = {}
    for name, program in drawing.items():
        got = load.durations(program, PATH, 200, 2.0 if effort.quick else 12.0)
        found[name] = {rank: got[rank] / asked - 1 for rank, asked in ASKED.items()} | {"draws": got["requests"]}
    theme.raw["lognormal"] = found

    def said(name: str) -> str:
        return " / ".join(f"{found[name][rank]:+.1%}" for rank in ASKED)

    met = all(abs(found[OURS][rank]) <= 0.03 for rank in ASKED)
    theme.rows.append(
        Row(
            f"lognormal, {MEDIAN_MS:g} ms median and {P99_MS:g} ms p99: p50 / p95 / p99 off by",
            f"{said(OURS)} of {found[OURS]['draws']:,} draws",
            f"WireMock {said('WireMock')}" if "WireMock" in found else "",
            "≤ 3 %",
            met,
        )
    )


def _made(makers: dict[str, Callable[[], Program]], theme: Theme, stack: contextlib.ExitStack) -> dict[str, Program]:
    made = {}
    for name, make in makers.items():
        try:
            made[name] = make()
            stack.callback(made[name].stop)
        except (Lacking, RuntimeError) as why:
            theme.notes.append(f"Not to be had here: {why}")
    return made
