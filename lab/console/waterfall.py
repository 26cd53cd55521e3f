"""A trace as bars: where each step begins and how long it is, in the units of a drawing 1,000 wide."""

from dataclasses import dataclass
from typing import Any

WIDTH = 1000.0
SHORTEST = 4.0
MOST = 400


@dataclass(frozen=True, slots=True)
class Bar:
    """One span: its place, its words, and the part of it on the critical path."""

    span_id: str
    depth: int
    who: str
    name: str
    x: float
    width: float
    took_ms: float
    self_ms: float
    offset_ms: float
    answer: str
    failed: bool
    critical: bool
    attributes: dict[str, Any]
    kind: str


def waterfall(trace: dict[str, Any]) -> list[Bar]:
    """The bars of a trace as the API shows it, at most MOST of them."""
    total = max(float(trace["duration_ms"]), 0.001)
    return [_bar(span, total) for span in trace["spans"][:MOST]]


def _bar(span: dict[str, Any], total: float) -> Bar:
    scale = WIDTH / total
    start = min(max(span["offset_ms"] * scale, 0.0), WIDTH - SHORTEST)
    width = min(max(span["duration_ms"] * scale, SHORTEST), WIDTH - start)
    attributes = span["attributes"]
    peer = attributes.get("peer.service")
    who = f"{span['service']} → {peer}" if span["kind"] == "client" and peer else str(span["service"])
    return Bar(
        span_id=str(span["span_id"]),
        depth=int(span["depth"]),
        who=who,
        name=str(span["name"]),
        x=round(start, 1),
        width=round(width, 1),
        took_ms=float(span["duration_ms"]),
        self_ms=float(span["self_ms"]),
        offset_ms=float(span["offset_ms"]),
        answer=answer_of(attributes),
        failed=span["status"] == "error",
        critical=bool(span["critical"]),
        attributes=attributes,
        kind=str(span["kind"]),
    )


def answer_of(attributes: dict[str, Any]) -> str:
    """The status that came back, or what failed instead, and which try it was."""
    answer = attributes.get("http.response.status_code") or attributes.get("error.type") or ""
    again = attributes.get("http.request.resend_count")
    return f"{answer}, try {again + 1}" if again else str(answer)
