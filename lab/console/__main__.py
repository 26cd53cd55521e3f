"""`python -m lab.console`: one console for one home, on loopback; in a container, on its network."""

import argparse
import contextlib
import gc
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lab.core.clock import SystemClock
from lab.core.errors import ENVIRONMENT, EnvironmentLacks, LabError
from lab.core.ports import CONSOLE, TRIES
from lab.core.whole import write_whole
from lab.processes import Launcher
from lab.processes.spawn import Spawner
from lab.remote import unused
from lab.session.home import Home

if TYPE_CHECKING:
    from lab.processes.zygote import Closeable

PREPARE = "lab.runtimes.postgres.prepare"


def main(words: Sequence[str] | None = None) -> int:
    """Serve until told to stop; exit 4 with one sentence when the machine lacks something."""
    parser = argparse.ArgumentParser(prog="python -m lab.console")
    given = os.environ.get("LAB_HOME")
    parser.add_argument("--home", type=Path, default=given, required=not given)
    parser.add_argument("--port", type=int, default=None)
    parser.add_argument("--scenarios", type=Path, action="append", default=[])
    parser.add_argument("--contained", action="store_true", help="this is the console's container")
    arguments = parser.parse_args(words)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    try:
        with _only_one(Home(arguments.home)) as lock:
            _serve(Home(arguments.home), arguments.port, arguments.scenarios, lock, contained=arguments.contained)
    except LabError as error:
        print(json.dumps({"what": error.what, "hint": error.hint}), file=sys.stderr)  # noqa: T201 (read by `lab start`)
        return error.exit_code
    except OSError as error:
        what = f"The lab's folder {arguments.home} cannot be used: {error.strerror}."
        hint = "Give another one: `LAB_HOME=/some/folder lab start`"
        print(json.dumps({"what": what, "hint": hint}), file=sys.stderr)  # noqa: T201
        return ENVIRONMENT
    return 0


@contextlib.contextmanager
def _only_one(home: Home) -> Iterator[IO[str]]:
    """Hold the home's lock; the system lets go of it however this process ends."""
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with home.lock.open("a") as lock:
        home.lock.chmod(0o600)
        if not _locked(lock):
            raise EnvironmentLacks(
                f"A lab is running already in {home.root}.",
                "Go on with it (`lab status`), end it (`lab stop`), or give another folder in LAB_HOME.",
            )
        yield lock


def _locked(lock: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _listen(port: int | None, host: str) -> socket.socket:
    for candidate in [port] if port is not None else range(CONSOLE, CONSOLE + TRIES):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            # at once: a port that is bound but does not listen yet can be bound by another console as well
            listener.listen(128)
        except OSError:
            listener.close()
        else:
            listener.set_inheritable(False)
            return listener
    if port is not None:
        raise EnvironmentLacks(f"Port {port} is taken.", "Leave out --port, or give another one.")
    raise EnvironmentLacks(
        f"Ports {CONSOLE} to {CONSOLE + TRIES - 1} are all taken.",
        "Give a free one: `lab start --port 9000`",
    )


def _launcher(held: "Sequence[Closeable]", *, contained: bool) -> Launcher:
    """Forks from warmed processes where that is good, else starts plain ones. `held` is not for children."""
    if sys.platform != "linux" or os.environ.get("LAB_NO_FORK") == "1":
        return Spawner()
    # what the console and the services both need is imported before they part, and so shared
    import uvicorn  # noqa: F401

    from lab.processes.forked import Forker
    from lab.processes.zygote import fork_zygote, spawn_zygote
    from lab.runtimes import warm

    customers = spawn_zygote("lab.load.zygote")
    # the services of a lab in containers are warm in their own
    services = fork_zygote(warm.network if contained else warm.programs, [*held, customers[0]])
    return Forker(services, Forker(customers, Spawner()))


def _prepare() -> subprocess.Popen[bytes]:
    """Have the database made and filled meanwhile; its container waits for a secret, which one process alone makes."""
    from lab.runtimes.site import in_containers

    in_containers().make_secrets()
    return subprocess.Popen([sys.executable, "-P", "-m", PREPARE])  # noqa: S603 - our own module, no shell


def _serve(home: Home, port: int | None, scenarios: list[Path], lock: IO[str], *, contained: bool) -> None:
    idle_minutes = unused.limit_min(os.environ)
    listener = _listen(port, "0.0.0.0" if contained else "127.0.0.1")  # noqa: S104 - published on the host's loopback
    preparing = _prepare() if contained else None
    gc.disable()  # nothing of what is loaded now will ever be garbage
    # heavy imports only after the cheap reasons to refuse
    launcher = _launcher([listener, lock], contained=contained)
    if preparing is not None:  # somebody has to be told of its end; no thread before the last fork
        threading.Thread(target=preparing.wait, daemon=True).start()
    import uvicorn

    from lab.console.app import create_app
    from lab.console.idle import Idle
    from lab.console.otlp_out import from_environment
    from lab.runtimes.site import TELEMETRY_HOST
    from lab.session.owner import Owner

    nonce = secrets.token_hex(16)
    clock = SystemClock()
    own_port = listener.getsockname()[1]
    inside = f"http://127.0.0.1:{own_port}"
    forwarder = from_environment(os.environ, own_port)
    owner = Owner(home, clock, nonce, launcher, scenarios, "compose" if contained else "embedded")
    owner.console_url = os.environ.get("CONSOLE_URL", inside) if contained else inside
    server: uvicorn.Server

    def stop_serving() -> None:
        server.should_exit = True

    config = uvicorn.Config(
        create_app(
            owner,
            stop_serving,
            telemetry_hosts=frozenset({TELEMETRY_HOST}) if contained else frozenset(),
            forwarder=forwarder,
            use=Idle(idle_minutes),
            stays=contained,
        ),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        lifespan="on",
    )
    server = uvicorn.Server(config)
    gc.freeze()
    gc.enable()
    # uvicorn stops in order at a signal, then raises it again: what is below must still run
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    told = {
        "url": inside,
        "pid": os.getpid(),
        "nonce": nonce,
        "started_at": clock.now(),
        "contained": contained,
    }
    _tell(home, lock, json.dumps(told))
    unused.forget(home.root)
    try:
        server.run(sockets=[listener])
    finally:
        home.console_file.unlink(missing_ok=True)
        lock.truncate(0)


def _tell(home: Home, lock: IO[str], text: str) -> None:
    """Say where this console is; in the lock as well, for a console whose file somebody damaged could not be ended."""
    lock.truncate(0)
    lock.write(text)
    lock.flush()
    write_whole(home.console_file, text)


if __name__ == "__main__":
    sys.exit(main())
