"""Builds the console's application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import BackgroundTasks, Body, FastAPI, Request

import lab
from lab.console import guard, investigate, learn, otlp_in, pages, problems, sessions, shop
from lab.console.otlp_out import Forwarder
from lab.core.errors import Conflict, LabError
from lab.session.owner import Owner


def create_app(
    owner: Owner,
    stop_serving: Callable[[], None] = lambda: None,
    telemetry_hosts: frozenset[str] = frozenset(),
    forwarder: Forwarder | None = None,
) -> FastAPI:
    """The application around one owner; `stop_serving` ends the process that serves it.

    `telemetry_hosts` are names, besides loopback's, under which it takes telemetry in and nothing else. What it takes
    in goes on by the `forwarder`, if there is one.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        owner.opened()
        async with contextlib.nullcontext() if forwarder is None else forwarder.running():
            yield
            with contextlib.suppress(LabError):
                await asyncio.shield(owner.closed())

    app = FastAPI(title="Faultlab console", version=lab.__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.owner = owner
    app.state.forwarder = forwarder
    app.add_middleware(guard.Guard, telemetry_hosts=telemetry_hosts)
    problems.install(app)
    for part in (sessions, investigate, shop, learn, otlp_in, pages):
        app.include_router(part.router)

    @app.get("/health", tags=["console"])
    async def health() -> dict[str, object]:
        """Who answers here; the nonce tells this console from any other on the same port."""
        import os

        return {
            "name": "faultlab",
            "nonce": owner.nonce,
            "pid": os.getpid(),
            "version": lab.__version__,
            "home": str(owner.home.root),
        }

    @app.post("/api/shutdown", tags=["console"])
    async def shutdown(
        request: Request, background: BackgroundTasks, nonce: Annotated[str, Body(embed=True)]
    ) -> dict[str, object]:
        """End the session and this process; everything the lab started is gone afterwards. `nonce` as /health says."""
        if nonce != owner.nonce:
            raise Conflict("This is another lab's console.", "See which one is yours: `lab status`")
        page = None
        with contextlib.suppress(LabError):
            page = await sessions.owner_of(request).stop()
        background.add_task(stop_serving)
        return {"stopped": True, "report": None if page is None else str(page)}

    return app
