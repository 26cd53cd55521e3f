"""The HTTP API, one file per resource."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from services.chassis import Problem
from services.orders.cursors import BadCursor


def answer(model: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A model as JSON, written by pydantic directly: a response model would be checked and walked once more."""
    return Response(model.model_dump_json(), status, headers, "application/json")


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """The `Link` header that leads to the next page of the same list; nothing on the last page."""
    if cursor is None:
        return {}
    query: str = request.scope["query_string"].decode("latin-1")
    kept = [part for part in query.split("&") if part and not part.startswith("cursor=")]
    return {"Link": f'<{request.scope["path"]}?{"&".join([*kept, f"cursor={cursor}"])}>; rel="next"'}


def bad_cursor(error: BadCursor) -> Problem:
    """The cursor is none of ours."""
    return Problem(
        422,
        "invalid-request",
        "The request is not valid",
        "Correct 'cursor' in the query: it is not a cursor this shop gave out. Use next_cursor of the last page.",
        errors=[{"in": "query", "name": "cursor", "detail": f"{str(error)[:100]!r} is not a cursor"}],
    )
