"""`python -m lab.proxy`: configuration by the first line of stdin, one JSON line on stdout when ready."""

import asyncio
import contextlib
import gc
import json
import os
import signal
import sys
from collections.abc import Callable

from lab.core.errors import INTERRUPTED, LabError
from lab.processes.parent import follow
from lab.proxy.config import Config, read_config
from lab.proxy.process import Proxy, load_rules


def main() -> int:
    """Run until told to stop; the exit code."""
    parent = os.getppid()
    try:
        config = read_config(sys.stdin.buffer.readline())
        followed = follow(parent) if config.exit_with_parent else True
        with asyncio.Runner(loop_factory=_loop_factory(config)) as runner:
            runner.run(_serve(config, watch_stdin=not followed))
    except LabError as error:
        print(f"Error: {error.what} Try: {error.hint}", file=sys.stderr)  # noqa: T201  # for whoever started us
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def warmed() -> Callable[[], int]:
    """`main`, with everything imported that it will need; for a process that is forked."""
    with contextlib.suppress(ImportError):
        import uvloop  # noqa: F401  # otherwise loaded only when the loop is made
    load_rules()
    return main


def _loop_factory(config: Config) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if config.loop == "asyncio":
        return None
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop


async def _serve(config: Config, *, watch_stdin: bool) -> None:
    proxy = Proxy(config)
    await proxy.start()
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if watch_stdin:
        loop.add_reader(sys.stdin.fileno(), _stop_at_end, stop)
    # what exists now stays: leave it out of every later collection, and collect rarely
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    sys.stdout.write(json.dumps({**proxy.ready(), "pid": os.getpid()}) + "\n")
    sys.stdout.flush()
    await stop.wait()
    await proxy.stop()


def _stop_at_end(stop: asyncio.Event) -> None:
    """Stop when whoever holds the other end of stdin is gone."""
    if not os.read(sys.stdin.fileno(), 4096):
        stop.set()


if __name__ == "__main__":
    sys.exit(main())
