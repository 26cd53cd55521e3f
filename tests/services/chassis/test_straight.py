"""A fixed path goes straight to its route, with the same answer as through the router."""

from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from services.chassis import Problem, RawRoute
from services.chassis.straight import Straight


def _app() -> tuple[Straight, list[str]]:
    routed: list[str] = []
    router = APIRouter(route_class=RawRoute)

    def add(method: str, path: str) -> None:
        async def endpoint(request: Request) -> PlainTextResponse:
            if "refuse" in request.query_params:
                raise Problem(409, "no", "No", "Not now.", headers={"Retry-After": "3"})
            route = request.scope["route"].path_format
            return PlainTextResponse(f"{method} {route} {dict(request.path_params)}")

        router.add_api_route(path, endpoint, methods=[method], response_model=None)

    for method, path in (
        ("GET", "/things"),
        ("GET", "/things/{name}"),
        ("GET", "/things/first"),
        ("POST", "/things"),
        ("POST", "/things/first"),
    ):
        add(method, path)
    inner = FastAPI(redirect_slashes=False)
    inner.router.routes.extend(router.routes)

    async def through_the_router(scope: Any, receive: Any, send: Any) -> None:
        routed.append(scope["path"])
        await inner(scope, receive, send)

    return Straight(through_the_router, inner.routes, "https://shop.example/problems/"), routed


@pytest.mark.parametrize(
    ("method", "path", "status", "text", "straight"),
    [
        ("GET", "/things", 200, "GET /things {}", True),
        ("POST", "/things", 200, "POST /things {}", True),
        ("GET", "/things/7", 200, "GET /things/{name} {'name': '7'}", False),
        ("GET", "/things/first", 200, "GET /things/{name} {'name': 'first'}", False),
        ("POST", "/things/first", 200, "POST /things/first {}", True),
        ("DELETE", "/things", 405, None, False),
        ("GET", "/nothing", 404, None, False),
        ("GET", "/things/", 404, None, False),
    ],
)
async def test_the_answer_is_the_routers_own(
    method: str, path: str, status: int, text: str | None, straight: bool
) -> None:
    app, routed = _app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    assert text is None or answer.text == text
    assert (routed == []) == straight


async def test_a_problem_is_answered_as_one() -> None:
    app, routed = _app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        answer = await client.get("/things?refuse=1")
    assert routed == []
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "3")
    assert answer.json()["type"] == "https://shop.example/problems/no"
    assert answer.json()["instance"] == "/things"
