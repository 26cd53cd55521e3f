"""What every theme measures with: cores, programs, rounds that take turns, processor time, memory."""

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(__file__).parent / "programs"
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[-1], CORES[0]
"""What is measured has a core of its own; callees and load share the other one."""
_HERTZ = os.sysconf("SC_CLK_TCK")
T = TypeVar("T")
realtime = False
"""Set by `--realtime`: whatever else runs on the machine waits meanwhile. Takes root."""


@dataclass(frozen=True)
class Effort:
    """How long to measure: `rounds` turns of `seconds` each."""

    rounds: int = 5
    seconds: float = 4.0
    quick: bool = False


@dataclass(frozen=True)
class Row:
    """One budget and what was measured for it. `met` is None where there is nothing to hold it against."""

    what: str
    measured: str
    beside: str
    budget: str
    met: bool | None


@dataclass
class Theme:
    """What one theme found out: rows against budgets, a table of every contender, what could not be had."""

    title: str
    rows: list[Row]
    head: Sequence[str] = ()
    table: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)


class Program:
    """A running program of ours or a peer's, on one core; ended with its children."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.name = name
        self.process = process
        self.port = port

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """Processor time that it and its children have used so far."""
        return sum(cpu_s(pid) for pid in self.pids())

    def pids(self) -> list[int]:
        """Its own and its children's."""
        with contextlib.suppress(psutil.NoSuchProcess):
            own = psutil.Process(self.process.pid)
            return [own.pid, *(one.pid for one in own.children(recursive=True))]
        return []

    def stop(self) -> None:
        """End it for sure."""
        family = [psutil.Process(pid) for pid in self.pids() if psutil.pid_exists(pid)]
        for end in ("terminate", "kill"):
            for one in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    getattr(one, end)()
            _, family = psutil.wait_procs(family, timeout=3)
        self.process.wait(5)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def start(
    name: str,
    command: Sequence[str],
    port: int,
    *,
    core: int = SERVER_CORE,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    path: str = "/",
    within_s: float = 60.0,
    stdin: bool = False,
) -> Program:
    """Run the command on a core and wait until something answers on its port."""
    process = subprocess.Popen(
        [*command],
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        cwd=cwd,
        preexec_fn=placed(core),
    )
    program = Program(name, process, port)
    try:
        wait_for(f"{program.url}{path}", process, within_s)
    except BaseException:
        program.stop()
        raise
    return program


def placed(core: int) -> Callable[[], None]:
    """Puts a process that is about to start on its core, and with `realtime` before everybody else there."""

    def place() -> None:
        os.sched_setaffinity(0, {core})
        if realtime:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))

    return place


def python(name: str, program: str, *words: object, port: int, **more: Any) -> Program:
    """One of `programs/`, given its port first."""
    command = [sys.executable, str(PROGRAMS / program), str(port), *map(str, words)]
    return start(name, command, port, **more)


def wait_for(url: str, process: "subprocess.Popen[bytes] | None" = None, within_s: float = 60.0) -> None:
    """Until anything answers there, with whatever status; RuntimeError when it never does."""
    until_s = time.monotonic() + within_s
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except (urllib.error.URLError, OSError) as error:
            if process is not None and process.poll() is not None:
                raise RuntimeError(f"it ended at once with {process.returncode}") from error
            if time.monotonic() > until_s:
                raise RuntimeError(f"nothing answers at {url}") from error
            time.sleep(0.05)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def take_turns(contenders: Sequence[str], rounds: int, measure: Callable[[str], T]) -> dict[str, list[T]]:
    """Every contender once a round, each round beginning with another one, so that a disturbance meets them all."""
    found: dict[str, list[T]] = {name: [] for name in contenders}
    for number in range(rounds):
        at = number % len(contenders)
        for name in [*contenders[at:], *contenders[:at]]:
            found[name].append(measure(name))
    return found


def medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Each figure's median over the rounds."""
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def pss_mb(pids: Sequence[int]) -> float:
    """Memory of these processes together, what they share counted once."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
            total += next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    return total / 1024


def ratio(one: float, other: float) -> str:
    """`3.1 ×`."""
    return f"{one / other:.2f} ×" if other else "–"


def cpu_s(pid: int) -> float:
    """Processor time that this process has used so far; 0 when it has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _HERTZ
