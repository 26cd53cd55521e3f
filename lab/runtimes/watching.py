"""Watching containers from outside: what happened to each is said once, and made good when it is back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from lab.core.errors import LabError
from lab.runtimes.postgres.server import Server

AGAIN_S = 0.5
LOOK_EVERY_S = 1.0
ANSWERS_WITHIN_S = 3.0


async def watch_container(
    name: str,
    *,
    status: Callable[[int], Awaitable[dict[str, Any]]],
    restarted: Callable[[], Awaitable[None]],
    set_up_again: Callable[[], Awaitable[None]],
    tell: Callable[[str], None],
) -> None:
    """Until cancelled: tell what the supervisor saw, when its container fell silent, and when that is another one.

    `status` asks for everything after an event's number and may take a second; it raises LabError when nobody answers.
    """
    boot: str | None = None
    after = 0
    silent = False
    while True:
        try:
            told = await status(after)
        except LabError:
            if not silent:
                tell(f"The container of {name} does not answer")
            silent = True
            await asyncio.sleep(AGAIN_S)
            continue
        if boot is not None and told["boot"] != boot:
            tell(f"The container of {name} was restarted; {name} is being started in it again")
            try:
                await restarted()
            except LabError as error:
                tell(f"{name} could not be started again: {error.what}")
                await asyncio.sleep(AGAIN_S)
                continue
            silent = False
            boot, after = told["boot"], _last(told, 0)
            continue
        if silent:
            tell(f"The container of {name} answers again")
            silent = False
        boot = told["boot"]
        for event in told["events"]:
            if event["kind"] == "restarted":
                try:
                    await set_up_again()
                except LabError as error:
                    tell(f"{name} could not be set up as it was: {error.what}")
            else:
                tell(event["text"])
        after = _last(told, after)


def _last(told: dict[str, Any], otherwise: int) -> int:
    return max((int(event["number"]) for event in told["events"]), default=otherwise)


async def watch_database(server: Server, tell: Callable[[str], None]) -> None:
    """Until cancelled: tell when the database falls silent, answers again, or has been restarted."""
    began: object = None
    silent = False
    while True:
        try:
            async with server.operator() as connection:
                while True:
                    async with asyncio.timeout(ANSWERS_WITHIN_S):
                        found = await connection.execute("SELECT pg_postmaster_start_time()")
                        row = await found.fetchone()
                    now = row[0] if row else None
                    if began is not None and now != began:
                        tell("The database was restarted and answers again")
                    elif silent:
                        tell("The database answers again")
                    began, silent = now, False
                    await asyncio.sleep(LOOK_EVERY_S)
        except (LabError, TimeoutError):
            if not silent:
                tell("The database does not answer")
            silent = True
            await asyncio.sleep(AGAIN_S)
