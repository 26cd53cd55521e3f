"""The public pages: status, changelog, developers. What they say is what Paylane publishes, not what it does."""

from collections.abc import Callable
from datetime import date
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

import orjson
from fastapi import APIRouter
from markdown_it import MarkdownIt
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.chassis import RawRoute, service_of
from services.partner.settings import Settings

router = APIRouter(tags=["Public pages"], route_class=RawRoute)
_STATES = {
    "operational": ("All systems operational", "Operational", "No incidents reported today."),
    "degraded": (
        "Degraded performance",
        "Degraded performance",
        "Some calls take longer than usual. We are looking into it.",
    ),
    "partial_outage": (
        "Partial outage",
        "Partial outage",
        "Some calls fail. We have found the cause and are working on it.",
    ),
    "major_outage": ("Major outage", "Major outage", "Most calls fail. Everybody is working on it."),
    "maintenance": (
        "Scheduled maintenance",
        "Under maintenance",
        "Maintenance is in progress. Calls may take longer than usual.",
    ),
}
_STYLE = """
:root{color-scheme:light dark;font:16px/1.6 system-ui,sans-serif}
body{max-width:46rem;margin:0 auto;padding:1.5rem} nav a{margin-right:1rem}
pre{overflow-x:auto;padding:.75rem;border:1px solid #8885;border-radius:6px;font-size:.875rem}
table{border-collapse:collapse;width:100%}
td,th{padding:.375rem .75rem .375rem 0;text-align:left;border-bottom:1px solid #8885}
"""
Page = tuple[str, dict[str, Any]]
"""Markdown, and the same facts as data."""


@cache
def _file(name: str) -> str:
    return files("services.partner").joinpath("texts", name).read_text(encoding="utf-8")


def status_page(settings: Settings) -> Page:
    """What the operations team says about today."""
    headline, component, usual = _STATES[settings.status_page_state]
    text = settings.status_page_text or usual
    return (
        Template(_file("status.md")).substitute(headline=headline, text=text, api=component),
        {"state": settings.status_page_state, "headline": headline, "message": text},
    )


def changelog_page(settings: Settings) -> Page:
    """What was announced so far."""
    entries = [
        entry
        for entry in orjson.loads(_file("changelog.json"))
        if not settings.changelog_until or entry["date"] <= settings.changelog_until
    ]
    parts = [f"## {_day(entry['date'])}: {entry['title']}\n\n{entry['text']}\n" for entry in entries]
    return "# Paylane changelog\n\n" + "\n".join(parts), {"entries": entries}


def developers_page(settings: Settings) -> Page:
    """What we promise those who call us."""
    quota = settings.published_quota_rps
    sunset = settings.published_v1_sunset_date
    text = Template(_file("developers.md")).substitute(
        quota=f"{quota:g}",
        starter=f"{max(1, round(quota / 5)):g}",
        sunset=f"ends on {_day(sunset)}" if sunset else "no end date yet",
    )
    return text, {
        "plan": "Growth",
        "quota_rps": quota,
        "versions": [
            {"version": "2", "state": "current"},
            {"version": "1", "state": "deprecated", "ends": sunset or None},
        ],
    }


def _day(written: str) -> str:
    day = date.fromisoformat(written)
    return f"{day.day} {day:%B %Y}"


_PAGES: dict[str, Callable[[Settings], Page]] = {
    "status": status_page,
    "changelog": changelog_page,
    "developers": developers_page,
}


def _answer(request: Request, name: str) -> Response:
    text, facts = _PAGES[name](service_of(request).settings)
    accepted = request.headers.get("accept", "")
    headers = {"Vary": "Accept", "Cache-Control": "max-age=60"}
    if "application/json" in accepted:
        told = {"page": name, "text": text, "data": facts}
        return Response(orjson.dumps(told), 200, headers, "application/json")
    links = "".join(f'<a href="/{page}">{page.capitalize()}</a>' for page in _PAGES)
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Paylane {name}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><nav>{links}</nav>{body}</html>',
        200,
        headers,
    )


def _documented(summary: str, example: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "description": "A page for people; with `Accept: application/json` the same as JSON: its text as Markdown, and "
        "its facts. Needs no API key and counts against no quota.",
        "response_model": None,
        "openapi_extra": {"security": []},
        "responses": {
            200: {
                "description": "The page.",
                "content": {
                    "text/html": {"schema": {"type": "string"}, "example": "<!doctype html>…"},
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["page", "text", "data"],
                            "properties": {
                                "page": {"type": "string"},
                                "text": {"type": "string", "description": "Markdown."},
                                "data": {"type": "object"},
                            },
                        },
                        "example": example,
                    },
                },
            }
        },
    }


@router.get(
    "/status",
    **_documented(
        "Status page",
        {
            "page": "status",
            "text": "# Paylane status\n\n**All systems operational** …",
            "data": {
                "state": "operational",
                "headline": "All systems operational",
                "message": "No incidents reported today.",
            },
        },
    ),
)
async def status(request: Request) -> Response:
    """Whether all is well, as far as we say."""
    return _answer(request, "status")


@router.get(
    "/changelog",
    **_documented(
        "Changelog",
        {
            "page": "changelog",
            "text": "# Paylane changelog\n\n## 2 March 2026: Version 2 …",
            "data": {"entries": [{"date": "2026-03-02", "title": "Version 2", "text": "A new contract …"}]},
        },
    ),
)
async def changelog(request: Request) -> Response:
    """What changed, newest first."""
    return _answer(request, "changelog")


@router.get(
    "/developers",
    **_documented(
        "Developers' guide",
        {
            "page": "developers",
            "text": "# Paylane for developers …",
            "data": {
                "plan": "Growth",
                "quota_rps": 50.0,
                "versions": [
                    {"version": "2", "state": "current"},
                    {"version": "1", "state": "deprecated", "ends": "2027-03-31"},
                ],
            },
        },
    ),
)
async def developers(request: Request) -> Response:
    """Quota, versions, errors, advice."""
    return _answer(request, "developers")
