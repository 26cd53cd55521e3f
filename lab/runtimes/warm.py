"""What zygotes warm: services that say how they are built, and the edge proxy."""

import asyncio
from collections.abc import Callable, MutableMapping
from functools import cache
from importlib import import_module
from typing import Any

from lab.processes.zygote import serve_parent
from lab.runtimes.service_files import ServiceFile, service_files

Application = Callable[..., Any]
# reached by name only: nothing here imports the proxy or the services
PROXY = "lab.proxy"


Programs = dict[str, Callable[[], object]]
"""Module → what `python -m module` does, everything imported that it will need."""


@cache
def programs() -> Programs:
    """The whole system, for a machine that runs all of it; once in a process and those forked from it."""
    found = network()
    for service in service_files().values():
        found |= one(service)
    return found


def network() -> Programs:
    """The edge proxy alone."""
    return {PROXY: import_module(f"{PROXY}.__main__").warmed()}


def one(service: ServiceFile) -> Programs:
    """A service, its application built and asked once; nothing when it does not say how it is built."""
    if service.factory is None or len(service.command) != 3:
        return {}
    module, _, function = service.factory.partition(":")
    application = getattr(import_module(module), function)()
    asyncio.run(_ask(application, service.health))
    asyncio.run(_ask(application, "/nowhere"))
    return {service.command[2]: application.serve}


async def _ask(application: Application, path: str) -> None:
    """One request without a socket, so that everything that happens at the first request has happened."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: MutableMapping[str, Any]) -> None:
        pass

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "client": None,
        "server": None,
        "state": {},
    }
    await application(scope, receive, send)


if __name__ == "__main__":
    serve_parent(programs)
