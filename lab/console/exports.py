"""Routes of what other clients import: Postman's collection and environment, `.http` files, curl."""

import asyncio
import json
from typing import Any

import aiohttp
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from lab.console.sessions import session_of, still_running
from lab.core.errors import Conflict
from lab.export.curl import curl_of
from lab.export.folders import folders
from lab.export.gather import of_session
from lab.export.http_file import Editor, http_file
from lab.export.lesson import Lesson
from lab.export.postman import collection, environment
from lab.session.session import Session

router = APIRouter(prefix="/api/export", tags=["export"])
CONTRACTS = {"gateway": "shop", "partner": "sandbox"}
"""Services whose contract a learner may call, and what exports call them."""


async def lesson_of(session: Session) -> Lesson:
    """What there is to export of a session; Conflict when its shop is not there to ask."""
    urls = still_running(session).runtime.urls
    if "gateway" not in urls:
        raise Conflict("The shop is not open yet.", "Wait until it has started: `lab status`")
    contracts: dict[str, Any] = {}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as client:
        try:
            for service, receiver in CONTRACTS.items():
                async with client.get(f"{urls[service]}/openapi.json") as answer:
                    contracts[receiver] = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise Conflict("The shop does not tell its API right now.", "Try again in a moment.") from None
    return of_session(session, contracts)


@router.get("/postman")
async def postman(request: Request) -> dict[str, Any]:
    """Collection and environment together, each to be saved as a file of its own and imported."""
    lesson = await lesson_of(session_of(request))
    made = await asyncio.to_thread(lambda: (collection(lesson), environment(lesson)))
    return {"name": lesson.id, "collection": made[0], "environment": made[1]}


@router.get("/postman/collection")
async def download_collection(request: Request) -> Response:
    """The collection, as a file to download; it holds no secret."""
    lesson = await lesson_of(session_of(request))
    made = await asyncio.to_thread(collection, lesson)
    return _file(f"beanline-{lesson.id}.postman_collection.json", made)


@router.get("/postman/environment")
async def download_environment(request: Request) -> Response:
    """The environment with your keys, as a file to download."""
    lesson = await lesson_of(session_of(request))
    return _file(f"beanline-{lesson.id}.postman_environment.json", environment(lesson))


@router.get("/http", response_class=PlainTextResponse)
async def as_http_file(request: Request, editor: Editor = "vscode") -> str:
    """The requests as a `.http` file, for VS Code or for JetBrains' editors."""
    lesson = await lesson_of(session_of(request))
    return await asyncio.to_thread(http_file, lesson, editor)


@router.get("/curl")
async def as_curl(request: Request) -> list[dict[str, str]]:
    """Each request as a curl command, with your key in it."""
    lesson = await lesson_of(session_of(request))
    values = {**lesson.addresses, **lesson.secrets}
    return [
        {"folder": folder.id, "id": call.id, "name": call.name, "curl": curl_of(call, values)}
        for folder in folders(lesson)
        for call in folder.calls
    ]


def _file(name: str, document: dict[str, Any]) -> Response:
    return Response(
        json.dumps(document, indent=2, ensure_ascii=False),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
