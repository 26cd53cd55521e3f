"""The first page: what is running, and where to go on."""

import html

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from lab.console.sessions import owner_of, shown

router = APIRouter(include_in_schema=False)
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="page.css"></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""
STYLE = """
:root { color-scheme: light dark; font: 18px/1.6 system-ui, sans-serif; }
main { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
pre, code { font: 0.9em ui-monospace, monospace; } pre { white-space: pre-wrap; }
"""


@router.get("/page.css")
async def style() -> HTMLResponse:
    """The page's style."""
    return HTMLResponse(STYLE, media_type="text/css")


@router.get("/")
async def first(request: Request) -> HTMLResponse:
    """A plain page: the scenario, the pager message, the commands to go on with."""
    owner = owner_of(request)
    if owner.session is None:
        return _page("Faultlab", "<p>Nothing is running. In your terminal: <code>lab start rate-limit</code></p>")
    session = shown(owner.session)
    pager = f"<h2>The pager says</h2><pre>{html.escape(session['pager'])}</pre>" if session["pager"] else ""
    steps = "".join(
        f"<li><code>{html.escape(step['command'])}</code>: {html.escape(step['why'])}</li>" for step in session["next"]
    )
    score = session["score"]
    body = (
        f"<p>State: <strong>{html.escape(session['state'])}</strong>. "
        f"Score: {score['points']:g} of {score['of']} points, {score['answered']} of {score['questions']} answered.</p>"
        f"<h2>The brief</h2><pre>{html.escape(owner.session.variant.text('brief'))}</pre>{pager}"
        f"<h2>Next, in your terminal</h2><ul>{steps}</ul>"
        f"<p>The shop's API: <code>{html.escape(str(session['addresses']['gateway']))}</code></p>"
    )
    return _page(session["title"], body)


def _page(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(PAGE.format(title=html.escape(title), body=body), headers={"Content-Security-Policy": POLICY})
