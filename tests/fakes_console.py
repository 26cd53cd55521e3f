"""A console without a lab behind it: real HTTP, canned answers. In a thread for tests, or as a process of its own."""

import argparse
import copy
import json
import os
import secrets
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import fakes_console_answers as canned

Answer = tuple[int, Any]


def problem(status: int, what: str, hint: str, kind: str, exit_code: int) -> Answer:
    """An error as the console writes it."""
    return status, {"title": "x", "status": status, "detail": what, "hint": hint, "kind": kind, "exit_code": exit_code}


class FakeConsole:
    """Serves one home. Tests change `session` and `answers`, and read `requests` (method, path, query or body)."""

    def __init__(self, home: Path, *, running: bool = True) -> None:
        self.home = home
        self.requests: list[tuple[str, str, Any]] = []
        self.session: dict[str, Any] | None = copy.deepcopy(canned.SESSION) if running else None
        self.answers: dict[tuple[str, str], Any] = _answers()
        self.states: list[str] = []
        self.dies_at: str | None = None
        self.on_shutdown: Callable[[], None] = self.close
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.nonce = secrets.token_hex(8)

    def announce(self) -> None:
        """Write console.json."""
        self.home.mkdir(parents=True, exist_ok=True)
        told = {"url": self.url, "pid": os.getpid(), "nonce": self.nonce, "started_at": canned.NOW}
        (self.home / "console.json").write_text(json.dumps(told), encoding="utf-8")

    def start(self) -> "FakeConsole":
        """Serve in a thread."""
        self.announce()
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def close(self) -> None:
        """Be gone, as after a kill: console.json stays."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method: str, path: str, given: Any) -> Answer:
        """What one request gets."""
        self.requests.append((method, path, given))
        if path == "/health":
            return 200, {"name": "faultlab", "nonce": self.nonce, "pid": os.getpid(), "version": "0.1.0", "home": ""}
        if path == "/api/session" and method == "POST":
            return self._begin(given)
        if path == "/api/session" and method == "GET" and self.states:
            self._advance(self.states.pop(0))
        if path == "/api/shutdown":
            threading.Thread(target=self.on_shutdown, daemon=True).start()
            return 200, {"stopped": True, "report": str(self.home / "report.md") if self.session else None}
        if (method, path) in self.answers:
            found = self.answers[method, path]
            found = found(given) if callable(found) else found
            return found if isinstance(found, tuple) else (200, found)
        if self.session is None:
            return problem(409, "No scenario is running.", "Start one: lab start", "NothingRunning", 3)
        if path == "/api/session":
            return 200, self.session
        return problem(404, "Not Found.", "See what there is: /openapi.json", "NotFound", 2)

    def _begin(self, given: dict[str, Any]) -> Answer:
        name = given.get("scenario")
        if name is None and (self.home / "crashed").exists():
            self.session = copy.deepcopy(canned.SESSION) | {"state": "starting", "resumed": True}
            self.states = ["starting", "baseline", "open"]
            return 202, self.session
        if name is None:
            return problem(409, "There is nothing to resume.", "Choose a scenario: lab list", "Conflict", 1)
        if name == "rate-limt":
            return problem(404, f"There is no scenario {name!r}.", "Did you mean 'rate-limit'?", "NotFound", 2)
        self.session = copy.deepcopy(canned.SESSION)
        self.session |= {"state": "starting", "scenario": name, "pager": None, "seed": given.get("seed", 7)}
        for step in self.session["steps"]:
            step["state"] = "waiting"
        self.states = {
            "never-live": ["starting"] * 10_000,
            "never-pages": ["starting", "baseline"] + ["breaking"] * 10_000,
            "breaks": ["starting", "starting", "failed"],
            "port-taken": ["starting", "failed"],
        }.get(name, ["starting", "starting", "baseline", "breaking", "open"])
        return 202, self.session

    def _advance(self, state: str) -> None:
        assert self.session is not None
        order = ["starting", "baseline", "breaking", "open"]
        steps = self.session["steps"]
        done = {"starting": 1, "baseline": 3, "breaking": 4, "open": 5, "failed": 1}[state]
        for at, step in enumerate(steps):
            step["state"] = "done" if at < done else "running" if at == done else "waiting"
        self.session["state"] = state
        if state == "failed":
            steps[1]["state"] = "failed"
            self.session["error"] = {"what": "The gateway did not start.", "hint": "Start again: lab start"}
            if self.session["scenario"] == "port-taken":
                self.session["error"] |= {"what": "Port 8000 is taken.", "exit_code": 4}
        if order.index(state) == 3 if state in order else False:
            self.session["pager"] = canned.SESSION["pager"]


def _graded(given: dict[str, Any]) -> Any:
    """A grade: `b` and evidence are right, anything else is wrong."""
    right = given["answer"] == "b" or isinstance(given["answer"], list)
    return {
        "question": given["question"],
        "verdict": "right" if right else "wrong",
        "earned": 10.0 if right else 0.0,
        "of": 10,
        "feedback": "Yes: Paylane refuses."
        if right
        else "No, and this is what rules it out: our gateway refused nobody.",
        "details": [{"text": "E1: it proves the cause.", "ok": True}] if isinstance(given["answer"], list) else [],
        "truth": "Paylane refuses what exceeds our contract." if right else None,
        "score": canned.SCORE,
        "next": "proof",
    }


def _answers() -> dict[tuple[str, str], Any]:
    c = copy.deepcopy
    return {
        ("GET", "/api/scenarios"): c(canned.SCENARIOS),
        ("GET", "/api/brief"): c(canned.BRIEF),
        ("GET", "/api/overview"): c(canned.OVERVIEW),
        ("GET", "/api/metrics"): c(canned.METRICS),
        ("GET", "/api/metrics/heatmap"): c(canned.HEATMAP),
        ("GET", "/api/metrics/orders"): c(canned.ORDERS_OVER_TIME),
        ("GET", "/api/impact"): c(canned.IMPACT),
        ("GET", "/api/logs/histogram"): {
            "window": [canned.NOW - 60, canned.NOW],
            "step_s": 1.0,
            "points": [[canned.NOW - 60 + step, step * 2 % 17] for step in range(60)],
        },
        ("GET", "/api/logs"): {"logs": c(canned.LOGS), "count": 412, "window": [canned.NOW - 75, canned.NOW]},
        ("GET", "/api/traces"): {"traces": c(canned.TRACES), "window": [canned.NOW - 75, canned.NOW]},
        ("GET", f"/api/traces/{canned.TRACE[:8]}"): c(canned.ONE_TRACE),
        ("POST", "/api/sql"): c(canned.ROWS),
        ("GET", "/api/sql/tables"): c(canned.TABLES),
        ("GET", "/api/sql/slow"): c(canned.SLOW),
        ("GET", "/api/changes"): c(canned.CHANGES),
        ("GET", "/api/partner"): {"pages": ["status", "changelog", "developers"]},
        ("GET", "/api/partner/status"): c(canned.PARTNER),
        ("GET", "/api/operations"): c(canned.OPERATIONS),
        ("POST", "/api/request"): c(canned.RESPONSE),
        ("GET", "/inbox/x/messages"): c(canned.MESSAGES),
        ("POST", "/inbox/x/verify"): c(canned.VERIFIED),
        ("PUT", "/inbox/x/answer"): {"answer": 500},
        ("GET", "/api/steps"): c(canned.STEPS),
        ("GET", "/api/received"): c(canned.RECEIVED),
        ("GET", "/api/cites"): c(canned.CITES),
        ("POST", "/api/cites"): (201, {"id": "E4", "ref": "log:1042", "summary": "gateway ERROR: POST 503"}),
        ("DELETE", "/api/cites/E1"): {"removed": "E1"},
        ("GET", "/api/questions"): c(canned.QUESTIONS),
        ("POST", "/api/answers"): _graded,
        ("GET", "/api/hints"): c(canned.HINTS),
        ("POST", "/api/hints"): _hinted,
        ("GET", "/api/mitigations"): c(canned.MITIGATIONS),
        ("POST", "/api/mitigations"): _fixed,
        ("POST", "/api/rehearsal"): c(canned.REHEARSED),
        ("DELETE", "/api/mitigations"): {"undone": "queue-payments"},
        ("POST", "/api/load"): (202, {"state": "running"}),
        ("GET", "/api/load"): c(canned.LOAD),
        ("GET", "/api/report"): c(canned.REPORT),
        ("GET", "/api/debrief"): problem(
            409,
            "The debrief opens when every question has an answer; 3 to go.",
            "Next: lab diagnose whose",
            "Conflict",
            1,
        ),
        ("GET", "/api/export/locust"): "from locust import FastHttpUser\n",
        ("GET", "/api/export/postman"): c(canned.POSTMAN),
        ("GET", "/api/export/http"): "@baseUrl = http://127.0.0.1:8000\n",
        ("GET", "/api/export/records"): '{"record": "span"}\n{"record": "log"}\n',
    }


def _hinted(given: dict[str, Any]) -> Any:
    if given.get("reveal"):
        return {
            "question": given["reveal"],
            "truth": "Paylane refuses what exceeds our contract.",
            "score": canned.SCORE,
        }
    taken = copy.deepcopy(canned.HINTS)
    taken["hints"][1] |= {"taken": True, "text": "A trace shows one customer's request: `lab traces status:503`."}
    return taken | {"next_price": None}


def _fixed(given: dict[str, Any]) -> Any:
    if given["id"] == "retri":
        return problem(404, "There is no mitigation 'retri'.", "Did you mean 'retry'? See them: lab fix", "NotFound", 2)
    return {
        "mitigation": {"id": given["id"], "text": "Try a refused charge again", "applied_at": canned.NOW},
        "feedback": "Applied. Watch the numbers for a while (lab metrics), then prove it: lab load",
        "cost": 0.4,
    }


def _handler(console: FakeConsole) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            given = json.loads(self.rfile.read(length)) if length else dict(parse_qsl(parts.query))
            if console.dies_at == parts.path:
                self.connection.close()
                return
            status, body = console.answer(self.command, parts.path, given)
            payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_DELETE = _do

        def log_message(self, *_args: Any) -> None:
            pass

    return Handler


def main() -> int:
    """As `python -m lab.console` behaves: serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--scenarios", type=Path, action="append")
    given = parser.parse_args()
    if given.port == 1:
        print(
            json.dumps({"what": "Port 1 is taken.", "hint": "Leave out --port, or give another one."}), file=sys.stderr
        )
        return 4
    console = FakeConsole(given.home, running=False)
    console.on_shutdown = console.server.shutdown
    console.announce()
    console.server.serve_forever(poll_interval=0.02)
    (given.home / "console.json").unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
