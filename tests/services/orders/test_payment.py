"""Paying at the partner while the customer waits: both versions, every way it fails, repeated calls."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

ON_POSTGRESQL = False
TOTAL_CENTS = 2547  # 2 × 11.90 € and 7 % tax


def test_version_1_sends_cents(place: Any, partner: Any) -> None:
    order = place(card_token="tok_visa_1").json()
    (call,) = partner.calls
    assert call.path == "/v1/charges"
    assert call.body == {
        "amount": TOTAL_CENTS,
        "currency": "EUR",
        "card_token": "tok_visa_1",
        "reference": f"order-{order['id']}",
    }
    assert call.headers["authorization"] == "Bearer pk_test_beanline"


def test_version_2_sends_decimals_and_an_idempotency_key(place: Any, partner: Any, shop: Any) -> None:
    shop.patch(partner_version="v2")
    order = place().json()
    (call,) = partner.calls
    assert call.path == "/v2/payments"
    assert call.body == {
        "amount": {"value": "25.47", "currency": "EUR"},
        "source": {"token": "tok_visa_4242"},
        "reference": f"order-{order['id']}",
    }
    assert call.headers["idempotency-key"].startswith(f"order-{order['id']}-")
    assert order["payment_id"] == "pay_1"


def test_countries_that_moved_to_version_2_use_it_and_the_others_do_not_yet(
    place: Any, partner: Any, shop: Any
) -> None:
    shop.patch(partner_v2_countries="AT,FR")
    for country in ("FR", "DE", "AT"):
        place(customer={"email": f"{country.lower()}@example.com", "name": "Lou Blanc", "country": country})
    assert [call.path for call in partner.calls] == ["/v2/payments", "/v1/charges", "/v2/payments"]
    shop.patch(partner_version="v2")
    place()
    assert partner.calls[-1].path == "/v2/payments"


def test_a_list_of_countries_is_checked(shop: Any) -> None:
    wrong = shop.client.patch(
        "/internal/settings",
        json={"settings": {"partner_v2_countries": "France"}},
        headers={"Authorization": f"Bearer {shop.token}"},
    )
    assert wrong.status_code == 422


def test_the_trace_goes_on_to_the_partner(shop: Any, partner: Any, place: Any) -> None:
    answer = place()
    assert partner.calls[0].headers["traceparent"].split("-")[1] == answer.headers["traceresponse"].split("-")[1]


def test_a_refused_payment_says_when_to_try_again(place: Any, partner: Any) -> None:
    partner.always(429, Retry_After="7")
    answer = place()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "7"
    assert answer.json()["type"].endswith("payments-busy")
    assert len(partner.calls) == 1


@pytest.mark.parametrize(
    ("told", "status", "kind", "reason"),
    [
        ((500, {}), 502, "payment-error", "failed"),
        ((503, {}), 502, "payment-error", "failed"),
        ((401, {}), 502, "payment-error", "rejected"),
        ((410, {}), 502, "payment-error", "rejected"),
        ((402, {}), 402, "card-declined", "declined"),
        ((429, {}), 503, "payments-busy", "refused"),
        ("reset", 502, "payment-error", "cut_off"),
    ],
)
def test_each_failure_has_its_answer_and_leaves_an_unpaid_order(
    place: Any, partner: Any, shop: Any, sink: Any, eventually: Any, told: Any, status: int, kind: str, reason: str
) -> None:
    partner.then(told)
    answer = place()
    problem = answer.json()
    assert (answer.status_code, problem["type"].rsplit("/", 1)[1]) == (status, kind)
    order = shop.client.get(f"/orders/{problem['order_id']}").json()
    assert (order["status"], order["paid_at"]) == ("payment_failed", None)
    eventually(
        lambda: any(
            (event["attributes"]["order.id"], event["attributes"]["reason"]) == (order["id"], reason)
            for event in sink.events("order.payment_failed")
        )
    )


def test_a_connection_that_ends_before_the_answer_leaves_open_whether_the_card_was_charged(
    place: Any, partner: Any
) -> None:
    partner.then("reset")
    told = place().json()["detail"]
    assert "closed the connection before answering; whether the card was charged is not known" in told


def test_a_slow_partner_is_504_after_the_time_allowed(place: Any, partner: Any, shop: Any) -> None:
    shop.patch(partner_timeout_ms=150)
    told = partner.hold()
    answer = place()
    told.set()
    assert answer.status_code == 504


def test_retries_raise_the_calls_and_a_later_success_counts(place: Any, partner: Any, shop: Any) -> None:
    shop.patch(partner_retries=3, partner_backoff_ms=1)
    partner.then((500, {}), (429, {"Retry_After": "1"}), None)
    assert place().status_code == 201
    assert len(partner.calls) == 3
    assert shop.metric('http_client_retries_total{peer_service="partner"}') >= 2


def test_retries_end(place: Any, partner: Any, shop: Any) -> None:
    shop.patch(partner_retries=2, partner_backoff_ms=1)
    partner.always(429, Retry_After="1")
    assert place().status_code == 503
    assert len(partner.calls) == 3
    assert len({call.headers["idempotency-key"] for call in partner.calls}) == 1


@pytest.mark.parametrize("status", [402, 400])
def test_what_will_fail_again_is_not_sent_again(place: Any, partner: Any, shop: Any, status: int) -> None:
    shop.patch(partner_retries=3, partner_backoff_ms=1)
    partner.always(status)
    place()
    assert len(partner.calls) == 1


def test_pauses_between_attempts_double(place: Any, partner: Any, shop: Any) -> None:
    shop.patch(partner_retries=2, partner_backoff_ms=200)
    partner.always(500)
    place()
    first, second, third = (call.at for call in partner.calls)
    assert second - first >= 0.1
    assert third - second >= 0.2


def test_a_respected_retry_after_is_waited_for(place: Any, partner: Any, shop: Any) -> None:
    shop.patch(partner_retries=1, partner_backoff_ms=1, partner_retry_after_respected=True)
    partner.then((429, {"Retry_After": "1"}), None)
    assert place().status_code == 201
    first, second = (call.at for call in partner.calls)
    assert second - first >= 1


def test_a_respected_retry_after_beyond_our_patience_ends_the_attempts(place: Any, partner: Any, shop: Any) -> None:
    shop.patch(partner_retries=3, partner_retry_after_respected=True, partner_timeout_ms=1000)
    partner.always(429, Retry_After="30")
    answer = place()
    assert (answer.status_code, answer.headers["Retry-After"], len(partner.calls)) == (503, "30", 1)


def test_a_full_connection_pool_is_503_and_said_so(
    place: Any, partner: Any, shop: Any, sink: Any, eventually: Any
) -> None:
    shop.patch(partner_pool_size=1, partner_pool_timeout_ms=50, partner_timeout_ms=9000)
    told = partner.hold()
    with ThreadPoolExecutor(3) as crowd:
        calls = [crowd.submit(place) for _ in range(3)]
        eventually(lambda: sum(call.done() for call in calls) == 2)
        told.set()
    assert sorted(call.result().status_code for call in calls) == [201, 503, 503]
    eventually(lambda: len(sink.events("payment.connection_pool_full")) >= 2)


def test_repeated_calls_keep_to_their_budget_in_the_long_run(place: Any, partner: Any, shop: Any) -> None:
    partner.always(503)
    shop.patch(partner_retries=3, partner_backoff_ms=0, partner_retry_budget=0.1)
    for _ in range(20):  # whatever was saved before is spent
        place()
    partner.calls.clear()
    for _ in range(20):
        place()
    assert 20 < len(partner.calls) <= 20 + 3


def test_our_own_limit_spaces_the_calls(place: Any, partner: Any, shop: Any) -> None:
    shop.patch(partner_max_rps=20)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as crowd:
        assert {answer.status_code for answer in crowd.map(lambda _: place(), range(8))} == {201}
    assert max(call.at for call in partner.calls) - began >= 7 / 20 * 0.9


def test_who_would_wait_too_long_for_our_own_limit_is_told_so_at_once(place: Any, partner: Any, shop: Any) -> None:
    shop.patch(partner_max_rps=0.01, partner_timeout_ms=60_000)
    place()
    answer = place()  # whoever asks waits for ten seconds at most
    assert answer.status_code == 503
    assert 80 <= int(answer.headers["Retry-After"]) <= 100
    assert len(partner.calls) == 1


def _renamed(told: dict[str, Any]) -> dict[str, Any]:
    return {"amount_minor" if name == "amount" else name: value for name, value in told.items()}


def test_a_renamed_field_is_booked_as_nothing_by_default(place: Any, partner: Any, shop: Any) -> None:
    partner.change = _renamed
    before = shop.metric("orders_revenue_cents_total")
    assert place().status_code == 201
    assert shop.metric("orders_revenue_cents_total") == before


def test_a_retyped_amount_is_booked_as_it_reads(place: Any, partner: Any, shop: Any) -> None:
    partner.change = lambda told: told | {"amount": "25.47"}
    before = shop.metric("orders_revenue_cents_total")
    assert place().status_code == 201
    assert shop.metric("orders_revenue_cents_total") == before + 25


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_what_is_as_documented_passes_the_strict_check(place: Any, shop: Any, version: str) -> None:
    shop.patch(strict_contract=True, partner_version=version)
    assert place().status_code == 201


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    "change",
    [
        _renamed,
        lambda told: told | {"amount": 1},
        lambda told: told | {"status": "pending"},
        lambda told: {name: value for name, value in told.items() if name != "id"},
        lambda told: [told],
    ],
)
def test_what_is_not_as_documented_is_refused_when_strict(
    place: Any, partner: Any, shop: Any, version: str, change: Any
) -> None:
    shop.patch(strict_contract=True, partner_version=version)
    partner.change = change
    answer = place()
    assert answer.status_code == 502
    assert "contract" in answer.json()["detail"]


@pytest.mark.parametrize("strict", [False, True])
def test_an_amount_may_be_looked_for_under_several_names(place: Any, partner: Any, shop: Any, strict: bool) -> None:
    shop.patch(partner_amount_fields="amount,amount_minor", strict_contract=strict)
    before = shop.metric("orders_revenue_cents_total")
    for number, change in enumerate((_renamed, lambda told: told), start=1):
        partner.change = change
        assert place().status_code == 201
        assert shop.metric("orders_revenue_cents_total") == before + number * TOTAL_CENTS


def test_the_partner_s_answer_is_kept_word_for_word(place: Any, partner: Any, sink: Any, eventually: Any) -> None:
    partner.change = _renamed
    order = place().json()
    (kept,) = eventually(
        lambda: [one for one in sink.events("payment.taken") if one["attributes"]["order.id"] == order["id"]]
    )
    assert json.loads(kept["attributes"]["payment.answer"])["amount_minor"] == TOTAL_CENTS


def test_an_answer_that_is_no_json_is_an_error_even_when_lax(place: Any, partner: Any) -> None:
    partner.change = lambda told: b"<html>"
    assert place().status_code == 502


def test_settings_take_effect_together_and_at_once(place: Any, partner: Any, shop: Any) -> None:
    wrong = shop.client.patch(
        "/internal/settings",
        json={"settings": {"partner_version": "v2", "partner_retries": -1}},
        headers={"Authorization": f"Bearer {shop.token}"},
    )
    assert wrong.status_code == 422
    assert "partner_retries" in wrong.json()["detail"]
    place()
    assert partner.calls[-1].path == "/v1/charges"
    shop.patch(partner_version="v2")
    place()
    assert partner.calls[-1].path == "/v2/payments"
