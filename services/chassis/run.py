"""The life of a service's process: environment, port, server, end."""

import gc
import importlib
import logging
import os
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

import uvicorn
from pydantic import ValidationError

from services.chassis.app import ServiceApp
from services.chassis.boot import Boot
from services.chassis.parent import end_with_parent
from services.chassis.protocol import ProblemProtocol

USAGE, ENVIRONMENT = 2, 4


def run(name: str) -> NoReturn:
    """Build and serve `services.<name>`: what `python -m services.<name>` does."""
    app = importlib.import_module(f"services.{name}.app").create()
    serve(app)


def serve(app: ServiceApp) -> NoReturn:
    """Serve a built application in this process, by the environment it has now, until SIGTERM."""
    name = app.service.name
    try:
        boot = app.service.boot_model()
        boot.admin_token()
    except ValidationError as error:
        first = error.errors()[0]
        variable, why = str(first["loc"][0]).upper(), first["msg"].removeprefix("Value error, ")
        _give_up(name, f"the environment variable {variable} is wrong: {why}", USAGE)
    except OSError as error:
        _give_up(name, f"cannot read the token file {error.filename}: {error.strerror}", ENVIRONMENT)
    if boot.exit_with_parent:
        end_with_parent()
    listener = _listen(name, boot, app.service.manifest.port)
    signal.signal(signal.SIGTERM, _end)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            loop="uvloop" if sys.platform != "win32" else "asyncio",
            http=type("Protocol", (ProblemProtocol,), {"types": app.service.problem_types}),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,  # longer than any caller keeps one, so that we never close it under them
            timeout_graceful_shutdown=1,
        )
    )
    gc.collect()
    gc.freeze()  # what was imported and built stays: no collection need look at it
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it repeats what our own log says
    try:
        server.run(sockets=[listener])
    except SystemExit:
        failure = app.service.start_error
        if failure is None:
            raise
        _give_up(name, f"cannot start: {failure}", ENVIRONMENT)
    sys.exit(0)


def _listen(name: str, boot: Boot, default_port: int) -> socket.socket:
    port = default_port if boot.port is None else boot.port
    family = socket.AF_INET6 if ":" in boot.host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only on sockets that say they are TCP
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((boot.host, port))
        listener.listen(2048)  # at once: a port that is only bound can be bound by another program as well
    except OSError as error:
        _give_up(
            name,
            f"cannot listen on {boot.host}:{port}: {error.strerror}. Set PORT to a free one.",
            ENVIRONMENT,
        )
    listener.set_inheritable(False)
    return listener


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    """uvicorn raises the signal again once it has shut down; by then the work is done well."""
    sys.exit(0)


def _give_up(name: str, why: str, code: int) -> NoReturn:
    sys.stderr.write(f"{name}: {why}\n")
    sys.exit(code)
