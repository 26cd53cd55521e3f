"""`python -m lab.runtimes.supervisor gateway`: what runs in each service's container, and does as the lab says.

GET    /health                        who is here; for Docker, without a token
GET    /service?after=3&wait_s=1      how the service is, and what happened after event 3
PUT    /service                       start it: {"env": {…}, "stay_down": false}; answers when it is healthy
DELETE /service                       end it
POST   /service/kill                  {"stay_down": false}; also bring_back, pause, resume

Everything but /health wants the token that the lab left in the control volume; without it there is nothing here.
"""

import asyncio
import contextlib
import hmac
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from lab.core.errors import LabError, NotFound, UsageError, did_you_mean, problem
from lab.processes import Launcher
from lab.processes.spawn import Spawner
from lab.runtimes import warm
from lab.runtimes.service_files import ServiceFile, service_files
from lab.runtimes.site import CONTROL, CONTROL_TOKEN, SUPERVISOR_PORT
from lab.runtimes.supervised import Supervised

LONGEST_WAIT_S = 30.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def main() -> int:
    """Supervise one service until told to end; exit 2 when there is no such service."""
    try:
        service = _service(sys.argv[1:])
    except LabError as error:
        sys.stderr.write(f"Error: {error.what} Try: {error.hint}\n")
        return error.exit_code
    launcher = _launcher(service)
    with tempfile.TemporaryDirectory(prefix=f"{service.name}-") as folder, contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_serve(service, launcher, Path(folder)))
    return 0


def _service(words: list[str]) -> ServiceFile:
    known = service_files()
    if len(words) != 1:
        raise UsageError("Name one service.", f"Known services: {', '.join(known)}.")
    if words[0] not in known:
        hint = f"{did_you_mean(words[0], known)}Known services: {', '.join(known)}."
        raise NotFound(f"There is no service {words[0]!r}.", hint)
    return known[words[0]]


def _launcher(service: ServiceFile) -> Launcher:
    """Forks the service from a warmed process, so that it is back in milliseconds; plain processes elsewhere."""
    if sys.platform != "linux" or os.environ.get("LAB_NO_FORK") == "1":
        return Spawner()
    from lab.processes.forked import Forker
    from lab.processes.zygote import fork_zygote

    return Forker(fork_zygote(partial(warm.one, service)), Spawner())


async def _serve(service: ServiceFile, launcher: Launcher, folder: Path) -> None:
    supervised = Supervised(service, launcher, folder)
    runner = web.AppRunner(application(supervised, CONTROL / CONTROL_TOKEN), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", SUPERVISOR_PORT).start()  # noqa: S104 - its network has only our containers
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await supervised.close()
    await runner.cleanup()


def application(supervised: Supervised, token: Path) -> web.Application:
    """The control API; `token` is read at each request, since the lab may come later than we do."""
    app = web.Application(middlewares=[_explained, _admitted(token)])

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"supervises": supervised.service.name, "boot": supervised.boot})

    async def status(request: web.Request) -> web.Response:
        after, wait_s = int(request.query.get("after", 0)), float(request.query.get("wait_s", 0))
        return web.json_response(await supervised.status(after, min(wait_s, LONGEST_WAIT_S)))

    async def start(request: web.Request) -> web.Response:
        asked = await _body(request)
        env = asked.get("env")
        if not isinstance(env, dict) or not all(isinstance(value, str) for value in env.values()):
            raise UsageError("'env' must be an object of names and texts.", "Send it.")
        await supervised.start(env, stay_down=asked.get("stay_down") is True)
        return web.json_response(await supervised.status(0, 0))

    async def stop(_: web.Request) -> web.Response:
        await supervised.stop()
        return web.json_response({})

    async def act(request: web.Request) -> web.Response:
        match request.match_info["what"]:
            case "kill":
                await supervised.kill(stay_down=(await _body(request)).get("stay_down") is True)
            case "bring_back":
                await supervised.bring_back()
            case "pause":
                await supervised.pause()
            case "resume":
                await supervised.resume()
            case other:
                raise NotFound(f"Nobody can {other!r} a service.", "Known: kill, bring_back, pause, resume.")
        return web.json_response({})

    app.router.add_get("/health", health)
    app.router.add_get("/service", status)
    app.router.add_put("/service", start)
    app.router.add_delete("/service", stop)
    app.router.add_post("/service/{what}", act)
    return app


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json() if request.can_read_body else {}
    except ValueError:
        raise UsageError("The body is not JSON.", "Send a JSON object.") from None
    if not isinstance(body, dict):
        raise UsageError("The body is not a JSON object.", "Send one.")
    return body


def _written(token: Path) -> str:
    with contextlib.suppress(OSError):
        return token.read_text(encoding="utf-8").strip()
    return ""


def _admitted(token: Path) -> Any:
    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != "/health":
            expected, given = _written(token), request.headers.get("Authorization", "")
            if not expected or not hmac.compare_digest(given.encode(), f"Bearer {expected}".encode()):
                raise NotFound("There is nothing here.", "Check the address.")
        return await handler(request)

    return check


@web.middleware
async def _explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except LabError as error:
        told = problem(error)
    except ValueError as error:
        told = problem(UsageError(f"The request cannot be understood: {error}.", "Mend it."))
    return web.json_response(told, status=told["status"], content_type="application/problem+json")


if __name__ == "__main__":
    sys.exit(main())
