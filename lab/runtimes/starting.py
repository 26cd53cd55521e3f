"""Starting the programs of a system: when each is ready, and what to say of one that is not."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lab.core.errors import ENVIRONMENT, EnvironmentLacks, LabError
from lab.core.ports import PortTaken, is_free
from lab.processes import Child
from lab.runtimes.control import Control
from lab.runtimes.kept import Kept
from lab.runtimes.service_files import ServiceFile

PROXY = "network"
"""What the edge proxy is called where people see it: it stands for the network between the services."""
PROXY_COMMAND = ("python", "-m", "lab.proxy")
HEALTHY_WITHIN_S = 20.0


async def healthy(service: ServiceFile, child: Child, port: int, nonce: str, control: Control) -> None:
    """Wait until the service answers on loopback as the one with this nonce; EnvironmentLacks when it does not."""
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    url = f"http://127.0.0.1:{port}{service.health}"
    while time.monotonic() < deadline:
        if child.returncode is not None:
            raise await died(child, port)
        # the nonce tells our service from a stranger's on the same port
        with contextlib.suppress(LabError):
            if (await control.json("GET", url)).get("nonce") == nonce:
                return
        await asyncio.sleep(0.02)
    raise EnvironmentLacks(
        f"{service.title} was not healthy within {HEALTHY_WITHIN_S:.0f} seconds. {child.last_words()}".strip(),
        "The machine may be very busy; try again, or look at: `lab doctor`",
    )


async def died(child: Child, port: int) -> EnvironmentLacks:
    """Why a child that should run does not."""
    if child.returncode is None:
        await child.stop()
    code = await child.wait()
    if code == ENVIRONMENT and not is_free(port):
        return PortTaken(f"Port {port} is taken by another program.", "Start again: `lab start`")
    return EnvironmentLacks(
        f"{child.title} ended at once (exit {code}). {child.last_words()}".strip(), "Check the machine: `lab doctor`"
    )


def keep_proxy(
    config: Mapping[str, Any],
    *,
    begin: Callable[[], Awaitable[Child]],
    again: Callable[[], Awaitable[None]],
    tell: Callable[[str], None],
) -> Kept:
    """The edge proxy, kept running; `begin` launches PROXY_COMMAND, `again` sets its rules after a restart."""
    line = json.dumps({**config, "exit_with_parent": True}).encode()

    async def launched() -> Child:
        child = await begin()
        await child.write_line(line)
        return child

    async def ready(child: Child) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEALTHY_WITHIN_S):
                if await child.stdout.readline():
                    return
        raise await died(child, int(config["control_port"]))

    return Kept(PROXY, begin=launched, healthy=ready, again=again, tell=tell)


async def all_or_none(starting: list[Awaitable[None]]) -> None:
    """Wait for all; when one fails, the others must not go on starting behind our back."""
    tasks = [asyncio.ensure_future(one) for one in starting]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
