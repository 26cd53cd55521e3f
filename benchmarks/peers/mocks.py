"""Programs that stand in for an API: mountebank, Mockoon, Prism and WireMock, from npm, each answering one route.

All answer `GET /orders/o-1` with 200 and `POST /v1/charges` with 201 and the same JSON; `delay` says how late.
"""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import Program, free_port, start, wait_for
from benchmarks.peers import CACHE, Lacking

PACKAGES = {
    "mountebank": "mountebank@2.9.1",
    "Mockoon": "@mockoon/cli@9.9.0",
    "Prism": "@stoplight/prism-cli@5.14.2",
    "WireMock": "wiremock@3.13.2",
}
BODY = {"id": "o-1", "total_cents": 1250, "items": [1, 2, 3]}
PATHS = (("GET", "/orders/o-1", 200), ("POST", "/v1/charges", 201))


@dataclass(frozen=True)
class Delay:
    """A fixed delay, or a lognormal one."""

    fixed_ms: float = 0.0
    median_ms: float = 0.0
    sigma: float = 0.0
    fault: str = ""


def package(name: str) -> Path:
    """Its folder of node modules; Lacking when it cannot be had."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise Lacking(f"{name}: there is no npm here")
    folder = CACHE / "npm" / name.lower()
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
        words = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGES[name]]
        try:
            subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=600)
        except (OSError, subprocess.SubprocessError) as error:
            raise Lacking(f"{name}: npm could not install it ({error})") from None
        (folder / "installed").touch()
    return folder / "node_modules"


def mountebank(folder: Path, delay: Delay = Delay()) -> Program:  # frozen
    """An imposter by its API."""
    admin, port = free_port(), free_port()
    script = package("mountebank") / "mountebank/bin/mb"
    words = ["node", str(script), "start", "--port", str(admin), "--localOnly", "--nologfile", "--loglevel", "error"]
    program = start("mountebank", words, admin, cwd=folder)
    behaviors = [{"wait": int(delay.fixed_ms)}] if delay.fixed_ms else []
    stubs: list[dict[str, Any]] = []
    for method, path, status in PATHS:
        headers = {"Content-Type": "application/json", "Connection": "keep-alive"}  # it closes otherwise
        answer = {"statusCode": status, "headers": headers, "body": json.dumps(BODY)}
        response: dict[str, Any] = {"is": answer, "behaviors": behaviors}
        if delay.fault:
            response = {"fault": delay.fault}
        stubs.append({"predicates": [{"equals": {"method": method, "path": path}}], "responses": [response]})
    imposter = {"port": port, "protocol": "http", "host": "127.0.0.1", "recordRequests": False, "stubs": stubs}
    request = urllib.request.Request(
        f"{program.url}/imposters", json.dumps(imposter).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    urllib.request.urlopen(request, timeout=10).close()
    program.port = port
    return program


def mockoon(folder: Path, delay: Delay = Delay()) -> Program:  # frozen
    """An environment file."""
    port = free_port()
    routes = [
        {
            "uuid": f"route-{number}",
            "type": "http",
            "method": method.lower(),
            "endpoint": path[1:],
            "responseMode": None,
            "responses": [
                {
                    "uuid": f"answer-{number}",
                    "body": json.dumps(BODY),
                    "latency": int(delay.fixed_ms),
                    "statusCode": status,
                    "label": "",
                    "headers": [{"key": "Content-Type", "value": "application/json"}],
                    "bodyType": "INLINE",
                    "filePath": "",
                    "databucketID": "",
                    "sendFileAsBody": False,
                    "rules": [],
                    "rulesOperator": "OR",
                    "disableTemplating": True,
                    "fallbackTo404": False,
                    "default": True,
                    "crudKey": "id",
                    "callbacks": [],
                }
            ],
        }
        for number, (method, path, status) in enumerate(PATHS)
    ]
    environment = {
        "uuid": "bench",
        "lastMigration": 33,
        "name": "bench",
        "endpointPrefix": "",
        "latency": 0,
        "port": port,
        "hostname": "127.0.0.1",
        "folders": [],
        "routes": routes,
        "rootChildren": [{"type": "route", "uuid": f"route-{number}"} for number in range(len(routes))],
        "proxyMode": False,
        "proxyHost": "",
        "proxyRemovePrefix": False,
        "tlsOptions": {"enabled": False},
        "cors": False,
        "headers": [],
        "proxyReqHeaders": [],
        "proxyResHeaders": [],
        "data": [],
        "callbacks": [],
    }
    file = folder / f"mockoon-{port}.json"
    file.write_text(json.dumps(environment), encoding="utf-8")
    script = package("Mockoon") / "@mockoon/cli/bin/run.js"
    words = ["node", str(script), "start", "--data", str(file), "--disable-log-to-file", "--disable-admin-api"]
    return start("Mockoon", words, port, cwd=folder, path="/orders/o-1")


def prism(folder: Path, delay: Delay = Delay()) -> Program:  # frozen
    """An OpenAPI document with examples; it cannot delay."""
    if delay != Delay():
        raise Lacking("Prism: it can neither delay nor break an answer")
    port = free_port()
    paths: dict[str, Any] = {}
    for method, path, status in PATHS:
        answer = {"description": "x", "content": {"application/json": {"example": BODY, "schema": {"type": "object"}}}}
        asked = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
        paths[path] = {method.lower(): {"responses": {str(status): answer}, **(asked if method == "POST" else {})}}
    document = {"openapi": "3.0.3", "info": {"title": "bench", "version": "1"}, "paths": paths}
    file = folder / "prism.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    script = package("Prism") / "@stoplight/prism-cli/dist/index.js"
    words = ["node", str(script), "mock", "-h", "127.0.0.1", "-p", str(port), str(file), "-v", "fatal"]
    return start("Prism", words, port, cwd=folder, path="/orders/o-1")


def wiremock(folder: Path, delay: Delay = Delay()) -> Program:  # frozen
    """Mapping files, without its journal of requests."""
    if shutil.which("java") is None:
        raise Lacking("WireMock: there is no Java here")
    port = free_port()
    home = folder / f"wiremock-{port}"
    (home / "mappings").mkdir(parents=True)
    for number, (method, path, status) in enumerate(PATHS):
        answer: dict[str, Any] = {"status": status, "headers": {"Content-Type": "application/json"}, "jsonBody": BODY}
        if delay.fixed_ms:
            answer["fixedDelayMilliseconds"] = int(delay.fixed_ms)
        if delay.median_ms:
            answer["delayDistribution"] = {"type": "lognormal", "median": delay.median_ms, "sigma": delay.sigma}
        if delay.fault == "dribble":
            answer["chunkedDribbleDelay"] = {"numberOfChunks": 6, "totalDuration": 360}
        elif delay.fault:
            answer["fault"] = delay.fault
        mapping = {"request": {"method": method, "url": path}, "response": answer}
        (home / "mappings" / f"{number}.json").write_text(json.dumps(mapping), encoding="utf-8")
    (jar,) = (package("WireMock") / "wiremock/build").glob("*.jar")
    words = ["java", "-jar", str(jar), "--port", str(port), "--bind-address", "127.0.0.1", "--root-dir", str(home)]
    words += ["--no-request-journal", "--disable-banner", "--async-response-enabled", "true"]
    program = start("WireMock", words, port, cwd=folder, path="/nothing")
    wait_for(f"{program.url}/nothing")
    return program


MOCKS: dict[str, Callable[..., Program]] = {
    "mountebank": mountebank,
    "Mockoon": mockoon,
    "Prism": prism,
    "WireMock": wiremock,
}
