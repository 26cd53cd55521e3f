"""Every error of the console, with what is wrong and what to do: a page for people, problem+json for programs."""

import logging
import traceback
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from lab.console.frame import place as place_called
from lab.console.rendering import HEADERS, page, render, wants_part
from lab.core.errors import LabError, NotFound, UsageError, problem

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


def refusal(error: LabError, status: int | None = None) -> JSONResponse:
    """The error for programs, with a status of its own or another one."""
    body = problem(error, status)
    return JSONResponse(body, status_code=body["status"], media_type="application/problem+json")


def answered(request: Request, error: LabError, status: int | None = None) -> Response:
    """The error in the form that whoever asks can read."""
    kind, code = type(error).__name__, status or error.status
    if wants_part(request):
        text = render(request, "parts/problem_toast.html", what=error.what, hint=error.hint)
        headers = HEADERS | {"HX-Retarget": "#toast", "HX-Reswap": "innerHTML"}
        return HTMLResponse(text, status_code=code, headers=headers)
    if "text/html" in request.headers.get("accept", ""):
        title = TITLES.get(kind, "That did not work")
        session = request.app.state.owner.session
        place, place_text = "", "Home"
        if kind != "NothingRunning" and session is not None:
            place, place_text = "incident/overview", f"Back to the {place_called(session).lower()}"
        context = {"title": title, "what": error.what, "hint": error.hint, "place": place, "place_text": place_text}
        return page(request, "error.html", status=code, room_key="", **context)
    return refusal(error, code)


async def _lab_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, LabError)
    return answered(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "the request"
    what = f"{place}: {first['msg'].removeprefix('Value error, ')}."
    return answered(request, UsageError(what, "Correct it and send the request again."))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    what = f"{error.detail}." if not str(error.detail).endswith(".") else str(error.detail)
    return answered(request, NotFound(what, "See what there is: /openapi.json"), error.status_code)


async def _half_a_character(request: Request, _error: Exception) -> Response:
    """JSON can hold half a character (a lone surrogate), as broken input methods make them; no file or service can."""
    what, hint = "The text has half a character in it.", "Type it again, or leave unusual characters out."
    return answered(request, UsageError(what, hint))


async def _defect(request: Request, error: Exception) -> Response:
    log.error("".join(traceback.format_exception(error)))
    contained = request.app.state.owner.runtime == "compose"
    where = "in what `docker compose logs lab` prints" if contained else "in console.log"
    return answered(request, LabError("The console made a mistake.", f"Details are {where}; try again."))


def install(app: FastAPI) -> None:
    """Answer every error of the app in this one shape."""
    app.add_exception_handler(LabError, _lab_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(UnicodeEncodeError, _half_a_character)
    app.add_exception_handler(Exception, _defect)
