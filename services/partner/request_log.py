"""The request log that a developer sees in the dashboard: the last calls of a key, for keys that keep one."""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

_KEPT = 200
_LONGEST = 200
_OF_REQUESTS = ("content-type", "idempotency-key", "user-agent")
_OF_ANSWERS = ("deprecation", "link", "retry-after", "sunset", "x-ratelimit-remaining")


@dataclass(slots=True)
class RequestLog:
    """The newest calls of one key."""

    _entries: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _count: int = 0

    def add(
        self,
        request: Request,
        began_s: float,
        status: int,
        headers: Mapping[str, str],
        problem: str,
        number: int | None,
    ) -> None:
        """Keep one call; `number` is the payment it made or was about."""
        self._count += 1
        route = request.scope.get("route")
        answer = {name.lower(): value for name, value in headers.items()}
        self._entries.append(
            {
                "id": f"req_{self._count:012d}",
                "started_at": began_s,
                "duration_ms": round((time.time() - began_s) * 1000, 1),
                "method": request.method,
                "route": getattr(route, "path_format", request.url.path),
                "path": request.url.path,
                "query": request.url.query[:_LONGEST],
                "status": status,
                "problem": problem,
                "payment": number,
                "request_headers": _some(request.headers, _OF_REQUESTS),
                "response_headers": _some(answer, _OF_ANSWERS),
            }
        )

    def newest_first(self) -> list[dict[str, Any]]:
        """Every kept call."""
        return list(reversed(self._entries))


def _some(headers: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: headers[name][:_LONGEST] for name in names if name in headers}
