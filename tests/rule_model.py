"""What the documentation says of rules, in the plainest code: the model that tests compare the proxy with."""

import random
from typing import Any


def fits(pattern: str | None, path: str) -> bool:
    """What the documentation says of path patterns."""
    if pattern is None:
        return True
    wanted, given = pattern[1:].split("/"), path[1:].split("/")
    if wanted[-1] == "*":
        wanted = wanted[:-1]
        if len(given) <= len(wanted):
            return False
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(
        one == other or one == "*" or one.startswith("{") for one, other in zip(wanted, given, strict=True)
    )


class Request:
    """One request: what it is, and what becomes of it."""

    def __init__(self, method: str, path: str, key: str | None = None) -> None:
        self.method = method
        self.path = path
        self.key = key
        self.fields = [("Host", "a"), *([] if key is None else [("X-API-Key", key)])]
        self.waits_ms = 0.0
        self.ended: int | str | None = None
        """The status it was answered with on the way, or how its connection ended."""


class ModelRule:
    """One rule in force. `written` is its written form without its id."""

    def __init__(self, written: dict[str, Any], id: str, edge: str, now_s: float) -> None:
        (self.kind,) = written.keys() - {"match", "seed", "start", "end", "ramp"}
        self.parameters: dict[str, Any] = written[self.kind]
        self.written = written
        self.id = id
        self.set_at_s = now_s
        self.match = written.get("match", {})
        self._draw = random.Random(f"{written.get('seed', 0)}/{edge}/{self.kind}/share").random
        self.matched = self.applied = self.too_early = 0
        self._seen: dict[str, int] = {}
        self._buckets: dict[str, tuple[float, float, float]] = {}

    def state(self, now_s: float) -> str:
        """`waiting`, `active` or `ended`."""
        age_s, end_s = now_s - self.set_at_s, self.written.get("end")
        if age_s < self.written.get("start", 0):
            return "waiting"
        return "ended" if end_s is not None and age_s >= end_s else "active"

    def chooses(self, request: Request, now_s: float) -> float:
        """How strongly it is to act on the request, 0 for not at all; draws once for each request that matches."""
        match = self.match
        if self.state(now_s) != "active" or not fits(match.get("path"), request.path):
            return 0.0
        if match.get("method") and request.method not in match["method"]:
            return 0.0
        if "key" in match and request.key != match["key"]:
            return 0.0
        self.matched += 1
        ramp_s, share = self.written.get("ramp", 0), match.get("share", 1.0)
        grown = min(1.0, (now_s - self.set_at_s - self.written.get("start", 0)) / ramp_s) if ramp_s else 1.0
        if self.kind == "latency":  # its delay grows, not its share; nothing of it is nothing to apply
            return grown if self._draw() < share else 0.0
        return 1.0 if self._draw() < share * grown else 0.0

    def act(self, request: Request, strength: float, now_s: float) -> None:
        """Do it, and count it if there was something to do."""
        before = (request.waits_ms, request.ended, list(request.fields))
        getattr(self, f"_{self.kind}")(request, strength, now_s)
        self.applied += before != (request.waits_ms, request.ended, request.fields)

    def _abort(self, request: Request, strength: float, now_s: float) -> None:
        request.ended = self.parameters.get("status", 503)

    def _latency(self, request: Request, strength: float, now_s: float) -> None:
        request.waits_ms += self.parameters["delay"] * strength

    def _headers(self, request: Request, strength: float, now_s: float) -> None:
        new = self.parameters["set"]
        kept = [field for field in request.fields if field[0] not in new]
        request.fields = [*kept, *new.items()]

    def _fail_first(self, request: Request, strength: float, now_s: float) -> None:
        who = (request.key if self.parameters.get("each") else "all") or ""
        if self.parameters.get("each") and request.key is None:
            return
        if self._seen.get(who, 0) < self.parameters["count"]:
            self._seen[who] = self._seen.get(who, 0) + 1
            request.ended = 503

    def _rate_limit(self, request: Request, strength: float, now_s: float) -> None:
        who = request.key or "" if self.parameters.get("each") else ""
        rate, full = self.parameters["rate"], self.parameters["burst"]
        tokens, at_s, back_at_s = self._buckets.get(who, (full, now_s, -1e9))
        self.too_early += now_s < back_at_s
        tokens = min(full, tokens + (now_s - at_s) * rate)
        if tokens >= 1:
            self._buckets[who] = (tokens - 1, now_s, back_at_s)
            return
        seconds = max(1, -int(-(1 - tokens) / rate // 1))
        self._buckets[who] = (tokens, now_s, now_s + seconds)
        request.ended = 429


def pass_through(rules: list[ModelRule], request: Request, now_s: float) -> None:
    """All rules look at the request as it came; then each acts in turn, until one has ended it."""
    chosen = [(rule, rule.chooses(request, now_s)) for rule in rules]
    for rule, strength in chosen:
        if strength > 0 and request.ended is None:
            rule.act(request, strength, now_s)
