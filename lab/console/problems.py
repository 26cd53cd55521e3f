"""Every error of the console as problem+json (RFC 9457), with what is wrong and what to do."""

import http
import logging
import traceback
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lab.core.errors import USAGE, LabError

log = logging.getLogger("console")


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


async def _lab_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LabError)
    return problem(error.status, error.what, error.hint, type(error).__name__, error.exit_code)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "the request"
    what = f"{place}: {first['msg'].removeprefix('Value error, ')}."
    return problem(422, what, "Correct it and send the request again.", "UsageError", USAGE)


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    what = f"{error.detail}." if not str(error.detail).endswith(".") else str(error.detail)
    return problem(error.status_code, what, "See what there is: /openapi.json", "NotFound", USAGE)


async def _defect(_request: Request, error: Exception) -> JSONResponse:
    log.error("".join(traceback.format_exception(error)))
    return problem(500, "The console made a mistake.", "Details are in console.log; try again.", "LabError", 1)


def install(app: FastAPI) -> None:
    """Answer every error of the app in this one shape."""
    app.add_exception_handler(LabError, _lab_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _defect)
