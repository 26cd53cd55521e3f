"""Other people's web pages can neither read from nor write to the console."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from lab.console.guard import Guard


async def hello(_request: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = Guard(Starlette(routes=[Route("/", hello, methods=["GET", "POST"])]))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:7700")


@pytest.mark.parametrize("host", ["127.0.0.1:7700", "localhost:7700", "[::1]:7700", "localhost"])
async def test_loopback_names_are_let_through(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:7700", ""])
async def test_a_rebound_name_is_refused(client: httpx.AsyncClient, host: str) -> None:
    answer = await client.get("/", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("telemetry.mesh:7700", "/v1/traces", 200),
        ("telemetry.mesh:7700", "/v1/logs", 200),
        ("telemetry.mesh:7700", "/", 403),
        ("telemetry.mesh:7700", "/api/session", 403),
        ("evil.example:7700", "/v1/traces", 403),
        ("127.0.0.1:7700", "/v1/traces", 200),
    ],
)
async def test_the_name_that_services_know_is_good_for_telemetry_and_nothing_else(
    host: str, path: str, status: int
) -> None:
    routes = [Route(one, hello, methods=["GET", "POST"]) for one in ("/", "/v1/traces", "/v1/logs", "/api/session")]
    app = Guard(Starlette(routes=routes), telemetry_hosts=frozenset({"telemetry.mesh"}))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:7700")
    assert (await client.post(path, headers={"Host": host})).status_code == status


async def test_a_write_from_another_site_is_refused(client: httpx.AsyncClient) -> None:
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
    ):
        assert (await client.post("/", headers=headers)).status_code == 403


async def test_commands_and_the_own_page_may_write(client: httpx.AsyncClient) -> None:
    for headers in ({}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://127.0.0.1:7700"}):
        assert (await client.post("/", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("mode", "dest"), [("no-cors", "image"), ("no-cors", "script"), ("cors", "empty"), ("navigate", "iframe")]
)
async def test_a_page_of_another_site_can_embed_or_fetch_nothing(
    client: httpx.AsyncClient, mode: str, dest: str
) -> None:
    for site in ("cross-site", "same-site"):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        assert (await client.get("/", headers=headers)).status_code == 403


async def test_a_link_from_another_site_leads_here(client: httpx.AsyncClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert (await client.get("/", headers=headers)).status_code == 200
