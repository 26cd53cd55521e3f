"""What one more hop costs: the edge proxy beside nginx, Envoy and two proxies as people write them."""

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import load
from benchmarks.harness import LOAD_CORE, Effort, Program, Row, Theme, free_port, medians, python, ratio, take_turns
from benchmarks.ours import EdgeProxy
from benchmarks.peers import Lacking, debian, envoy

TITLE = "Edge proxy: one hop"
PATH = "/orders/o-1?full=1"
# rules that are asked about every request and apply to none
RULES = (
    {"latency": {"delay": "1s"}, "match": {"path": "/payments/*"}},
    {"abort": {}, "match": {"method": "DELETE", "path": "/orders/{order_id}"}},
    {"abort": {}, "match": {"header": {"X-Shop": "eu-*"}}},
)
BARE, RULED = "ours, no rule", "ours, three rules"


def measure(effort: Effort) -> Theme:
    """Every hop in turn, all on one core."""
    theme = Theme(TITLE, [], ("in front of the callee", "added p50", "requests/s on a core", "µs CPU a request"))
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        callee = python("direct", "callee.py", port=free_port(), core=LOAD_CORE)
        stack.callback(callee.stop)
        ours = EdgeProxy(callee.port)
        stack.callback(ours.program.stop)
        hops: dict[str, Program] = {"direct": callee, BARE: ours.program, RULED: ours.program}
        makers: dict[str, Callable[[], Program]] = {
            "nginx": lambda: debian.nginx(callee.port, Path(folder)),
            "Envoy": lambda: envoy.envoy(callee.port, Path(folder)),
            "ASGI + aiohttp": lambda: python("aiohttp", "aiohttp_hop.py", callee.port, port=free_port()),
            "FastAPI + httpx": lambda: python("httpx", "fastapi_gateway.py", callee.port, port=free_port()),
        }
        for name, make in makers.items():
            try:
                hops[name] = make()
                stack.callback(hops[name].stop)
            except (Lacking, RuntimeError) as why:
                theme.notes.append(f"Not to be had here: {why}")

        def once(name: str) -> dict[str, float]:
            if name in (BARE, RULED):
                ours.put(*(RULES if name == RULED else ()))
            one = load.wrk(hops[name], PATH, 1, effort.seconds / 2)
            many = load.wrk(hops[name], PATH, 64, effort.seconds)
            return {"p50_ms": one["p50_ms"], "rps": many["rps"], "rps_core": many["rps_core"], "cpu_us": many["cpu_us"]}

        found = {name: medians(rounds) for name, rounds in take_turns(list(hops), effort.rounds, once).items()}
        theme.raw = {"hops": found, "ready_ms": ours.ready_ms}
    base_ms = found["direct"]["p50_ms"]
    added = {name: one["p50_ms"] - base_ms for name, one in found.items()}
    theme.table = [
        (name, f"{added[name]:.2f} ms", f"{one['rps_core']:,.0f}", f"{one['cpu_us']:.0f}")
        for name, one in found.items()
        if name != "direct"
    ]
    mine = found[RULED]
    beside = ", ".join(f"{name} {added[name]:.2f} ms" for name in ("nginx", "Envoy") if name in found)
    theme.rows.append(
        Row("edge proxy hop, rules on: added p50", f"{added[RULED]:.2f} ms", beside, "≤ 0.3 ms", added[RULED] <= 0.3)
    )
    if "Envoy" in found:
        other = found["Envoy"]
        theme.rows.append(
            Row(
                "edge proxy hop, rules on: requests/s on a core",
                f"{mine['rps_core']:,.0f}",
                f"Envoy {other['rps_core']:,.0f}: {ratio(mine['rps_core'], other['rps_core'])}",
                "≥ 0.5 × Envoy",
                mine["rps_core"] >= 0.5 * other["rps_core"],
            )
        )
    return theme
