"""HTTP to the console: JSON in, JSON out, its problems as LabError, a deadline on everything.

The standard library's client, because httpx takes longer to import than most commands take to answer. Every
call has a connection of its own: a person's pauses outlive any keep-alive.
"""

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from lab.core.errors import ERROR_KINDS, EnvironmentLacks, LabError, NothingRunning
from lab.remote import unused
from lab.remote.home import Address, address


class Silent(LabError):
    """Something listens, but does not answer in time."""


def not_started() -> NothingRunning:
    """There is no lab in this home."""
    return NothingRunning(
        "No lab is running.", "Start a scenario with `lab start rate-limit`, or choose one with `lab list`."
    )


def stopped_unexpectedly() -> NothingRunning:
    """There was a lab in this home, and it did not say goodbye."""
    return NothingRunning(
        "The lab stopped unexpectedly; nothing of it is running.",
        "`lab start` brings it back with the same scenario and your answers.",
    )


class Console:
    """One console's HTTP API."""

    def __init__(self, url: str, *, timeout_s: float = 15.0, log: Path | None = None) -> None:
        parts = urlsplit(url)
        self.url = url
        self._secure = parts.scheme == "https"
        self._host = parts.netloc
        self._base = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._log = log
        self._headers = {"Accept": "application/json", "Connection": "close"}

    def repeating(self) -> "Console":
        """The same, for requests that go on while nobody is there: they do not keep an unused lab from stopping."""
        other = Console(self.url, timeout_s=self._timeout_s, log=self._log)
        other._headers[unused.REPEATED] = "1"
        return other

    def get(self, path: str, *, timeout_s: float | None = None, **query: Any) -> Any:
        """The JSON answer of a GET; query parameters that are None are left out."""
        known = {name: value for name, value in query.items() if value is not None}
        return self._call("GET", f"{path}?{urlencode(known)}" if known else path, None, timeout_s)

    def post(self, path: str, body: Any = None, *, timeout_s: float | None = None) -> Any:
        """The JSON answer of a POST with a JSON body."""
        return self._call("POST", path, {} if body is None else body, timeout_s)

    def put(self, path: str, body: Any) -> Any:
        """The JSON answer of a PUT with a JSON body."""
        return self._call("PUT", path, body, None)

    def delete(self, path: str) -> Any:
        """The JSON answer of a DELETE."""
        return self._call("DELETE", path, None, None)

    def text(self, path: str, **query: Any) -> str:
        """The answer of a GET that is a text rather than JSON; query parameters that are None are left out."""
        known = {name: value for name, value in query.items() if value is not None}
        status, text = self._answered("GET", f"{path}?{urlencode(known)}" if known else path, None, None)
        return text if status < 400 else str(self._read(status, text))

    def _call(self, method: str, path: str, body: Any, timeout_s: float | None) -> Any:
        return self._read(*self._answered(method, path, body, timeout_s))

    def _answered(self, method: str, path: str, body: Any, timeout_s: float | None) -> tuple[int, str]:
        try:
            return self._exchange(method, path, body, timeout_s or self._timeout_s)
        except TimeoutError:
            raise Silent(
                "The lab's console did not answer in time.",
                f"Try again; if it stays silent, `lab stop` and `lab start` bring it back.{self._see_log()}",
            ) from None
        except (OSError, http.client.HTTPException):
            raise NothingRunning(
                "The lab stopped while this command was talking to it.",
                f"`lab status` says what is left, `lab start` resumes.{self._see_log()}",
            ) from None

    def _exchange(self, method: str, path: str, body: Any, timeout_s: float) -> tuple[int, str]:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, timeout=timeout_s)
        headers = dict(self._headers)
        payload = None
        if body is not None:
            payload = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, self._base + path, payload, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def _read(self, status: int, text: str) -> Any:
        try:
            document = json.loads(text) if text else None
        except ValueError:
            document = None
            if status < 400:
                raise LabError(
                    "The lab's console gave an answer that is not JSON.",
                    f"Stop it with `lab stop` and start again.{self._see_log()}",
                ) from None
        if status < 400:
            return document
        raise self._problem(status, document if isinstance(document, dict) else {})

    def _problem(self, status: int, problem: dict[str, Any]) -> LabError:
        what = problem.get("detail") or problem.get("title")
        hint = problem.get("hint") or "`lab status` says where you are."
        if not isinstance(what, str):
            what = f"The lab's console answered {status} without saying why."
            hint = f"Try again; `lab status` says where you are.{self._see_log()}"
        error = ERROR_KINDS.get(str(problem.get("kind")), LabError)(what, str(hint))
        if isinstance(problem.get("exit_code"), int):
            error.exit_code = problem["exit_code"]
        error.status = status
        return error

    def _see_log(self) -> str:
        return f" What it wrote last is in {self._log}." if self._log and self._log.exists() else ""


def health(known: Address, timeout_s: float = 1.5) -> dict[str, Any] | None:
    """The health answer of the console behind console.json; None when it is gone or another has its port.

    Raises Silent when something listens but does not answer in time.
    """
    try:
        answer = Console(known.url, timeout_s=timeout_s).get("/health")
    except Silent:
        raise
    except LabError:
        return None
    return answer if isinstance(answer, dict) and answer.get("nonce") == known.nonce else None


def running(home: Path, timeout_s: float = 1.5) -> Console:
    """The console of this home; NothingRunning when there is none, it stopped by itself, or died without a word."""
    known = address(home)
    if known is None:
        raise unused.told(home) or not_started()
    try:
        answer = health(known, timeout_s)
    except Silent:
        raise EnvironmentLacks(
            f"The lab's console (process {known.pid}) is there but does not answer.",
            "Give it a moment and try again; `lab stop` ends it, `lab start` resumes where you were.",
        ) from None
    if answer is None:
        raise unused.told(home) or stopped_unexpectedly()
    return Console(known.url, log=home / "console.log")
