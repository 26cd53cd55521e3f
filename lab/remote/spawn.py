"""The console as a process: started detached from this terminal, watched until it answers, ended for sure."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from lab.core.errors import ENVIRONMENT, USAGE, EnvironmentLacks, LabError, UsageError
from lab.remote.client import Console, Silent, health
from lab.remote.home import address
from lab.remote.unused import SETTING

READY_WITHIN_S = 30.0
ENDS_WITHIN_S = 20.0
POLL_S = 0.03
MODULE = "lab.console"


class Running(Protocol):
    """A console's process, as its starter knows it: a `subprocess.Popen`, or what answers like one."""

    @property
    def pid(self) -> int:
        """Its id."""
        ...

    @property
    def returncode(self) -> int | Any:
        """Its exit code once it has ended."""
        ...

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        ...

    def wait(self, timeout: float) -> int:
        """Its exit code; subprocess.TimeoutExpired when it still runs after so many seconds."""
        ...


def console_command() -> list[str]:
    """The program that is the console."""
    return [sys.executable, "-P", "-m", MODULE]


def launch(
    home: Path, *, port: int | None, scenarios: Sequence[Path], ends_with_us: bool = False
) -> subprocess.Popen[bytes]:
    """Start the console in a session of its own, so that closing this terminal does not end it.

    With `ends_with_us` it ends when this program does, however that ends (on Linux; elsewhere only in order).
    """
    words = [*console_command(), "--home", str(home)]
    if port is not None:
        words += ["--port", str(port)]
    for directory in scenarios:
        words += ["--scenarios", str(directory)]
    # who starts one for itself ends it too; it does not stop by itself
    never = {SETTING: "0"} if ends_with_us else {}
    log = home / "console.log"
    with contextlib.suppress(OSError):
        log.replace(home / "console.log.1")
    apart: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}  # type: ignore[attr-defined,unused-ignore]  # Windows only
    if ends_with_us and sys.platform == "linux":
        apart["preexec_fn"] = _end_with_parent()
    try:
        with log.open("wb") as out:
            return subprocess.Popen(  # noqa: S603 - our own module, no shell
                words,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=home,
                env={**os.environ, **never, "LAB_HOME": str(home)},
                **apart,
            )
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise EnvironmentLacks(
            f"The lab's console cannot be started: {reason}.", "`lab doctor` shows what this machine lacks."
        ) from None


def _end_with_parent() -> Callable[[], None]:
    """What the new process does first; the library is loaded here, where that is safe."""
    import ctypes

    prctl = ctypes.CDLL(None, use_errno=True).prctl
    set_death_signal = 1
    return lambda: prctl(set_death_signal, signal.SIGTERM)


def ready(process: Running, home: Path) -> Console:
    """The console once it answers; its own error when it ends before that, EnvironmentLacks when it stays silent."""
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _last_words(home, process.returncode)
        known = address(home)
        if known is not None and (known.pid == process.pid or os.name == "nt"):
            with contextlib.suppress(Silent):
                if health(known, timeout_s=1.0) is not None:
                    return Console(known.url, log=home / "console.log")
        time.sleep(POLL_S)
    raise EnvironmentLacks(
        f"The lab's console did not answer within {READY_WITHIN_S:.0f} seconds.",
        f"This machine may be very busy; try again. What it wrote is in {home / 'console.log'}.",
    )


def let_go(process: subprocess.Popen[bytes]) -> None:
    """Leave the console running after this program; without this, Python warns of a forgotten child."""
    process.returncode = 0


def _last_words(home: Path, code: int) -> LabError:
    """What the console said before it ended, as our error."""
    text = _log(home)
    lines = text.splitlines()
    what = _after("Error:", lines)
    hint = _after("Try:", lines) or f"What it wrote is in {home / 'console.log'}."
    if not what:
        with contextlib.suppress(ValueError, KeyError, TypeError, IndexError):
            last = json.loads(lines[-1])
            what, hint = str(last["what"]), str(last["hint"])
    kind = UsageError if code == USAGE else EnvironmentLacks
    error = kind(what or f"The lab's console ended at once (exit code {code}).", hint)
    error.exit_code = code if code == USAGE else ENVIRONMENT
    return error


def _log(home: Path) -> str:
    try:
        return (home / "console.log").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _after(mark: str, lines: list[str]) -> str:
    return next((line.partition(mark)[2].strip() for line in reversed(lines) if line.startswith(mark)), "")


def end(home: Path, process: Running | None = None, *, hangs: bool = False) -> str | None:
    """End the console and with it everything it started, politely first, then by force; the report it wrote.

    `process` is the one this program started, else it is the one that console.json names. One that `hangs` is not
    asked first.
    """
    import psutil

    known = address(home)
    pid = process.pid if process is not None else known.pid if known is not None else None
    if pid is None:
        return None
    report = None
    with _uninterrupted():
        try:
            victim = psutil.Process(pid)
            if process is None and not _is_console(victim):
                return None
            asked = False
            if known is not None and known.pid == pid and not hangs:
                with contextlib.suppress(LabError):
                    # the nonce: another home's console may have taken this port meanwhile
                    told = Console(known.url, timeout_s=ENDS_WITHIN_S).post("/api/shutdown", {"nonce": known.nonce})
                    report = told.get("report")
                    asked = True
            _gone(victim, asked)
        except psutil.NoSuchProcess:
            pass
        if process is not None:
            process.wait(timeout=5)
        if known is not None and known.pid == pid:  # not the address of another one that was quicker
            with contextlib.suppress(OSError):
                (home / "console.json").unlink()
    return report


def _gone(victim: Any, asked: bool) -> None:
    for force, patience_s in ((None, 10.0 if asked else 0.0), (victim.terminate, 3.0), (victim.kill, 5.0)):
        if force is not None:
            force()
        deadline = time.monotonic() + patience_s
        while _runs(victim) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        if not _runs(victim):
            return


def _runs(victim: Any) -> bool:
    """Whether the process still runs; one that only waits for its parent to notice its end does not."""
    import psutil

    try:
        return bool(victim.is_running() and victim.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def leftover(home: Path) -> bool:
    """Whether the process that console.json names is a console, though it does not answer."""
    import psutil

    known = address(home)
    if known is None:
        return False
    try:
        return _is_console(psutil.Process(known.pid))
    except psutil.NoSuchProcess:
        return False


def _is_console(process: Any) -> bool:
    """Whether a process number from a file still is a console, and not something that got its number since."""
    import psutil

    try:
        return MODULE in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """A second Ctrl-C must not cut the clean-up short."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
