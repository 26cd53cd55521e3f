"""Starting a program plainly, with a Python of its own: works on every system."""

import asyncio
import os
import sys

from lab.core.errors import EnvironmentLacks
from lab.processes import Child, Program, environment

LINE_LIMIT = 1 << 20


class Spawner:
    """Starts each program as a new process. Use it on a thread that lives as long as this process."""

    async def start(self, program: Program) -> Child:
        """As Launcher.start."""
        # -P: the working folder must not decide what is imported
        first, *rest = program.command
        words = [sys.executable, "-P", *rest] if first == "python" else [first, *rest]
        log = None if program.log is None else os.open(program.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        apart = {} if os.name == "nt" else {"start_new_session": True}  # Ctrl-C in a terminal is not meant for it
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                env=environment(program.env),
                cwd=program.cwd,
                stdin=asyncio.subprocess.PIPE,
                stdout=None if program.shown else asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE if log is None else log,
                limit=LINE_LIMIT,
                **apart,  # type: ignore[arg-type]  # one keyword argument or none
            )
        except OSError as error:
            raise EnvironmentLacks(
                f"{program.title} could not be started: {error.strerror or error}.", "Check the machine: `lab doctor`"
            ) from None
        finally:
            if log is not None:
                os.close(log)
        assert process.stdin is not None
        return Child(
            program.title,
            process.pid,
            send=process.send_signal,
            ended=asyncio.ensure_future(process.wait()),
            stdin=process.stdin,
            stdout=process.stdout or _nothing(),
            stderr=process.stderr,
            log=program.log,
        )


def _nothing() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_eof()
    return reader
