"""Every page that a learner can open, as the search for leaks reads it."""

from typing import Any

from lab.core.errors import LabError
from lab.proof.steps.leaks import Surface
from lab.remote.client import Console

SHOP = (
    "/api/overview",
    "/api/metrics",
    "/api/logs?limit=200",
    "/api/traces?limit=50",
    "/api/changes",
    "/api/partner",
    "/api/partner/status",
    "/api/partner/changelog",
    "/api/partner/developers",
    "/api/sql/tables",
    "/api/sql/slow",
    "/api/impact",
    "/api/operations",
    "/api/received",
    "/api/cites",
)
"""They show the shop, and must not know of the lesson."""
LESSON = (
    "/api/session",
    "/api/brief",
    "/api/questions",
    "/api/hints",
    "/api/mitigations",
    "/api/load",
    "/api/report",
    "/api/scenarios",
    "/api/progress",
)
"""They speak of the lesson, and must not tell what was not earned."""
NOT_LOOKED_AT = {
    "/api/debrief": "opens when every question has an answer",
    "/api/export/locust": "the customers' requests, which the telemetry shows",
    "/api/export/records": "searched whole, as telemetry",
    "/api/logs/{log_id}": "one of the records",
    "/api/traces/{trace_id}": "one of the records",
    "/api/logs/histogram": "numbers",
    "/api/metrics/heatmap": "numbers",
    "/api/metrics/orders": "numbers",
    "/api/steps": "what a lesson asks for, told from the start",
    "/api/export/postman": "what a lesson asks for, and the shop's contract",
    "/api/export/postman/collection": "what a lesson asks for, and the shop's contract",
    "/api/export/postman/environment": "addresses and the learner's own keys",
    "/api/export/http": "what a lesson asks for, and the shop's contract",
    "/api/export/curl": "what a lesson asks for, and the shop's contract",
    "/inbox/{token}/messages": "what the partner or the learner sent",
    "/api/rehearsal": "what the learner's own rehearsal did, nothing before it",
    "/api/terms": "the glossary, the same for every lesson",
    "/api/terms/{name}": "the glossary, the same for every lesson",
}
"""Every other page, and why it needs no look. A new page belongs in one of these lists; a test says so."""
REQUESTS: tuple[dict[str, Any], ...] = (
    {"method": "GET", "path": "/api/v1/products"},
    {"method": "GET", "path": "/api/v1/orders/none"},
    {"method": "POST", "path": "/api/v1/orders", "body": {"items": []}},
    {"method": "GET", "path": "/openapi.json"},
)
"""What the shop answers a learner, headers included."""


def shop(console: Console) -> list[Surface]:
    """The shop's pages and its answers to requests of one's own."""
    found = [Surface("pages about the shop", path, _values(console.get(path))) for path in SHOP]
    for request in REQUESTS:
        where = f"answer to {request['method']} {request['path']}"
        try:
            answer = console.post("/api/request", request)
        except LabError as error:  # the gateway may be what is broken
            answer = error.what
        found.append(Surface("answers and headers", where, str(answer)))
    return found


def lesson(console: Console) -> list[Surface]:
    """The lesson's pages, before anything was answered."""
    return [Surface("pages about the lesson", path, console.text(path)) for path in LESSON]


def _values(document: Any) -> str:
    """What a page says: the values in it, not the names of its fields."""
    if isinstance(document, dict):
        return "\n".join(map(_values, document.values()))
    if isinstance(document, list):
        return "\n".join(map(_values, document))
    return str(document)
