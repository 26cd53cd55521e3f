"""Progress: the steps of the lesson that runs, best scores by scenario and skill, what was taken for what, every run.

To keep as CSV or JSON."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lab.console.rendering import HEADERS, Parts, page
from lab.console.sessions import owner_of
from lab.export.progress import csv_of
from lab.session import offline, steps
from lab.session.ledger import PASS_MARK
from lab.session.session import Session
from lab.session.states import LIVE

router = APIRouter(include_in_schema=False)


@router.get("/progress")
async def show(request: Request) -> Response:
    """The page."""
    found = await asyncio.to_thread(offline.progress, owner_of(request).home.root)
    return page(
        request,
        "progress.html",
        room_key="progress",
        live_path="progress",
        found=found,
        pass_mark=PASS_MARK,
        **await _now(owner_of(request).session),
    )


async def _now(session: Session | None) -> dict[str, Any]:
    """The steps of the lesson that runs, if one does and has any."""
    if session is None or session.state not in LIVE or not steps.asked(session):
        return {"steps_now": []}
    return {"steps_now": (await asyncio.to_thread(steps.shown, session))["questions"]}


async def watched(session: Session, _query: Mapping[str, str]) -> tuple[dict[str, Any], Parts]:
    """The steps of the lesson that runs."""
    return await _now(session), {"steps-now": "parts/steps_now.html"}


@router.get("/progress.csv")
async def as_csv(request: Request) -> Response:
    """Every run, a line each."""
    found = await asyncio.to_thread(offline.progress, owner_of(request).home.root)
    headers = HEADERS | {"Content-Disposition": 'attachment; filename="progress.csv"'}
    return Response(csv_of(found["runs"]), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/progress.json")
async def as_json(request: Request) -> Response:
    """Everything, as data."""
    found = await asyncio.to_thread(offline.progress, owner_of(request).home.root)
    headers = HEADERS | {"Content-Disposition": 'attachment; filename="progress.json"'}
    return Response(json.dumps(found, ensure_ascii=False, indent=2), media_type="application/json", headers=headers)
