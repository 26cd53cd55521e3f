"""The two versions: what they take, what they answer, what they refuse."""

import concurrent.futures
from typing import Any

import httpx
import pytest

KEY = {"Authorization": "Bearer pk_test_beanline"}


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem an answer carries."""
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == answer.status_code
    assert told["type"].startswith("https://paylane.example/problems/")
    return told


def test_version_1_takes_minor_units(charge: Any, get: Any) -> None:
    answer = charge()
    assert answer.status_code == 201
    taken = answer.json()
    assert taken == {
        "id": taken["id"],
        "object": "charge",
        "amount": 1250,
        "currency": "EUR",
        "status": "succeeded",
        "reference": "o-1017",
        "refunded": 0,
        "created": taken["created"],
    }
    assert get(f"/v1/charges/{taken['id']}").json() == taken


def test_version_2_takes_decimals_with_their_currency(pay: Any, get: Any) -> None:
    answer = pay()
    assert answer.status_code == 201
    taken = answer.json()
    assert taken["status"] == "captured"
    assert taken["amount"] == {"value": "12.50", "currency": "EUR"}
    assert taken["refunded"] == {"value": "0.00", "currency": "EUR"}
    assert get(f"/v2/payments/{taken['id']}").json() == taken


def test_each_version_refuses_the_others_contract(charge: Any, pay: Any) -> None:
    assert charge(amount={"value": "12.50", "currency": "EUR"}).status_code == 422
    refused = pay(amount=1250, card_token="tok_visa_4242")
    assert refused.status_code == 422
    assert {wrong["name"] for wrong in problem(refused)["errors"]} == {"amount", "card_token"}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": 12.5}, "amount"),
        ({"amount": "1250"}, "amount"),
        ({"currency": "euro"}, "currency"),
        ({"card_token": "4242 4242"}, "card_token"),
        ({"reference": ""}, "reference"),
        ({"note": "x"}, "note"),
    ],
)
def test_version_1_names_the_wrong_field(charge: Any, changes: dict[str, Any], name: str) -> None:
    answer = charge(**changes)
    assert answer.status_code == 422
    assert name in problem(answer)["detail"]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"amount": {"value": "0.00", "currency": "EUR"}}, "amount.value"),
        ({"amount": {"value": "12.5", "currency": "EUR"}}, "amount.value"),
        ({"amount": {"value": 12.5, "currency": "EUR"}}, "amount.value"),
        ({"source": {}}, "source.token"),
        ({"reference": None}, "reference"),
    ],
)
def test_version_2_names_the_wrong_field(pay: Any, changes: dict[str, Any], name: str) -> None:
    answer = pay(**changes)
    assert answer.status_code == 422
    assert name in problem(answer)["detail"]


def test_broken_json_another_type_and_too_much_are_told_apart(paylane: Any) -> None:
    def send(content: bytes, kind: str) -> httpx.Response:
        answer: httpx.Response = paylane.client.post(
            "/v2/payments", content=content, headers=KEY | {"Content-Type": kind}
        )
        problem(answer)
        return answer

    assert send(b"{", "application/json").status_code == 400
    assert send(b"amount=1", "application/x-www-form-urlencoded").status_code == 415
    assert send(b"[" * 70_000, "application/json").status_code == 413


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer pk_wrong"}, {"Authorization": "Basic cGs6"}])
def test_without_a_good_key_it_is_401(paylane: Any, headers: dict[str, str]) -> None:
    before = paylane.metric('partner_refused_total{reason="auth"}')
    for path in ("/v1/charges/ch_1", "/v2/payments/pay_1"):
        answer = paylane.client.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        problem(answer)
    assert paylane.metric('partner_refused_total{reason="auth"}') == before + 2


@pytest.mark.parametrize("path", ["/v1/charges/ch_999999999999", "/v1/charges/pay_1", "/v2/payments/x", "/v3/payments"])
def test_what_is_not_there_is_404(get: Any, path: str) -> None:
    answer = get(path)
    assert answer.status_code == 404
    problem(answer)


def test_the_declined_card_is_always_declined_and_nothing_is_booked(charge: Any, pay: Any, get: Any) -> None:
    assert charge(card_token="tok_declined", reference="d-1").status_code == 402
    answer = pay(source={"token": "tok_declined"}, reference="d-1")
    assert answer.status_code == 402
    assert problem(answer)["decline_code"] == "do_not_honor"
    assert get("/v2/payments?reference=d-1").json() == {"items": []}


def test_the_same_key_pays_once_and_no_key_pays_twice(pay: Any, get: Any) -> None:
    first, second = pay("k-1", reference="twice-1"), pay("k-1", reference="twice-1")
    assert first.content == second.content
    assert second.status_code == 201
    assert len(get("/v2/payments?reference=twice-1").json()["items"]) == 1
    pay(reference="twice-2")
    pay(reference="twice-2")
    assert len(get("/v2/payments?reference=twice-2").json()["items"]) == 2


def test_a_key_belongs_to_one_request(pay: Any) -> None:
    pay("k-2")
    answer = pay("k-2", reference="another")
    assert answer.status_code == 422
    assert problem(answer)["title"] == "Idempotency key reused"


def test_a_key_in_use_is_409(paylane: Any, pay: Any, eventually: Any) -> None:
    paylane.patch(latency_median_ms=2000, latency_p99_ms=2000)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(pay, "k-3")
        eventually(lambda: paylane.metric("partner_in_progress") == 1)
        paylane.patch(latency_median_ms=1, latency_p99_ms=1)
        assert pay("k-3").status_code == 409
        assert first.result().status_code == 201


def test_a_key_whose_call_failed_may_be_used_again(paylane: Any, pay: Any) -> None:
    paylane.patch(failure_share=1)
    assert pay("k-4").status_code == 500
    paylane.patch(failure_share=0)
    assert pay("k-4").status_code == 201


def test_a_key_that_is_too_long_is_400(pay: Any) -> None:
    assert pay("k" * 256).status_code == 400


def test_refunds_go_in_parts_up_to_what_was_paid(pay: Any, get: Any, paylane: Any) -> None:
    path = f"/v2/payments/{pay().json()['id']}"

    def refund(body: Any) -> httpx.Response:
        answer: httpx.Response = paylane.client.post(f"{path}/refunds", json=body, headers=KEY)
        return answer

    part = refund({"amount": {"value": "5.00", "currency": "EUR"}, "reason": "damaged"})
    assert part.status_code == 201
    assert part.json()["amount"] == {"value": "5.00", "currency": "EUR"}
    assert get(path).json()["status"] == "partially_refunded"
    too_much = refund({"amount": {"value": "8.00", "currency": "EUR"}})
    assert too_much.status_code == 422
    assert "7.50 EUR" in problem(too_much)["detail"]
    assert refund({"amount": {"value": "1.00", "currency": "USD"}}).status_code == 422
    assert refund({}).json()["amount"]["value"] == "7.50"
    assert get(path).json()["status"] == "refunded"


def test_version_1_refunds_too(charge: Any, get: Any, paylane: Any) -> None:
    charged = charge().json()["id"]
    part = paylane.client.post(f"/v1/charges/{charged}/refund", json={"amount": 250}, headers=KEY)
    rest = paylane.client.post(f"/v1/charges/{charged}/refund", headers=KEY)
    assert (part.json()["amount"], rest.json()["amount"]) == (250, 1000)
    assert get(f"/v1/charges/{charged}").json()["status"] == "refunded"
    assert paylane.client.post(f"/v1/charges/{charged}/refund", headers=KEY).status_code == 422


def test_a_refund_with_a_key_is_made_once(pay: Any, get: Any, paylane: Any) -> None:
    path = f"/v2/payments/{pay().json()['id']}"
    body = {"amount": {"value": "1.00", "currency": "EUR"}}
    ids = {
        paylane.client.post(f"{path}/refunds", json=body, headers=KEY | {"Idempotency-Key": "r-1"}).json()["id"]
        for _ in range(3)
    }
    assert len(ids) == 1
    assert get(path).json()["refunded"]["value"] == "1.00"


def test_a_search_needs_a_reference(get: Any) -> None:
    answer = get("/v2/payments")
    assert answer.status_code == 422
    assert "?reference=" in problem(answer)["detail"]


def test_version_1_says_that_it_is_deprecated_and_when_it_ends(paylane: Any, charge: Any, pay: Any) -> None:
    paylane.patch(v1_deprecation_date="2026-04-01", v1_sunset_date="2026-12-31")
    for answer in (charge(), charge(amount=0), paylane.client.get("/v1/charges/ch_1")):
        assert answer.headers["deprecation"] == "@1775001600"
        assert answer.headers["sunset"] == "Thu, 31 Dec 2026 00:00:00 GMT"
        assert 'rel="deprecation"' in answer.headers["link"]
    assert "deprecation" not in pay().headers
    paylane.patch(v1_deprecation_date="", v1_sunset_date="")
    assert not {"deprecation", "sunset", "link"} & charge().headers.keys()


def test_version_1_switched_off_is_410_and_version_2_goes_on(paylane: Any, charge: Any, pay: Any) -> None:
    paylane.patch(v1_enabled=False)
    answer = charge()
    assert answer.status_code == 410
    assert "/v2/payments" in problem(answer)["detail"]
    assert "sunset" in answer.headers
    assert pay().status_code == 201
    assert paylane.metric('partner_refused_total{reason="version"}') >= 1


def test_a_date_that_is_none_is_refused(paylane: Any) -> None:
    answer = paylane.client.patch(
        "/internal/settings",
        json={"settings": {"v1_sunset_date": "next year"}},
        headers={"Authorization": f"Bearer {paylane.token}"},
    )
    assert answer.status_code == 422
    assert "v1_sunset_date" in answer.json()["detail"]


def test_a_new_start_never_gives_an_earlier_ones_ids_again(start: Any) -> None:
    body = {"amount": 100, "currency": "EUR", "card_token": "tok_a", "reference": "r"}

    def booked() -> list[str]:
        running = start("partner")
        ids = []
        for _ in range(5):
            charge = running.client.post("/v1/charges", json=body, headers=KEY).json()["id"]
            ids += [charge, running.client.post(f"/v1/charges/{charge}/refund", headers=KEY).json()["id"]]
        running.stop()
        return ids

    before, after = booked(), booked()
    assert len(set(before + after)) == 20
    assert {len(one) for one in before + after} == {len("ch_000000000017")}


def test_one_client_never_sees_anothers_payments(start: Any, tmp_path: Any) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text('[{"key": "pk_one", "name": "one"}, {"key": "pk_two", "name": "two"}]')
    running = start("partner", PARTNER_API_KEYS_FILE=str(keys))
    body = {"amount": 100, "currency": "EUR", "card_token": "tok_a", "reference": "r"}
    made = running.client.post("/v1/charges", json=body, headers={"Authorization": "Bearer pk_one"}).json()["id"]
    path = f"/v1/charges/{made}"
    assert running.client.get(path, headers={"Authorization": "Bearer pk_one"}).status_code == 200
    assert running.client.get(path, headers={"Authorization": "Bearer pk_two"}).status_code == 404
    assert running.client.get(path, headers={"Authorization": "Bearer pk_test_beanline"}).status_code == 401


def test_it_exports_no_telemetry(start: Any, sink: Any) -> None:
    running = start("partner", OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
    answer = running.client.get("/v2/payments?reference=x", headers=KEY)
    assert answer.status_code == 200
    assert "traceresponse" not in answer.headers
    running.stop()
    assert sink.posts == 0


@pytest.mark.parametrize("host", ["evil.example:8002", "evil.example", "127.0.0.1.evil.example"])
def test_a_rebound_name_gets_nothing_for_a_published_key(paylane: Any, host: str) -> None:
    headers = {"Authorization": "Bearer pk_test_beanline", "Host": host}
    for path in ("/v2/webhook_endpoints", "/v2/payments"):
        answer = paylane.client.post(path, json={"url": "http://127.0.0.1:7700/api/session/stop"}, headers=headers)
        assert answer.status_code == 401
        assert "not ours" in answer.json()["detail"]
    for name in ("localhost:1", "127.0.0.1", "[::1]:8002"):
        answer = paylane.client.get("/v2/webhook_endpoints", headers={**headers, "Host": name})
        assert answer.json() == {"items": []}
