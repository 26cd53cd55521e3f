"""A defect of the console says where its details are, in containers too."""

from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from lab.console import problems


@pytest.mark.parametrize(("runtime", "where"), [("embedded", "console.log"), ("compose", "`docker compose logs lab`")])
async def test_a_defect_says_where_its_details_are(runtime: str, where: str) -> None:
    app = FastAPI()
    problems.install(app)
    app.state.owner = SimpleNamespace(runtime=runtime, session=None)

    @app.get("/")
    async def broken() -> None:
        raise ZeroDivisionError

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        assert where in (await client.get("/")).json()["hint"]
