"""The services' OpenAPI documents with nothing running: another process builds each service and prints its own."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from typing import Any

from lab.core.errors import EnvironmentLacks
from lab.runtimes.service_files import services_dir

# The services are not imported here: lab and services meet in HTTP, files and telemetry alone.
_PRINT = """
import importlib, json, sys
found = {}
for name, factory in json.loads(sys.stdin.read()).items():
    module, _, function = factory.partition(":")
    found[name] = getattr(importlib.import_module(module), function)().openapi()
print(json.dumps(found))
"""


def contracts(services: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Service → its OpenAPI document; takes a second or two. EnvironmentLacks when it cannot be had."""
    factories = {}
    for name in services:
        path = services_dir() / name / "service.toml"
        factories[name] = tomllib.loads(path.read_text(encoding="utf-8"))["factory"]
    done = subprocess.run(  # noqa: S603 - this interpreter and a program of ours
        [sys.executable, "-P", "-c", _PRINT], input=json.dumps(factories), capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise EnvironmentLacks(f"The services do not tell their API: {last[0]}", "Install faultlab again.")
    return dict(json.loads(done.stdout))
