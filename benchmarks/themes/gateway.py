"""The gateway with everything on, beside a gateway of ten lines."""

import contextlib
import json
import tempfile
from pathlib import Path

from benchmarks import load, ours
from benchmarks.harness import LOAD_CORE, Effort, Program, Row, Theme, free_port, medians, python, ratio, take_turns

TITLE = "Gateway: one hop with everything on"
KEY = "key-of-the-benchmark"
KEYS = [
    {"key": KEY, "name": "bench", "role": "storefront", "scopes": ["catalog:read"], "rate_rps": 1e6, "burst": 1_000_000}
]
OURS, PLAIN = "gateway: keys, limits, retries, breaker, spans, logs, metrics", "FastAPI + httpx, ten lines"


def measure(effort: Effort) -> Theme:
    """Every gateway in turn, all on one core."""
    theme = Theme(TITLE, [], ("gateway", "added p50", "requests/s on a core", "µs CPU a request"))
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory() as given:
        folder = Path(given)

        def kept(program: Program) -> Program:
            stack.callback(program.stop)
            return program

        callee = kept(python("direct", "callee.py", port=free_port(), core=LOAD_CORE))
        sink = kept(python("sink", "callee.py", port=free_port(), core=LOAD_CORE))
        (folder / "keys.json").write_text(json.dumps(KEYS), encoding="utf-8")
        env = {"ORDERS_URL": callee.url, "API_KEYS_FILE": str(folder / "keys.json")}
        gateways = {
            "direct": callee,
            OURS: kept(
                ours.service("gateway", folder, {**env, "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url, "LOG_STDOUT": "1"})
            ),
            "gateway, telemetry off": kept(ours.service("gateway", folder, env)),
            "ASGI + aiohttp": kept(python("aiohttp", "aiohttp_hop.py", callee.port, port=free_port())),
            PLAIN: kept(python("httpx", "fastapi_gateway.py", callee.port, port=free_port())),
        }

        def once(name: str) -> dict[str, float]:
            path, headers = "/api/v1/products", {"X-API-Key": KEY}
            one = load.wrk(gateways[name], path, 1, effort.seconds / 2, headers=headers)
            many = load.wrk(gateways[name], path, 64, effort.seconds, headers=headers)
            return {"p50_ms": one["p50_ms"], "rps": many["rps"], "rps_core": many["rps_core"], "cpu_us": many["cpu_us"]}

        found = {name: medians(rounds) for name, rounds in take_turns(list(gateways), effort.rounds, once).items()}
        theme.raw = {"gateways": found}
    base_ms = found["direct"]["p50_ms"]
    theme.table = [
        (name, f"{one['p50_ms'] - base_ms:.2f} ms", f"{one['rps_core']:,.0f}", f"{one['cpu_us']:.0f}")
        for name, one in found.items()
        if name != "direct"
    ]
    mine, plain = found[OURS], found[PLAIN]
    theme.rows.append(
        Row(
            "gateway hop, all features and telemetry on: requests/s on a core",
            f"{mine['rps_core']:,.0f}",
            f"FastAPI + httpx {plain['rps_core']:,.0f}: {ratio(mine['rps_core'], plain['rps_core'])}",
            "≥ 5 × FastAPI + httpx",
            mine["rps_core"] >= 5 * plain["rps_core"],
        )
    )
    return theme
