"""One Paylane process; its settings go back after every test."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

KEY = {"Authorization": "Bearer pk_test_beanline"}
QUICK = {"latency_median_ms": 1, "latency_p99_ms": 1, "quota_rps": 100_000}


@pytest.fixture(scope="module")
def running(start: Any) -> Any:
    """The process."""
    return start("partner")


@pytest.fixture
def paylane(running: Any) -> Iterator[Any]:
    """Paylane, quick and without a quota that matters."""
    admin = {"Authorization": f"Bearer {running.token}"}
    before = running.client.get("/internal/settings", headers=admin).json()["settings"]
    running.patch(**QUICK)
    yield running
    deadline = time.monotonic() + 10
    while running.metric("partner_in_progress") + running.metric("partner_queue_waiting"):
        assert time.monotonic() < deadline, "calls of this test would go on in the next one"
    running.patch(**before)


@pytest.fixture
def charge(paylane: Any) -> Callable[..., httpx.Response]:
    """POST /v1/charges, with changes to a good body."""

    def call(**changes: Any) -> httpx.Response:
        body = {"amount": 1250, "currency": "EUR", "card_token": "tok_visa_4242", "reference": "o-1017"} | changes
        answer: httpx.Response = paylane.client.post("/v1/charges", json=body, headers=KEY)
        return answer

    return call


@pytest.fixture
def pay(paylane: Any) -> Callable[..., httpx.Response]:
    """POST /v2/payments, with changes to a good body."""

    def call(key: str | None = None, **changes: Any) -> httpx.Response:
        body = {
            "amount": {"value": "12.50", "currency": "EUR"},
            "source": {"token": "tok_visa_4242"},
            "reference": "o-1017",
        } | changes
        headers = KEY | ({"Idempotency-Key": key} if key is not None else {})
        answer: httpx.Response = paylane.client.post("/v2/payments", json=body, headers=headers)
        return answer

    return call


@pytest.fixture
def get(paylane: Any) -> Callable[..., httpx.Response]:
    """GET with the key."""

    def call(path: str, **headers: str) -> httpx.Response:
        answer: httpx.Response = paylane.client.get(path, headers=KEY | headers)
        return answer

    return call
