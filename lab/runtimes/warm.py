"""What the embedded runtime's zygote warms: every service that says how it is built, and the edge proxy."""

import asyncio
from collections.abc import Callable, MutableMapping
from importlib import import_module
from typing import Any

from lab.processes.zygote import serve_parent
from lab.runtimes.service_files import service_files

Application = Callable[..., Any]
# reached by name only: nothing here imports the proxy or the services
PROXY = "lab.proxy"


def programs() -> dict[str, Callable[[], object]]:
    """Module → what `python -m module` does, everything imported and every application built and asked once."""
    found: dict[str, Callable[[], object]] = {PROXY: import_module(f"{PROXY}.__main__").warmed()}
    for service in service_files().values():
        if service.factory is None or len(service.command) != 3:
            continue
        module, _, function = service.factory.partition(":")
        application = getattr(import_module(module), function)()
        asyncio.run(_ask(application, service.health))
        asyncio.run(_ask(application, "/nowhere"))
        found[service.command[2]] = application.serve
    return found


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
