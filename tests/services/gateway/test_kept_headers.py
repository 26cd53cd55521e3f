"""What a trace keeps of the headers, for those who ask what we received."""

from typing import Any

import pytest

BUILDER = {"X-API-Key": "key-of-a-builder"}


def headers_in(span: dict[str, Any]) -> dict[str, str]:
    """The attributes that come from headers."""
    found = {name: value for name, value in span["attributes"].items() if ".header." in name or "agent" in name}
    found.pop("http.request.header.x-request-id")
    return found


def test_a_key_that_asks_for_it_finds_its_headers_in_the_trace(gateway: Any, orders: Any, trace_of: Any) -> None:
    orders.always(201, b"{}", Location="/orders/17", ETag='"a1"')
    sent = {"Idempotency-Key": "k-1", "Accept": "application/json", "User-Agent": "Postman/1"}
    answer = gateway.client.post("/api/v1/orders", json={"items": []}, headers=BUILDER | sent)
    kept = headers_in(trace_of(answer)[0])
    assert float(kept.pop("http.response.header.ratelimit-remaining")) > 0
    assert kept == {
        "http.request.header.accept": "application/json",
        "http.request.header.content-type": "application/json",
        "http.request.header.idempotency-key": "k-1",
        "user_agent.original": "Postman/1",
        "http.response.header.content-type": "application/json",
        "http.response.header.etag": '"a1"',
        "http.response.header.location": "/api/v1/orders/17",
    }


def test_an_ordinary_key_leaves_no_headers(place: Any, trace_of: Any) -> None:
    assert headers_in(trace_of(place(Idempotency_Key="k-2"))[0]) == {}


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization", "Cookie", "Customer-Id"])
def test_what_admits_or_identifies_somebody_is_never_kept(gateway: Any, trace_of: Any, header: str) -> None:
    secret = "a-secret-of-mine"
    answer = gateway.client.get("/api/v1/products", headers={"User-Agent": "x"} | {header: secret})
    span = trace_of(answer)[0]
    assert secret not in str({name: value for name, value in span["attributes"].items() if name != "enduser.id"})


def test_a_request_without_a_known_key_shows_what_it_was_told(gateway: Any, trace_of: Any) -> None:
    missing = trace_of(gateway.client.get("/api/v1/products"))[0]["attributes"]
    unknown = trace_of(gateway.client.get("/api/v1/products", headers={"X-API-Key": "who-knows"}))[0]["attributes"]
    assert "client.key" not in missing
    assert "invalid_key" not in missing["http.response.header.www-authenticate"]
    assert 'error="invalid_key"' in unknown["http.response.header.www-authenticate"]


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/api/v1/nothing", "not-found"),
        ("PUT", "/api/v1/products", "method-not-allowed"),
        ("GET", "/api/v1/orders", "forbidden"),
        ("GET", "/api/v1/orders/1", "forbidden"),
    ],
)
def test_the_sort_of_error_is_on_the_span_and_in_the_access_line(
    gateway: Any, sink: Any, trace_of: Any, eventually: Any, method: str, path: str, kind: str
) -> None:
    answer = gateway.client.request(method, path, headers=BUILDER)
    span = trace_of(answer)[0]
    assert (span["attributes"]["error.type"], span["error"]) == (kind, False)
    (line,) = eventually(lambda: [one for one in sink.events("request") if one["trace_id"] == span["trace_id"]])
    assert line["attributes"]["error.type"] == kind


def test_a_problem_of_orders_is_named_on_our_span_too(place: Any, orders: Any, trace_of: Any) -> None:
    orders.always(422, b'{"type":"https://beanline.example/problems/invalid-request","status":422}')
    assert trace_of(place())[0]["attributes"]["error.type"] == "invalid-request"
    for strange in (b"not json", b'"text"', b'{"type":7}', b"[]"):
        orders.always(503, strange)
        assert trace_of(place())[0]["attributes"]["error.type"] == "503"
