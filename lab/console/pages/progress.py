"""Progress: best scores by scenario and skill, what was taken for what, every run; to keep as CSV or JSON."""

import asyncio
import json

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lab.console.rendering import HEADERS, page
from lab.console.sessions import owner_of
from lab.export.progress import csv_of
from lab.session import offline

router = APIRouter(include_in_schema=False)


@router.get("/progress")
async def show(request: Request) -> Response:
    """The page."""
    found = await asyncio.to_thread(offline.progress, owner_of(request).home.root)
    return page(request, "progress.html", room_key="progress", live_path="still?room=progress", found=found)


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
