"""Builds the console's application."""

import asyncio
import contextlib
import functools
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated

from fastapi import BackgroundTasks, Body, FastAPI

import lab
from lab.console import (
    exercise,
    exports,
    guard,
    idle,
    inbox,
    investigate,
    learn,
    live,
    otlp_in,
    problems,
    proofs,
    sessions,
    shop,
    static_files,
)
from lab.console.base_path import BasePath
from lab.console.otlp_out import Forwarder
from lab.console.pages import (
    answer,
    changes,
    database,
    debrief,
    fix,
    glossary,
    home,
    incident,
    keep,
    logs,
    map,
    messages,
    overview,
    partner,
    progress,
    traces,
    tryit,
)
from lab.core.errors import Conflict, LabError
from lab.session.owner import Owner

PAGES = (
    home,
    incident,
    overview,
    map,
    logs,
    traces,
    database,
    tryit,
    messages,
    changes,
    partner,
    glossary,
    answer,
    keep,
    fix,
    debrief,
    progress,
)


def create_app(
    owner: Owner,
    stop_serving: Callable[[], None] = lambda: None,
    *,
    base_path: str | None = None,
    telemetry_hosts: frozenset[str] = frozenset(),
    forwarder: Forwarder | None = None,
    use: idle.Idle | None = None,
    stays: bool = False,
) -> FastAPI:
    """The application around one owner; `stop_serving` ends the process that serves it.

    `base_path` is where a proxy has it, such as `/user/anna/lab`; LAB_BASE_PATH unless given. `telemetry_hosts` are
    names, besides loopback's, under which it takes telemetry in and nothing else. What it takes in goes on by the
    `forwarder`, if there is one. After too long without `use` it ends, its session to be resumed; one that `stays`,
    because its container would only start it again, ends its session.
    """
    use = use or idle.Idle(minutes=0)

    async def end(*, interrupted: bool = False) -> Path | None:
        page = None
        with contextlib.suppress(LabError):
            page = await owner.stop(interrupted=interrupted)
        app.state.closing.set()
        return page

    async def end_unused() -> None:
        while True:
            await idle.watch(owner, use)
            if not stays:
                await idle.end_console(owner, use, functools.partial(end, interrupted=True))
                stop_serving()
                return
            await idle.end_session(owner, use)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        owner.opened()
        watching = asyncio.create_task(end_unused()) if use.minutes else None
        async with contextlib.nullcontext() if forwarder is None else forwarder.running():
            yield
            if watching is not None:
                watching.cancel()
            with contextlib.suppress(LabError):
                await asyncio.shield(owner.closed())

    app = FastAPI(
        title="Faultlab console",
        version=lab.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=problems.RESPONSES,
    )
    app.state.owner = owner
    app.state.closing = asyncio.Event()
    """Set when the console ends: streams that pages hold open end by it."""
    app.state.forwarder = forwarder
    app.add_middleware(idle.Noticing, idle=use)
    app.add_middleware(guard.Guard, telemetry_hosts=telemetry_hosts)
    problems.install(app)
    app.add_middleware(BasePath, base=os.environ.get("LAB_BASE_PATH", "") if base_path is None else base_path)
    for part in (sessions, investigate, shop, learn, exercise, exports, inbox, proofs, otlp_in, live, *PAGES):
        app.include_router(part.router)
    app.mount("/static", static_files.Files(), name="static")

    @app.get("/health", tags=["console"])
    async def health() -> dict[str, object]:
        """Who answers here; the nonce tells this console from any other on the same port."""
        return {
            "name": "faultlab",
            "nonce": owner.nonce,
            "pid": os.getpid(),
            "version": lab.__version__,
            "home": str(owner.home.root),
        }

    @app.post("/api/shutdown", tags=["console"])
    async def shutdown(background: BackgroundTasks, nonce: Annotated[str, Body(embed=True)]) -> dict[str, object]:
        """End the session and this process; everything the lab started is gone afterwards. `nonce` as /health says."""
        if nonce != owner.nonce:
            raise Conflict("This is another lab's console.", "See which one is yours: `lab status`")
        page = await end()
        background.add_task(stop_serving)
        return {"stopped": True, "report": None if page is None else str(page)}

    return app
