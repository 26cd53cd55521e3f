"""What the gateway's requests look like from outside."""

from typing import Any


def test_a_trace_goes_on_from_the_caller_through_the_gateway_to_orders(get: Any, orders: Any, trace_of: Any) -> None:
    trace_id, parent_id = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    answer = get("/orders/17", traceparent=f"00-{trace_id}-{parent_id}-01", X_Request_Id="my-own-id")
    server, call = trace_of(answer)
    assert server["trace_id"] == trace_id
    assert server["parent_id"] == parent_id
    assert call["parent_id"] == server["span_id"]
    assert orders.asked[0].headers["traceparent"] == f"00-{trace_id}-{call['span_id']}-01"
    assert orders.asked[0].headers["x-request-id"] == answer.headers["x-request-id"] == "my-own-id"


def test_a_trace_starts_here_when_the_caller_brings_none_or_nonsense(get: Any, trace_of: Any) -> None:
    answer = get("/orders/17", traceparent="00-xyz-1-01")
    server = trace_of(answer)[0]
    assert server["parent_id"] == ""
    assert len(server["trace_id"]) == 32


def test_the_server_span_says_what_the_conventions_ask(place: Any, orders: Any, trace_of: Any) -> None:
    orders.always(503)
    answer = place(Customer_Id="c-17")
    server, call = trace_of(answer)
    assert (server["name"], server["kind"], server["error"]) == ("POST /api/v1/orders", "server", True)
    assert server["attributes"] == {
        "http.request.method": "POST",
        "url.path": "/api/v1/orders",
        "http.response.status_code": 503,
        "http.route": "/api/v1/orders",
        "client.key": "shop",
        "enduser.id": "c-17",
        "error.type": "503",
        "http.request.header.x-request-id": answer.headers["x-request-id"],
    }
    assert server["resource"].keys() == {"service.name", "service.version", "service.instance.id"}
    assert server["resource"]["service.name"] == "gateway"
    assert call["start_ns"] >= server["start_ns"]


def test_the_client_span_says_what_the_conventions_ask(get: Any, orders: Any, trace_of: Any) -> None:
    orders.always(404)
    _, call = trace_of(get("/orders/17?x=1"))
    attributes = call["attributes"]
    port = int(orders.url.rsplit(":", 1)[1])
    assert (call["name"], call["error"]) == ("GET /orders/{order_id}", True)
    assert attributes == {
        "http.request.method": "GET",
        "url.template": "/orders/{order_id}",
        "url.full": f"{orders.url}/orders/17?x=1",
        "server.address": "127.0.0.1",
        "server.port": port,
        "peer.service": "orders",
        "http.response.status_code": 404,
        "error.type": "404",
    }


def test_a_query_is_on_the_server_span(get: Any, trace_of: Any) -> None:
    server = trace_of(get("/orders?status=paid"))[0]
    assert server["attributes"]["url.query"] == "status=paid"


def test_retry_after_is_on_the_client_span(gateway: Any, place: Any, orders: Any, trace_of: Any) -> None:
    orders.always(503, b"{}", Retry_After="4")
    _, call = trace_of(place())
    assert call["attributes"]["http.response.header.retry-after"] == "4"


def test_every_request_logs_one_line_with_its_trace(get: Any, sink: Any, eventually: Any) -> None:
    answer = get("/orders/17", Customer_Id="c-9")
    trace_id = answer.headers["traceresponse"].split("-")[1]
    (line,) = eventually(lambda: [line for line in sink.events("request") if line["trace_id"] == trace_id])
    assert line["severity"] == "INFO"
    assert line["message"].startswith("GET /api/v1/orders/{order_id} 200 in ")
    assert line["attributes"]["client.key"] == "shop"
    assert line["attributes"]["enduser.id"] == "c-9"
    assert line["attributes"]["duration_ms"] > 0


def test_refusals_and_failures_are_log_events(
    gateway: Any, get: Any, place: Any, orders: Any, sink: Any, eventually: Any
) -> None:
    gateway.patch(timeout_ms=50, retries=1)
    told = orders.hold()
    get("/orders/1")
    told.set()
    gateway.patch(timeout_ms=5000)
    orders.always(500)
    place()
    gateway.patch(default_rate_rps=0.01, default_burst=1)
    get()
    get()
    for event in ("upstream.timeout", "upstream.error", "retry", "rate_limited"):
        assert eventually(lambda event=event: sink.events(event))
    assert sink.events("rate_limited")[0]["attributes"]["client.key"] == "shop"
    assert sink.events("upstream.error")[-1]["attributes"]["peer.service"] == "orders"


def test_a_release_shows_in_what_follows(gateway: Any, get: Any, trace_of: Any) -> None:
    before = gateway.client.get("/health").json()["version"]
    gateway.patch(version="9.9.9")
    assert trace_of(get("/orders/1"))[0]["resource"]["service.version"] == "9.9.9"
    assert gateway.client.get("/health").json()["version"] == "9.9.9"
    gateway.patch(version=before)


def test_health_metrics_and_settings_are_no_traffic(gateway: Any, get: Any, trace_of: Any, sink: Any) -> None:
    gateway.client.get("/health")
    gateway.client.get("/metrics")
    trace_of(get("/orders/1"))
    assert not [span for span in sink.spans if "health" in span["name"] or "internal" in span["name"]]
    assert 'route="/health"' not in gateway.client.get("/metrics").text


def test_requests_are_counted_by_method_route_and_status(gateway: Any, get: Any) -> None:
    labels = 'method="GET",route="/api/v1/products/{product_id}",status_code="200"'
    line = f"http_server_request_duration_seconds_count{{{labels}}}"
    before = gateway.metric(line)
    get("/products/a")
    get("/products/b")
    assert gateway.metric(line) == before + 2
