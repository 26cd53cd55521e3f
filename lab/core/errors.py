"""Errors a person is meant to read: one sentence of what is wrong, one of what to do.

LabError
├── UsageError          exit 2, HTTP 422   the request itself is wrong
├── NotFound            exit 2, HTTP 404   no such scenario, question, record …
├── Conflict            exit 1, HTTP 409   right request, wrong moment
├── NothingRunning      exit 3, HTTP 409   there is no session
├── EnvironmentLacks    exit 4, HTTP 503   a port, a disk, a permission, a program
└── ScenarioError       exit 1, HTTP 422   a scenario folder is wrong or did not do what it promises
"""

from collections.abc import Iterable
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any

OK, CHECK_FAILED, USAGE, NOTHING_RUNNING, ENVIRONMENT, INTERRUPTED = 0, 1, 2, 3, 4, 130


class LabError(Exception):
    """Base of every error shown to a person; `what` is wrong, `hint` says what to do."""

    exit_code = CHECK_FAILED
    status = 500

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class UsageError(LabError):
    """The request is malformed; nothing was done."""

    exit_code = USAGE
    status = 422


class NotFound(LabError):
    """A name does not exist."""

    exit_code = USAGE
    status = 404


class Conflict(LabError):
    """The request is fine but not now."""

    exit_code = CHECK_FAILED
    status = 409


class NothingRunning(LabError):
    """There is no session to talk about."""

    exit_code = NOTHING_RUNNING
    status = 409


class EnvironmentLacks(LabError):
    """The machine lacks something: a free port, disk space, a permission, a program."""

    exit_code = ENVIRONMENT
    status = 503


class ScenarioError(LabError):
    """A scenario cannot be read, or did not do what it promises."""

    exit_code = CHECK_FAILED
    status = 422


ERROR_KINDS: dict[str, type[LabError]] = {
    kind.__name__: kind
    for kind in (LabError, UsageError, NotFound, Conflict, NothingRunning, EnvironmentLacks, ScenarioError)
}


def problem(error: LabError, status: int | None = None) -> dict[str, Any]:
    """The error as RFC 9457 problem details, with a status of its own or another one."""
    status = error.status if status is None else status
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.what,
        "hint": error.hint,
        "kind": type(error).__name__,
        "exit_code": error.exit_code,
    }


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean X? ` if a known name is close, else an empty string."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}? " if close else ""
