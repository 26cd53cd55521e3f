"""Child processes that can neither outlive their parent nor show what they are part of."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "VIRTUAL_ENV")


class Child:
    """A running child process; its stdin stays open as long as we live."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs."""
        return self.process.returncode

    def last_words(self, lines: int = 3) -> str:
        """The end of what it wrote to stderr, for error messages."""
        with contextlib.suppress(OSError):
            text = self.log.read_text(encoding="utf-8", errors="replace")
            return " / ".join(text.strip().splitlines()[-lines:])
        return ""

    async def stop(self, grace_s: float = 2.0) -> None:
        """Ask it to end, and end it when it does not."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
                # a stopped process would never see the request
                if hasattr(signal, "SIGCONT"):
                    self.process.send_signal(signal.SIGCONT)
            try:
                await asyncio.wait_for(self.process.wait(), grace_s)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self.process.kill()
                await self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """A child's environment: the few variables any program needs, and its own."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, "PYTHONUTF8": "1", "EXIT_WITH_PARENT": "1", **more}


async def spawn(
    name: str,
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    stdin_line: Mapping[str, Any] | None = None,
    stdout: int = asyncio.subprocess.DEVNULL,
) -> Child:
    """Start a program; `python` as its first word means this interpreter. Secrets go by `stdin_line` or files."""
    # -P: the working folder must not decide what is imported
    words = [sys.executable, "-P", *command[1:]] if command[0] == "python" else list(command)
    log = cwd / f"{name}.log"
    with log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *words, env=environment(env), cwd=cwd, stdin=asyncio.subprocess.PIPE, stdout=stdout, stderr=stderr
        )
    if stdin_line is not None and process.stdin is not None:
        process.stdin.write(json.dumps(stdin_line).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await process.stdin.drain()
    return Child(name, process, log)
