"""What an investigator sees: DB spans, slow statements, business events and numbers."""

from typing import Any

import pytest


def _trace(answer: Any, sink: Any, eventually: Any) -> list[dict[str, Any]]:
    trace_id = answer.headers["traceresponse"].split("-")[1]
    eventually(lambda: any(span["kind"] == "server" for span in sink.trace(trace_id)))
    spans: list[dict[str, Any]] = sink.trace(trace_id)
    return spans


def test_every_statement_of_a_checkout_is_a_span_of_its_trace(
    place: Any, sink: Any, eventually: Any, database: Any
) -> None:
    spans = _trace(place(key="telemetry-1", customer_id="c-2"), sink, eventually)
    statements = [
        span for span in sorted(spans, key=lambda span: span["start_ns"]) if "db.system.name" in span["attributes"]
    ]
    assert [span["name"] for span in statements] == [
        "SELECT customers",
        "SELECT products",
        "INSERT orders",
        "INSERT order_items",
        "INSERT idempotency_keys",
        "UPDATE orders",
        "INSERT payments",
        "UPDATE idempotency_keys",
    ]
    (server,) = [span for span in spans if span["kind"] == "server"]
    assert {span["parent_id"] for span in statements} == {server["span_id"]}
    assert {span["kind"] for span in statements} == {"client"}
    products = statements[1]["attributes"]
    assert products["db.system.name"] == database.dialect
    assert products["db.operation.name"] == "SELECT"
    assert products["db.collection.name"] == "products"
    assert products["db.response.returned_rows"] == 1
    assert products["peer.service"] == "database"
    assert products["db.query.text"].endswith("WHERE products.id IN (?)")
    assert "guji" not in products["db.query.text"]


def test_a_payment_is_a_client_span_between_the_statements(place: Any, sink: Any, eventually: Any) -> None:
    spans = _trace(place(), sink, eventually)
    (call,) = [span for span in spans if span["name"] == "POST /v1/charges"]
    assert call["attributes"]["peer.service"] == "partner"
    assert call["attributes"]["http.response.status_code"] == 201


def test_attempts_and_the_pauses_between_them_are_spans(
    place: Any, partner: Any, shop: Any, sink: Any, eventually: Any
) -> None:
    shop.patch(partner_retries=2, partner_backoff_ms=20)
    partner.always(429, Retry_After="4")
    answer = place()
    spans = _trace(answer, sink, eventually)
    calls = [span for span in spans if span["name"] == "POST /v1/charges"]
    assert [span["attributes"].get("http.request.resend_count", 0) for span in calls] == [0, 1, 2]
    assert {span["attributes"]["http.response.header.retry-after"] for span in calls} == {"4"}
    assert all(span["error"] for span in calls)
    assert len([span for span in spans if span["name"] == "retry backoff"]) == 2
    refused = eventually(
        lambda: [event for event in sink.events("payment.refused") if event["trace_id"] == calls[0]["trace_id"]]
    )
    assert [event["attributes"]["attempt"] for event in refused] == [1, 2, 3]
    assert refused[0]["attributes"]["retry_after_s"] == 4
    assert refused[0]["attributes"]["http.response.status_code"] == 429
    assert refused[0]["attributes"]["peer.service"] == "partner"
    assert refused[0]["severity"] == "WARN"


def test_a_version_that_ends_is_seen_in_the_calls_that_use_it(
    place: Any, partner: Any, sink: Any, eventually: Any
) -> None:
    partner.always(410, Deprecation="@1775001600", Sunset="Sat, 31 Oct 2026 00:00:00 GMT")
    (call,) = [one for one in _trace(place(), sink, eventually) if one["name"] == "POST /v1/charges"]
    assert call["attributes"]["http.response.status_code"] == 410
    assert call["attributes"]["http.response.header.deprecation"] == "@1775001600"
    assert call["attributes"]["http.response.header.sunset"] == "Sat, 31 Oct 2026 00:00:00 GMT"


@pytest.mark.parametrize(
    ("told", "settings", "event"),
    [
        ((500, {}), {}, "payment.error"),
        ("reset", {}, "payment.error"),
        (None, {"partner_timeout_ms": 60}, "payment.timeout"),
    ],
)
def test_each_failure_is_a_warning_of_its_own(
    place: Any, partner: Any, shop: Any, sink: Any, eventually: Any, told: Any, settings: Any, event: str
) -> None:
    shop.patch(**settings)
    partner.then(told)
    partner.delay_s = 0.2 if told is None else 0.0
    spans = _trace(place(), sink, eventually)
    eventually(lambda: [one for one in sink.events(event) if one["trace_id"] == spans[0]["trace_id"]])


def test_a_paid_order_is_told_and_counted(place: Any, shop: Any, sink: Any, eventually: Any) -> None:
    names = ("orders_placed_total", "orders_paid_total", "orders_revenue_cents_total", "orders_payment_failed_total")
    before = [shop.metric(name) for name in names]
    order = place(customer_id="c-11", customer=None).json()
    after = [shop.metric(name) for name in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1, order["total_cents"], 0]
    (placed,) = eventually(
        lambda: [one for one in sink.events("order.placed") if one["attributes"]["order.id"] == order["id"]]
    )
    (paid,) = eventually(
        lambda: [one for one in sink.events("order.paid") if one["attributes"]["order.id"] == order["id"]]
    )
    for event in (placed, paid):
        assert event["attributes"]["order.total_cents"] == order["total_cents"]
        assert event["attributes"]["customer.id"] == "c-11"
    assert paid["attributes"]["order.placed_at"] == placed["attributes"]["order.placed_at"]
    assert 0 < paid["attributes"]["paid_after_ms"] < 5000


def test_an_unpaid_order_is_told_and_counted(place: Any, partner: Any, shop: Any, sink: Any, eventually: Any) -> None:
    before = shop.metric("orders_payment_failed_total")
    partner.always(402)
    order_id = place().json()["order_id"]
    assert shop.metric("orders_payment_failed_total") == before + 1
    (failed,) = eventually(
        lambda: [one for one in sink.events("order.payment_failed") if one["attributes"]["order.id"] == order_id]
    )
    assert failed["attributes"]["reason"] == "declined"


def test_a_refund_is_told(place: Any, shop: Any, sink: Any, eventually: Any) -> None:
    order_id = place().json()["id"]
    shop.client.post(f"/orders/{order_id}/refund")
    eventually(lambda: [one for one in sink.events("order.refunded") if one["attributes"]["order.id"] == order_id])


def test_metrics_are_named_as_agreed(shop: Any) -> None:
    names = {line.split()[2] for line in shop.client.get("/metrics").text.splitlines() if line.startswith("# TYPE")}
    assert {
        "db_pool_in_use",
        "db_pool_size",
        "db_pool_waiting",
        "orders_outbox_pending",
        "orders_outbox_oldest_age_seconds",
        "orders_placed_total",
        "orders_paid_total",
        "orders_payment_failed_total",
        "orders_revenue_cents_total",
        "http_client_pool_in_use",
        "http_client_pool_size",
    } <= names


def test_a_slow_scan_is_logged_with_the_rows_it_examined(shop: Any, sink: Any, eventually: Any) -> None:
    shop.patch(slow_query_ms=1)
    orders = shop.client.get("/orders", params={"limit": 1}).json()["items"][0]["id"]

    def slow() -> Any:  # how long a scan of a few thousand rows takes is up to the machine: ask until it takes 1 ms
        shop.client.get("/orders", params={"coupon": "NOSUCHCODE", "placed_after": "2020-01-01T00:00:00Z"})
        return [one for one in sink.events("db.slow_query") if "coupon_code = ?" in one["attributes"]["db.query.text"]]

    (event, *_) = eventually(slow)
    told = event["attributes"]
    eventually(lambda: any(span["kind"] == "server" for span in sink.trace(event["trace_id"])))
    assert event["severity"] == "WARN"
    assert "orders.coupon_code = ?" in told["db.query.text"]
    assert told["duration_ms"] >= 1
    assert told["rows_examined"] >= orders - 10
    assert "orders" in told["plan"]
