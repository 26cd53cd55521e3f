"""A running child process, however it came about."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path

GRACE_S = 2.0
KILLED_WITHIN_S = 5.0


class Child:
    """Its id, its end, its standard streams. Standard input stays open as long as we live."""

    def __init__(
        self,
        title: str,
        pid: int,
        *,
        send: Callable[[int], None],
        ended: "asyncio.Future[int]",
        stdin: asyncio.StreamWriter,
        stdout: asyncio.StreamReader,
        stderr: asyncio.StreamReader | None,
        log: Path | None,
    ) -> None:
        self.title = title
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.log = log
        self._send = send
        self._ended = ended

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        return await asyncio.shield(self._ended)

    def signal(self, number: int) -> None:
        """Send a signal; nothing happens when it has ended."""
        if not self._ended.done():
            with contextlib.suppress(ProcessLookupError):
                self._send(number)

    async def write_line(self, line: bytes) -> None:
        """Send a line to its standard input; one that has ended is not told, and says so by its end."""
        with contextlib.suppress(ConnectionError):
            self.stdin.write(line.removesuffix(b"\n") + b"\n")
            await self.stdin.drain()

    def last_words(self, lines: int = 3) -> str:
        """The end of what it wrote to its log, for error messages."""
        if self.log is None:
            return ""
        with contextlib.suppress(OSError):
            text = self.log.read_text(encoding="utf-8", errors="replace")
            return " / ".join(text.strip().splitlines()[-lines:])
        return ""

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """Ask it to end, and end it when it does not."""
        self.signal(signal.SIGTERM)
        # a stopped process would never see the request
        if hasattr(signal, "SIGCONT"):
            self.signal(signal.SIGCONT)
        try:
            async with asyncio.timeout(grace_s):
                await self.wait()
        except TimeoutError:
            # Windows knows no SIGKILL; there SIGTERM was as final
            self.signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KILLED_WITHIN_S):
                    await self.wait()
        self.stdin.close()
