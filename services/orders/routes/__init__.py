"""The HTTP API, one file per resource."""

from pydantic import BaseModel
from starlette.responses import Response

from services.chassis import Problem
from services.orders.cursors import BadCursor


def answer(model: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A model as JSON, written by pydantic directly: a response model would be checked and walked once more."""
    return Response(model.model_dump_json(), status, headers, "application/json")


def bad_cursor(error: BadCursor) -> Problem:
    """The cursor is none of ours."""
    return Problem(
        422,
        "invalid-request",
        "The request is not valid",
        "Correct 'cursor' in the query: it is not a cursor this shop gave out. Use next_cursor of the last page.",
        errors=[{"in": "query", "name": "cursor", "detail": f"{str(error)[:100]!r} is not a cursor"}],
    )
