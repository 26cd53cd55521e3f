"""Webhooks and the request log: what a developer with a test key gets."""

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

KEYS = [
    {"key": "pk_test_beanline", "name": "beanline"},
    {"key": "pk_test_mine", "name": "mine", "request_log": True},
    {"key": "pk_test_other", "name": "other", "request_log": True},
]
MINE, OTHER = ({"Authorization": f"Bearer pk_test_{name}"} for name in ("mine", "other"))
PAYMENT = {
    "amount": {"value": "12.50", "currency": "EUR"},
    "source": {"token": "tok_visa_4242"},
    "reference": "o-1017",
}


@dataclass
class Inbox:
    """A receiver of webhooks that answers as `statuses` say, the last one for ever."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=lambda: [200])

    def status(self) -> int:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@pytest.fixture
def inbox(free_port: Callable[[], int]) -> Iterator[Inbox]:
    inbox = Inbox()

    class Door(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            inbox.paths.append(self.path)
            inbox.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(inbox.status())
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Door)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    inbox.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    yield inbox
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def running(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    keys = Path(tmp_path_factory.mktemp("keys")) / "keys.json"
    keys.write_text(json.dumps(KEYS))
    running = start("partner", PARTNER_API_KEYS_FILE=str(keys))
    running.patch(latency_median_ms=1, latency_p99_ms=1, quota_rps=100_000, webhook_retry_s=0.05)
    return running


@pytest.fixture
def paylane(running: Any) -> Iterator[httpx.Client]:
    """Nobody is registered before and after."""
    client: httpx.Client = running.client
    yield client
    for endpoint in client.get("/v2/webhook_endpoints", headers=MINE).json()["items"]:
        client.delete(f"/v2/webhook_endpoints/{endpoint['id']}", headers=MINE)


@pytest.fixture
def secret(paylane: httpx.Client, inbox: Inbox) -> str:
    """The inbox is told from now on; what signs it."""
    answer = paylane.post("/v2/webhook_endpoints", json={"url": inbox.url}, headers=MINE)
    assert answer.status_code == 201
    secret: str = answer.json()["secret"]
    return secret


def pay(paylane: httpx.Client, headers: dict[str, str] = MINE) -> httpx.Response:
    return paylane.post("/v2/payments", json=PAYMENT, headers=headers)


def signed(secret: str, headers: dict[str, str], body: bytes) -> str:
    """What the signature must be, by the standard's own words."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def test_a_payment_is_told_and_the_signature_is_right(
    paylane: httpx.Client, inbox: Inbox, secret: str, eventually: Any
) -> None:
    paid = pay(paylane).json()
    ((headers, body),) = eventually(lambda: inbox.got)
    assert headers["webhook-signature"] == signed(secret, headers, body)
    event = json.loads(body)
    assert (event["type"], event["data"]) == ("payment.captured", paid)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_both_versions_tell_the_same_way(
    paylane: httpx.Client, inbox: Inbox, secret: str, eventually: Any, version: str
) -> None:
    if version == "v1":
        body = {"amount": 1250, "currency": "EUR", "card_token": "tok_visa_4242", "reference": "o-1"}
        charge = paylane.post("/v1/charges", json=body, headers=MINE).json()
        paylane.post(f"/v1/charges/{charge['id']}/refund", json={"amount": 500}, headers=MINE)
    else:
        paid = pay(paylane).json()
        body = {"amount": {"value": "5.00", "currency": "EUR"}}
        paylane.post(f"/v2/payments/{paid['id']}/refunds", json=body, headers=MINE)
    got = eventually(lambda: inbox.got if len(inbox.got) == 2 else None)
    events = {event["type"]: event["data"] for event in (json.loads(body) for _, body in got)}
    assert events["payment.captured"]["amount"] == {"value": "12.50", "currency": "EUR"}
    assert events["payment.refunded"]["refunded"] == {"value": "5.00", "currency": "EUR"}


def test_an_event_that_is_not_taken_is_sent_again_as_the_same_event(
    paylane: httpx.Client, inbox: Inbox, secret: str, eventually: Any
) -> None:
    inbox.statuses = [500, 503, 200]
    pay(paylane)
    got = eventually(lambda: inbox.got if len(inbox.got) == 3 else None)
    assert len({headers["webhook-id"] for headers, _ in got}) == 1
    (event, *_) = paylane.get("/v2/events", headers=MINE).json()["items"]
    tried = eventually(lambda: deliveries(paylane) if len(deliveries(paylane)) == 3 else None)
    assert [one["status"] for one in tried] == [500, 503, 200]
    assert event["id"] == got[0][0]["webhook-id"]


def deliveries(paylane: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = paylane.get("/v2/events", headers=MINE).json()["items"][0]["deliveries"]
    return found


def test_nobody_tries_for_ever(running: Any, paylane: httpx.Client, inbox: Inbox, secret: str, eventually: Any) -> None:
    running.patch(webhook_attempts=2)
    inbox.statuses = [500]
    pay(paylane)
    eventually(lambda: len(deliveries(paylane)) == 2)
    pay(paylane)
    eventually(lambda: len(deliveries(paylane)) == 2)
    assert len(inbox.got) == 4
    running.patch(webhook_attempts=5)


def test_an_event_can_be_sent_again_on_request(
    paylane: httpx.Client, inbox: Inbox, secret: str, eventually: Any
) -> None:
    pay(paylane)
    ((first, _),) = eventually(lambda: inbox.got)
    answer = paylane.post(f"/v2/events/{first['webhook-id']}/redeliver", headers=MINE)
    assert answer.status_code == 202
    again, body = eventually(lambda: inbox.got[1] if len(inbox.got) > 1 else None)
    assert again["webhook-id"] == first["webhook-id"]
    assert again["webhook-signature"] == signed(secret, again, body)


def test_one_clients_events_are_nobody_elses(paylane: httpx.Client, inbox: Inbox, secret: str, eventually: Any) -> None:
    pay(paylane, OTHER)
    pay(paylane)
    eventually(lambda: inbox.got)
    assert len(inbox.got) == 1
    event = paylane.get("/v2/events", headers=MINE).json()["items"][0]["id"]
    assert paylane.get("/v2/events", headers=OTHER).json() == {"items": []}
    assert paylane.post(f"/v2/events/{event}/redeliver", headers=OTHER).status_code == 404


def test_the_secret_is_told_once(paylane: httpx.Client, secret: str) -> None:
    assert secret.startswith("whsec_")
    (listed,) = paylane.get("/v2/webhook_endpoints", headers=MINE).json()["items"]
    assert "secret" not in listed
    assert secret not in paylane.get("/v2/events", headers=MINE).text


def test_a_deleted_endpoint_is_told_no_longer(
    paylane: httpx.Client, inbox: Inbox, secret: str, eventually: Any
) -> None:
    (endpoint,) = paylane.get("/v2/webhook_endpoints", headers=MINE).json()["items"]
    assert paylane.delete(f"/v2/webhook_endpoints/{endpoint['id']}", headers=MINE).json() == {"items": []}
    assert paylane.delete(f"/v2/webhook_endpoints/{endpoint['id']}", headers=MINE).status_code == 404
    kept = paylane.post("/v2/webhook_endpoints", json={"url": f"{inbox.url}/kept"}, headers=MINE).json()["id"]
    for _ in range(10):
        pay(paylane)
    eventually(lambda: "/hooks/kept" in inbox.paths and len(inbox.got) >= 10)
    assert set(inbox.paths) == {"/hooks/kept"}
    assert {one["endpoint"] for one in deliveries(paylane)} <= {kept}


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/x", "http://example.com/hook", "http://10.0.0.1/", "file:///etc/passwd", "http://[::1", ""],
)
def test_only_an_address_of_this_machine_can_be_told(paylane: httpx.Client, url: str) -> None:
    answer = paylane.post("/v2/webhook_endpoints", json={"url": url}, headers=MINE)
    assert answer.status_code == 422
    assert "http://127.0.0.1" in answer.json()["detail"]


def test_there_are_only_so_many_endpoints(paylane: httpx.Client, inbox: Inbox) -> None:
    answers = [paylane.post("/v2/webhook_endpoints", json={"url": inbox.url}, headers=MINE) for _ in range(6)]
    assert [one.status_code for one in answers] == [201] * 5 + [409]
    assert "Delete one" in answers[-1].json()["detail"]


def test_the_request_log_tells_each_call_of_ones_own_key(paylane: httpx.Client) -> None:
    headers = OTHER | {"Idempotency-Key": "k-1", "User-Agent": "Postman/1"}
    paid = pay(paylane, headers).json()
    paylane.get(f"/v2/payments/{paid['id']}?x=1", headers=OTHER)
    body = {"amount": 1250, "currency": "EUR", "card_token": "tok_visa_4242", "reference": "o-1"}
    paylane.post("/v1/charges", json=body | {"amount": "many"}, headers=OTHER)
    refused, looked, made, *_ = paylane.get("/v2/request_log", headers=OTHER).json()["items"]
    assert (made["route"], made["status"], made["payment"]) == ("/v2/payments", 201, int(paid["id"][4:]))
    assert made["request_headers"]["idempotency-key"] == "k-1"
    assert made["request_headers"]["user-agent"] == "Postman/1"
    assert (looked["route"], looked["query"]) == ("/v2/payments/{payment_id}", "x=1")
    assert looked["payment"] == made["payment"]
    assert (refused["status"], refused["problem"]) == (422, "invalid-request")
    assert {"deprecation", "sunset"} <= refused["response_headers"].keys()
    assert "pk_test_other" not in paylane.get("/v2/request_log", headers=OTHER).text


def test_a_key_of_everyday_business_keeps_no_log(paylane: httpx.Client) -> None:
    beanline = {"Authorization": "Bearer pk_test_beanline"}
    pay(paylane, beanline)
    assert paylane.get("/v2/request_log", headers=beanline).json() == {"items": []}
    assert paylane.get("/v2/request_log").status_code == 401


def test_a_deleted_endpoint_is_not_even_told_again_of_what_it_did_not_take(
    running: Any, paylane: httpx.Client, inbox: Inbox, secret: str, eventually: Any
) -> None:
    running.patch(webhook_attempts=20)
    inbox.statuses = [500]
    kept = paylane.post("/v2/webhook_endpoints", json={"url": inbox.url}, headers=MINE).json()["id"]
    deleted = next(
        one["id"] for one in paylane.get("/v2/webhook_endpoints", headers=MINE).json()["items"] if one["id"] != kept
    )

    def attempts(endpoint: str) -> int:
        return sum(one["endpoint"] == endpoint for one in deliveries(paylane))

    pay(paylane)
    eventually(lambda: attempts(deleted))
    paylane.delete(f"/v2/webhook_endpoints/{deleted}", headers=MINE)
    until_then, of_kept = attempts(deleted), attempts(kept)
    eventually(lambda: attempts(kept) >= of_kept + 2)
    assert attempts(deleted) <= until_then + 1  # the one that was under way
    running.patch(webhook_attempts=5)


def test_an_event_says_when_it_happened_as_the_standard_writes_it(
    paylane: httpx.Client, inbox: Inbox, secret: str, eventually: Any
) -> None:
    pay(paylane)
    ((headers, body),) = eventually(lambda: inbox.got)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", json.loads(body)["timestamp"])
    assert re.fullmatch(r"evt_\d{12}", headers["webhook-id"])
