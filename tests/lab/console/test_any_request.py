"""Whatever is sent to the console's API, the sender's mistake is told as such, and never becomes the console's own."""

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import uvicorn
from fakes_session import close, standing
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Response
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from lab.console.app import create_app

ENDS_IT = (
    "/api/session/reset",
    "/api/session/stop",
    "/api/session/restore",
    "/api/shutdown",
    "/api/load",
)
few = settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schemathesis.check
def mistakes_are_told(_context: Any, response: Response, _case: schemathesis.Case) -> None:
    """An error is a problem document with what is wrong and what to do; 500 is for defects only."""
    assert response.status_code != 500, response.text
    if response.status_code >= 400:
        told = json.loads(response.content)
        assert told["status"] == response.status_code
        assert told["detail"]
        assert told["hint"]


CHECKS = [mistakes_are_told, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A console's address; its session stands still, and its shop cannot be reached."""
    owner, session = standing(tmp_path_factory.mktemp("any") / "home")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(create_app(owner), lifespan="off", log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()
    close(session)


def operations() -> list[Any]:
    class Nobody:
        session = None

    schema = schemathesis.openapi.from_dict(create_app(Nobody()).openapi())  # type: ignore[arg-type]
    found = (result.ok() for result in schema.get_all_operations())
    return [pytest.param(one, id=one.label) for one in found if one.path not in ENDS_IT]


@pytest.mark.parametrize("operation", operations())
def test_it_is_answered(operation: APIOperation, console: str) -> None:
    @few
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=console, checks=CHECKS)

    ask()
