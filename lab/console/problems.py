"""Every error of the console, with what is wrong and what to do: a page for people, problem+json for programs."""

import http
import logging
import traceback
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from lab.console.frame import place as place_called
from lab.console.rendering import HEADERS, page, render, wants_part
from lab.core.errors import USAGE, LabError

log = logging.getLogger("console")
TITLES = {
    "NotFound": "There is nothing here",
    "NothingRunning": "Nothing is running",
    "Conflict": "Not now",
    "EnvironmentLacks": "This machine lacks something",
}
DOCUMENT = {
    "type": "object",
    "required": ["status", "detail", "hint"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong"},
        "hint": {"type": "string", "description": "What to do"},
        "kind": {"type": "string"},
        "exit_code": {"type": "integer", "description": "What `lab` would end with"},
    },
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "What is wrong and what to do (RFC 9457)",
        "content": {"application/problem+json": {"schema": DOCUMENT}},
    }
}
"""For the OpenAPI document: every operation may answer so."""


def problem(status: int, what: str, hint: str, kind: str, exit_code: int) -> JSONResponse:
    """One problem document."""
    body: dict[str, Any] = {
        "type": f"about:blank#{kind}",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": what,
        "hint": hint,
        "kind": kind,
        "exit_code": exit_code,
    }
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


def answered(request: Request, status: int, what: str, hint: str, kind: str, exit_code: int) -> Response:
    """The error in the form that whoever asks can read."""
    if wants_part(request):
        text = render(request, "parts/problem_toast.html", what=what, hint=hint)
        headers = HEADERS | {"HX-Retarget": "#toast", "HX-Reswap": "innerHTML"}
        return HTMLResponse(text, status_code=status, headers=headers)
    if "text/html" in request.headers.get("accept", ""):
        title = TITLES.get(kind, "That did not work")
        session = request.app.state.owner.session
        place, place_text = "", "Home"
        if kind != "NothingRunning" and session is not None:
            place, place_text = "incident/overview", f"Back to the {place_called(session).lower()}"
        context = {"title": title, "what": what, "hint": hint, "place": place, "place_text": place_text}
        return page(request, "error.html", status=status, room_key="", **context)
    return problem(status, what, hint, kind, exit_code)


async def _lab_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, LabError)
    return answered(request, error.status, error.what, error.hint, type(error).__name__, error.exit_code)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "the request"
    what = f"{place}: {first['msg'].removeprefix('Value error, ')}."
    return answered(request, 422, what, "Correct it and send the request again.", "UsageError", USAGE)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    what = f"{error.detail}." if not str(error.detail).endswith(".") else str(error.detail)
    return answered(request, error.status_code, what, "See what there is: /openapi.json", "NotFound", USAGE)


async def _half_a_character(request: Request, _error: Exception) -> Response:
    """JSON can hold half a character (a lone surrogate), as broken input methods make them; no file or service can."""
    what, hint = "The text has half a character in it.", "Type it again, or leave unusual characters out."
    return answered(request, 422, what, hint, "UsageError", USAGE)


async def _defect(request: Request, error: Exception) -> Response:
    log.error("".join(traceback.format_exception(error)))
    what, hint = "The console made a mistake.", "Details are in console.log; try again."
    return answered(request, 500, what, hint, "LabError", 1)


def install(app: FastAPI) -> None:
    """Answer every error of the app in this one shape."""
    app.add_exception_handler(LabError, _lab_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(UnicodeEncodeError, _half_a_character)
    app.add_exception_handler(Exception, _defect)
