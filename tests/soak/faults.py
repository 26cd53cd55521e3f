"""What is done to a lab: each fault begins when it is entered and ends when it is left."""

import contextlib
import json
import os
import random
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import psutil

from soak.ground import Ground, Soaked

SERVICES = ("gateway", "orders", "partner")
FLOOD_S = 3.0
FLOOD_RECORDS_PER_S = 20_000
FLOOD_BATCH = 500
HOUR_S = 3600


class Absent(Exception):
    """The fault has nothing to strike at this moment, or this machine does not allow it; says why."""


@dataclass(frozen=True)
class Fault:
    """One kind of mistreatment."""

    name: str
    strike: Callable[[Ground, Soaked, random.Random], AbstractContextManager[None]]
    while_stopped: bool = False
    """It strikes between an end by force and the next start, rather than while commands run."""
    harms_answers: bool = False
    harms_progress: bool = False


def _kill(
    find: Callable[[Soaked, random.Random], "psutil.Process | None"],
) -> Callable[..., AbstractContextManager[None]]:
    @contextlib.contextmanager
    def strike(_ground: Ground, lab: Soaked, rng: random.Random) -> Iterator[None]:
        try:
            victim = find(lab, rng)
            if victim is None:
                raise Absent("not running")
            victim.kill()
        except psutil.NoSuchProcess:
            raise Absent("it ended meanwhile") from None
        yield

    return strike


def _console(lab: Soaked, _rng: random.Random) -> psutil.Process | None:
    return lab.console()


def _service(lab: Soaked, rng: random.Random) -> psutil.Process | None:
    wanted = rng.choice((*SERVICES, "network"))
    return _titled(lab, lambda words: words[:1] == [wanted] or words[-1:] == [f"services.{wanted}"])


def _customers(lab: Soaked, _rng: random.Random) -> psutil.Process | None:
    return _titled(lab, lambda words: words[:1] == ["customers"] or words[-1:] == ["lab.load"])


def _zygote(lab: Soaked, rng: random.Random) -> psutil.Process | None:
    which = rng.choice(("services, warm", "lab.load.zygote"))
    return _titled(lab, lambda words: which in words)


def _titled(lab: Soaked, true: Callable[[list[str]], bool]) -> psutil.Process | None:
    return next((one for one in lab.tree()[1:] if true(one.cmdline())), None)


@contextlib.contextmanager
def _full_disk(ground: Ground, _lab: Soaked, _rng: random.Random) -> Iterator[None]:
    if not ground.small:
        raise Absent("mounting a small disk is not allowed here")
    with ground.full_disk():
        yield


@contextlib.contextmanager
def _slow_disk(ground: Ground, _lab: Soaked, rng: random.Random) -> Iterator[None]:
    if ground.library is None:
        raise Absent("no C compiler here")
    ground.slow_down_disk(rng.choice((0.05, 0.3, 1.0)))
    try:
        yield
    finally:
        ground.slow_down_disk(0)


@contextlib.contextmanager
def _clock_jump(ground: Ground, _lab: Soaked, rng: random.Random) -> Iterator[None]:
    if ground.library is None:
        raise Absent("no C compiler here")
    ground.set_clock(rng.choice((-HOUR_S, -5, 5, HOUR_S, 30 * 24 * HOUR_S)))
    try:
        yield
        time.sleep(1)
    finally:
        ground.set_clock(0)


@contextlib.contextmanager
def _paused(_ground: Ground, lab: Soaked, rng: random.Random) -> Iterator[None]:
    """As a laptop that is closed, or a machine that swaps: some process does nothing for a while."""
    tree = lab.tree()
    if not tree:
        raise Absent("not running")
    victim = rng.choice(tree)
    try:
        victim.suspend()
        time.sleep(rng.choice((0.5, 3.0)))
    except psutil.NoSuchProcess:
        raise Absent("it ended meanwhile") from None
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.resume()
    yield


@contextlib.contextmanager
def _port_stolen(_ground: Ground, lab: Soaked, rng: random.Random) -> Iterator[None]:
    """A service ends, and before it is back somebody else listens at its port."""
    name = rng.choice(SERVICES)
    try:
        victim = _titled(lab, lambda words: words[:1] == [name] or words[-1:] == [f"services.{name}"])
        if victim is None:
            raise Absent("not running")
        ports = [one.laddr.port for one in victim.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
        victim.kill()
    except psutil.NoSuchProcess:
        raise Absent("it ended meanwhile") from None
    with contextlib.ExitStack() as thieves:
        for port in ports:
            thief = thieves.enter_context(socket.socket())
            with contextlib.suppress(OSError):  # it was back at once
                thief.bind(("127.0.0.1", port))
                thief.listen()
        yield


@contextlib.contextmanager
def _ports_taken(_ground: Ground, _lab: Soaked, _rng: random.Random) -> Iterator[None]:
    """Others listen where console and shop would like to."""
    with contextlib.ExitStack() as others:
        for port in (*range(7700, 7705), *range(8000, 8005)):
            other = others.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                other.bind(("127.0.0.1", port))
                other.listen()
        yield


@contextlib.contextmanager
def _flood(_ground: Ground, lab: Soaked, rng: random.Random) -> Iterator[None]:
    """A program that writes far more log lines than anybody reads."""
    status = lab.run("status", "--json")
    if status.code != 0:
        raise Absent("not running")
    console = status.json["addresses"]["console"]
    yield
    began = time.monotonic()
    sent = 0
    while (passed := time.monotonic() - began) < FLOOD_S:
        if sent > passed * FLOOD_RECORDS_PER_S:
            time.sleep(0.01)
            continue
        try:
            _send(f"{console}/v1/logs", _batch(rng))
        except urllib.error.HTTPError as refused:
            refused.close()
            if refused.code not in (429, 503):
                raise
        except OSError:
            return  # the console ended: what follows finds out whether it should have
        sent += FLOOD_BATCH


def _batch(rng: random.Random) -> bytes:
    now = time.time_ns()
    records = [
        {
            "timeUnixNano": str(now),
            "severityText": "INFO",
            "body": {"stringValue": f"noise {rng.random()}"},
            "attributes": [{"key": "n", "value": {"intValue": str(number)}}],
        }
        for number in range(FLOOD_BATCH)
    ]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "noisy"}}]}
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}).encode()


def _send(url: str, body: bytes) -> None:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


def _file_damaged(find: Callable[[Soaked], "Path | None"]) -> Callable[..., AbstractContextManager[None]]:
    @contextlib.contextmanager
    def strike(_ground: Ground, lab: Soaked, rng: random.Random) -> Iterator[None]:
        path = find(lab)
        if path is None or not path.is_file() or not path.stat().st_size:
            raise Absent("there is none yet")
        damage(path, rng)
        yield

    return strike


def damage(path: Path, rng: random.Random) -> None:
    """Cut it, flip some of its bytes, or put something foreign at its end."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        match rng.choice(("cut", "flip", "append")):
            case "cut":
                file.truncate(rng.randrange(size))
            case "flip":
                for _ in range(rng.randrange(1, 40)):
                    file.seek(rng.randrange(size))
                    file.write(rng.randbytes(1))
            case _:
                file.seek(size)
                file.write(rng.choice((b"{}\n", b"null\n[1]\n", b"\xff\xfe\x00", b'{"t": 1, "what": "answered"}\n')))


def _store(lab: Soaked) -> Path | None:
    return next(iter((lab.home / "run").glob("*/telemetry.db")), None)


def _progress(lab: Soaked) -> Path:
    return lab.home / "progress.jsonl"


def _console_file(lab: Soaked) -> Path:
    return lab.home / "console.json"


@contextlib.contextmanager
def _older_state(_ground: Ground, lab: Soaked, rng: random.Random) -> Iterator[None]:
    """What an earlier or a later version may have left in this home."""
    folder = lab.home / "sessions" / f"{rng.randrange(16**8):08x}"
    folder.mkdir(parents=True)
    opened = {"t": time.time() - 1e6, "what": "opened", "format": rng.choice((0, 2)), "scenario": "rate-limit"}
    (folder / "journal.jsonl").write_text(json.dumps(opened) + "\n", encoding="utf-8")
    os.utime(folder / "journal.jsonl", (time.time() - 1e6,) * 2)
    (lab.home / "settings.ini").write_text("[lab]\nversion = 0.0.1\n", encoding="utf-8")
    with _progress(lab).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"scenario": "rate-limit", "score": 0.5}) + "\n")
    (lab.home / "console.json").write_text(json.dumps({"pid": 2**22 - 1, "port": 1}), encoding="utf-8")
    (lab.home / "cache").mkdir(exist_ok=True)
    (lab.home / "cache" / "orders-100000-000000000000.db").write_bytes(b"from long ago")
    yield


@contextlib.contextmanager
def _interrupted(_ground: Ground, lab: Soaked, _rng: random.Random) -> Iterator[None]:
    """Ctrl-C at the command under way."""
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "lab.cli" in process.cmdline():
                process.send_signal(signal.SIGINT)
    yield


FAULTS = (
    Fault("the console is killed", _kill(_console)),
    Fault("a service or the proxy is killed", _kill(_service)),
    Fault("the customers are killed", _kill(_customers)),
    Fault("a template process (new services are forked from it) is killed", _kill(_zygote)),
    Fault("a process stands still for a while", _paused),
    Fault("Ctrl-C at any moment", _interrupted),
    Fault("the disk is full", _full_disk),
    Fault("the disk is slow", _slow_disk),
    Fault("the clock jumps", _clock_jump),
    Fault("a service's port is stolen", _port_stolen),
    Fault("the usual ports are taken", _ports_taken, while_stopped=True),
    Fault("20,000 log records a second", _flood),
    Fault("the telemetry store is damaged", _file_damaged(_store)),
    Fault("the journal is damaged", _file_damaged(Soaked.journal), while_stopped=True, harms_answers=True),
    Fault("the progress file is damaged", _file_damaged(_progress), while_stopped=True, harms_progress=True),
    Fault("the console's address file is damaged", _file_damaged(_console_file)),
    Fault("an older version's files lie around", _older_state, while_stopped=True),
)
