"""What logging, tracing and export cost a request in processor time: ours, and the OpenTelemetry SDK's."""

import contextlib
import json
import statistics
import tempfile
from pathlib import Path

from benchmarks import load, ours
from benchmarks.harness import LOAD_CORE, Effort, Program, Row, Theme, free_port, python, take_turns
from benchmarks.themes.gateway import KEY, KEYS

TITLE = "Telemetry: cost of a request"
OURS = {"off": "ours, off", "log": "ours, JSON log lines", "all": "ours, log lines, spans and logs by OTLP"}
SDK = {"off": "SDK, off", "all": "SDK, spans and logs by OTLP"}


def measure(effort: Effort) -> Theme:
    """The same requests with telemetry on and off; the difference is what it costs.

    Ours is the gateway answering from its cache: one server span and one log record a request, as the SDK's program.
    """
    theme = Theme(TITLE, [], ("program", "µs CPU a request", "of it telemetry"))
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory() as given:
        folder = Path(given)

        def kept(program: Program) -> Program:
            stack.callback(program.stop)
            return program

        callee = kept(python("callee", "callee.py", port=free_port(), core=LOAD_CORE))
        sink = kept(python("sink", "callee.py", port=free_port(), core=LOAD_CORE))
        (folder / "keys.json").write_text(json.dumps(KEYS), encoding="utf-8")
        env = {"ORDERS_URL": callee.url, "API_KEYS_FILE": str(folder / "keys.json")}
        more: dict[str, dict[str, str]] = {
            "off": {},
            "log": {"LOG_STDOUT": "1"},
            "all": {"LOG_STDOUT": "1", "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url},
        }
        cached = {"cache_ttl_s": 3600}
        programs = {OURS[mode]: kept(ours.service("gateway", folder, {**env, **more[mode]}, cached)) for mode in OURS}
        programs[SDK["off"]] = kept(python("sdk", "sdk_service.py", port=free_port()))
        programs[SDK["all"]] = kept(python("sdk", "sdk_service.py", sink.url, port=free_port()))

        def once(name: str) -> float:
            path = "/api/v1/products?limit=1" if name in OURS.values() else "/orders/o-1?full=1"
            return load.wrk(programs[name], path, 8, effort.seconds, headers={"X-API-Key": KEY})["cpu_us"]

        for name in programs:
            once(name)
        turns = take_turns(list(programs), 2 * effort.rounds, once)
        found = {name: statistics.median(many) for name, many in turns.items()}
    theme.raw = {"cpu_us": found}
    off = {name: found[OURS["off"] if name in OURS.values() else SDK["off"]] for name in found}
    theme.table = [
        (name, f"{cpu:.0f}", f"{cpu - off[name]:.0f}" if cpu != off[name] else "") for name, cpu in found.items()
    ]
    mine = found[OURS["all"]] - found[OURS["off"]]
    theirs = found[SDK["all"]] - found[SDK["off"]]
    theme.rows.append(
        Row(
            "logging, tracing and export: µs CPU a request and server span",
            f"{mine:.0f}",
            f"OpenTelemetry SDK {theirs:.0f}",
            "≤ 60",
            mine <= 60,
        )
    )
    return theme
