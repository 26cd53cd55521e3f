"""What all tabs of the incident share: the tabs, the pager message, the impact strip, the notebook, spans of time."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lab.console.drafts import keys_of
from lab.console.notebook import notebook
from lab.console.rendering import Parts, go, page
from lab.console.sessions import owner_of, pager, session_of
from lab.console.windows import window_of
from lab.core import words
from lab.core.window import NAMED
from lab.questions.requests import Requests
from lab.session import steps
from lab.session.impact import impact
from lab.session.session import Session
from lab.session.states import ENDED, LIVE

router = APIRouter(include_in_schema=False)
Text = Annotated[str | None, Query(max_length=200)]
"""A parameter of a tab's address."""
TABS = (
    ("overview", "Overview"),
    ("map", "Map"),
    ("logs", "Logs"),
    ("traces", "Traces"),
    ("database", "Database"),
    ("api", "Try it"),
    ("inbox", "Inbox"),
    ("changes", "Changes"),
    ("partner", "Partner"),
    ("glossary", "Glossary"),
)
NAMES = {"incident": "The incident", "baseline": "Healthy baseline", "load": "Load test", "all": "Whole run"}


def tabs_of(session: Session) -> list[tuple[str, str]]:
    """The tabs this session has: the inbox only where something is to come into it, or has."""
    box = session.sandbox
    inbox = box is not None and (
        bool(box.inbox.deliveries) or any(_uses_inbox(kind) for _, kind in steps.asked(session))
    )
    return [one for one in TABS if one[0] != "inbox" or inbox]


def _uses_inbox(kind: Requests) -> bool:
    return any(step.to == "inbox" for step in kind.steps)


@router.get("/incident")
async def first(request: Request) -> Response:
    """The incident opens on its overview."""
    return go(request, "incident/overview")


async def tab(request: Request, name: str, template: str, /, watch: str = "", **context: Any) -> Response:
    """One tab of the incident; `watch` names what is kept up to date on it, besides what stands around it."""
    session = session_of(request)
    if session.state in ENDED:
        return page(request, "incident/ended.html", room_key="incident")
    return page(
        request,
        template,
        room_key="incident",
        tab=name,
        title=dict(TABS)[name],
        live_path=watch or "frame",
        **await around(session),
        **context,
    )


async def watched(session: Session, _query: Mapping[str, str]) -> tuple[dict[str, Any], Parts]:
    """What is kept up to date on every tab."""
    context = {"tab": "", **await around(session)}
    parts: Parts = {name: f"parts/{name}.html" for name in ("pager", "impact", "notebook")}
    return context, parts


async def nothing_more(_session: Session, _query: Mapping[str, str]) -> tuple[dict[str, Any], Parts]:
    """For pages that only look back: the frame alone keeps up."""
    return {}, {}


async def around(session: Session) -> dict[str, Any]:
    """What stands around every tab."""
    live = session.state in LIVE
    lesson = session.file.pager is None
    return {
        # in a lesson nothing is broken, so there is nothing to lose
        "impact": None if lesson and not session.file.faults else await asyncio.to_thread(impact, session),
        "notebook": await asyncio.to_thread(notebook, session),
        "tabs": tabs_of(session),
        "addresses": session.addresses(),
        "keys": keys_of(session),
        "sandbox_key": None if session.sandbox is None else session.sandbox.key,
        "opened": live,
        "pager": pager(session) if live else None,
        "pager_at": session.moments.open_at,
        "starting": session.system.customers is None,
        "steps": list(session.steps),
        "brief": session.variant.text("brief", now=words.clock(session.moments.started)[:5]),
    }


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time that can be looked at: its name in the address, what it is called, and whether it is the one."""

    since: str
    text: str
    current: bool
    exists: bool = True


def spans(session: Session, since: str | None, until: str | None, first_name: str) -> list[Span]:
    """The named spans, the present one marked; `first_name` is what one sees without choosing."""
    known, lesson = session.named_windows(), session.file.pager is None
    named = since if since in NAMED and until is None else None
    found = [Span("", first_name, since is None and until is None)]
    for name in ("incident", "baseline", "load", "all"):
        if (name == "incident" and session.state not in LIVE) or NAMES[name] == first_name:
            continue
        if lesson and name not in known:
            continue
        text = "The lesson" if lesson and name == "incident" else NAMES[name]
        found.append(Span(name, text, named == name, name in known))
    if named is None and (since or until):
        window = window_of(session, since, until)
        found.append(Span("", words.span([window.start_s, window.end_s]), True))
    return found


def present(request: Request) -> Session | None:
    """The session, if there is one."""
    return owner_of(request).session
