"""Other proxies in front of the same callee, where this machine has them."""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

NGINX = """\
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder}; keepalive_requests 100000000;
  upstream callee {{ server 127.0.0.1:{callee}; keepalive 512; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{ proxy_pass http://callee; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""


def envoy_config(port: int, callee: int, delay_ms: int) -> dict[str, Any]:
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


def start(name: str, port: int, callee: int, folder: Path, delay_ms: int = 0) -> subprocess.Popen[bytes] | None:
    """The peer in front of the callee, Envoy with a delay if asked; None where it is not installed."""
    program = shutil.which(name)
    if program is None:
        return None
    if name == "nginx":
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, callee=callee), encoding="utf-8")
        command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    else:
        config = folder / f"envoy-{delay_ms}.json"
        config.write_text(json.dumps(envoy_config(port, callee, delay_ms)), encoding="utf-8")
        command = [program, "-c", str(config), "--concurrency", "1", "--log-level", "critical"]
        command += ["--disable-hot-restart"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(port)
    return process


def wait_for(port: int, within_s: float = 20.0) -> None:
    """Until something answers there."""
    until_s = time.monotonic() + within_s
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).close()
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > until_s:
                raise
            time.sleep(0.05)
