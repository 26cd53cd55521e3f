"""The services' OpenAPI documents with nothing running: another process builds each service and prints its own."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from lab.core.errors import EnvironmentLacks
from lab.runtimes.service_files import service_files

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
    """Service → its OpenAPI document, of those that name a factory; takes a second or two.

    EnvironmentLacks when they cannot be had.
    """
    known = service_files()
    factories = {name: known[name].factory for name in services if known[name].factory is not None}
    done = subprocess.run(  # noqa: S603 - this interpreter and a program of ours
        [sys.executable, "-P", "-c", _PRINT], input=json.dumps(factories), capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise EnvironmentLacks(f"The services do not tell their API: {last[0]}", "Install faultlab again.")
    return dict(json.loads(done.stdout))
