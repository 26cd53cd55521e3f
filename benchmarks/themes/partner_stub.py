"""The partner beside programs that are made to stand in for APIs: the same POST with a JSON body, answered 201."""

import contextlib
import json
import tempfile
from pathlib import Path

from benchmarks import load, ours
from benchmarks.harness import Effort, Program, Row, Theme, free_port, medians, python, ratio, take_turns
from benchmarks.peers import Lacking, mocks

TITLE = "Partner: a stub among stubs"
BODY = json.dumps({"amount": 1250, "currency": "EUR", "card_token": "tok_visa_4242", "reference": "o-1017"})
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer pk_test_beanline"}
QUICK = {"latency_median_ms": 0, "latency_p99_ms": 0, "quota_rps": 1e9, "max_concurrent": 100_000}
WARM_S = 8.0
LOGGED, SILENT, PLAIN = "partner, log on", "partner, log off", "FastAPI on uvicorn"


def measure(effort: Effort) -> Theme:
    """Every stub in turn, all on one core."""
    theme = Theme(TITLE, [], ("stub", "p50 of 1", "requests/s on a core", "µs CPU a request"))
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        stubs: dict[str, Program] = {
            LOGGED: ours.service("partner", folder, {"LOG_STDOUT": "1"}, QUICK),
            SILENT: ours.service("partner", folder, settings=QUICK),
            PLAIN: python("fastapi", "fastapi_stub.py", port=free_port(), path="/orders/o-1"),
        }
        for name, make in mocks.MOCKS.items():
            try:
                stubs[name] = make(folder)
            except (Lacking, RuntimeError) as why:
                theme.notes.append(f"Not to be had here: {why}")
        for stub in stubs.values():
            stack.callback(stub.stop)

        def ask(name: str, connections: int, seconds: float) -> dict[str, float]:
            return load.wrk(stubs[name], "/v1/charges", connections, seconds, headers=HEADERS, body=BODY)

        for name, stub in stubs.items():
            # just-in-time compilers want to be warm: so much processor time, not so much time
            while stub.cpu_s() < (0.5 if effort.quick else WARM_S):
                ask(name, 32, 2.0)

        def once(name: str) -> dict[str, float]:
            one, many = ask(name, 1, effort.seconds / 2), ask(name, 32, effort.seconds)
            return {"p50_ms": one["p50_ms"], "rps": many["rps"], "rps_core": many["rps_core"], "cpu_us": many["cpu_us"]}

        found = {name: medians(rounds) for name, rounds in take_turns(list(stubs), effort.rounds, once).items()}
        theme.raw = {"stubs": found}
    theme.table = [
        (name, f"{one['p50_ms']:.2f} ms", f"{one['rps_core']:,.0f}", f"{one['cpu_us']:.0f}")
        for name, one in found.items()
    ]
    for mine, other, times in ((LOGGED, "WireMock", 1.0), (LOGGED, "Prism", 1.0), (SILENT, "mountebank", 1.5)):
        if other in found:
            have, beside = found[mine]["rps_core"], found[other]["rps_core"]
            theme.rows.append(
                Row(
                    f"{mine}: requests/s on a core",
                    f"{have:,.0f}",
                    f"{other} {beside:,.0f}: {ratio(have, beside)}",
                    f"≥ {times:g} × {other}",
                    have >= times * beside,
                )
            )
    return theme
