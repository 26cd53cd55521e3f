"""The inbox for webhooks: what it takes, and how it tells a genuine message from a forged one."""

import base64
import hashlib
import hmac
import json
import re
import time
from typing import Any

import pytest

from lab.core.errors import LabError, NotFound, UsageError
from lab.session.inbox import LARGEST, Inbox, forged

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four b").decode()
BODY = json.dumps({"type": "payment.captured", "data": {"id": "pay_1", "amount": {"value": "12.50"}}}).encode()


def message(body: bytes = BODY, *, id: str = "evt_1", at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    """The headers of a message, signed by the standard's own words."""
    sent = str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.new(key, b".".join([id.encode(), sent.encode(), body]), hashlib.sha256).digest()
    return {
        "webhook-id": id,
        "webhook-timestamp": sent,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


def checked(headers: dict[str, str], body: bytes = BODY, secret: str = SECRET) -> dict[str, Any]:
    inbox = Inbox()
    inbox.take(headers, body)
    return inbox.verify(1, secret)


def test_a_genuine_message_is_valid_and_shows_how_that_was_found() -> None:
    told = checked(message())
    assert told["verdict"] == "valid"
    assert told["expected"] == told["received"]
    assert told["signed"].startswith("evt_1.")


def test_one_changed_letter_and_it_is_not() -> None:
    told = checked(message(), BODY.replace(b"12.50", b"92.50"))
    assert told["verdict"] == "invalid"
    assert "the body was changed" in told["why"]


def test_characters_that_no_signature_has_are_no_mistake_of_the_console() -> None:
    assert checked(message() | {"webhook-signature": "v1,é"})["verdict"] == "invalid"
    assert checked(message() | signed_at("²"))["verdict"] == "too old"
    with pytest.raises(NotFound):
        Inbox().require("é")


def signed_at(sent: str) -> dict[str, str]:
    """Headers of a message that names this time, whatever it is, signed all the same."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signature = hmac.new(key, f"evt_1.{sent}.{BODY.decode()}".encode(), hashlib.sha256).digest()
    return {"webhook-timestamp": sent, "webhook-signature": f"v1,{base64.b64encode(signature).decode()}"}


def test_another_secret_and_it_is_not() -> None:
    other = "whsec_" + base64.b64encode(b"another secret altogether").decode()
    assert checked(message(secret=other))["verdict"] == "invalid"


def test_without_a_signature_it_says_what_is_missing() -> None:
    told = checked({"webhook-id": "evt_1"})
    assert told["verdict"] == "invalid"
    assert "webhook-timestamp, webhook-signature" in told["why"]


@pytest.mark.parametrize("headers", [message(at=time.time() - 600), message() | {"webhook-timestamp": "soon"}])
def test_an_old_recording_is_refused(headers: dict[str, str]) -> None:
    assert checked(headers)["verdict"] in ("too old", "invalid")
    assert checked(message(at=time.time() - 600))["verdict"] == "too old"


def test_several_signatures_are_all_tried_as_when_a_secret_is_replaced() -> None:
    headers = message()
    headers["webhook-signature"] = f"v1,{base64.b64encode(b'old').decode()} {headers['webhook-signature']}"
    assert checked(headers)["verdict"] == "valid"


def test_the_same_event_again_is_valid_and_said_to_be_the_same() -> None:
    inbox = Inbox()
    for _ in range(2):
        inbox.take(message(), BODY)
    assert "same event as message 1: act on it once" in inbox.verify(2, SECRET)["why"]
    assert "same event" not in inbox.verify(1, SECRET)["why"]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "hello there"])
def test_what_is_no_secret_is_said(secret: str) -> None:
    with pytest.raises(LabError) as error:
        checked(message(), secret=secret)
    assert "registering the endpoint" in error.value.hint


def test_a_forged_message_looks_the_same_and_is_not() -> None:
    inbox = Inbox()
    genuine = inbox.take(message(), BODY)
    headers, body = forged(genuine)
    inbox.take(headers, body)
    assert inbox.verify(1, SECRET)["verdict"] == "valid"
    assert inbox.verify(2, SECRET)["verdict"] == "invalid"
    assert inbox.deliveries[1].event["type"] == genuine.event["type"]
    assert set(headers) >= {"webhook-id", "webhook-timestamp", "webhook-signature"}


def test_what_was_checked_becomes_a_fact_and_nothing_before() -> None:
    inbox = Inbox()
    inbox.take(message(), BODY)
    assert "verified" not in inbox.received()[0].facts
    inbox.verify(1, SECRET)
    assert inbox.received()[0].facts == {
        "number": 1,
        "event": "payment.captured",
        "verified": "valid",
        "amount": "12.50",
    }


def test_it_answers_as_it_is_told_to() -> None:
    inbox = Inbox()
    assert inbox.take({}, b"").answered == 200
    inbox.set_answer(500)
    assert inbox.take({}, b"not json").answered == 500
    with pytest.raises(UsageError):
        inbox.set_answer(99)


def test_strangers_addresses_and_floods_do_no_harm() -> None:
    inbox = Inbox()
    with pytest.raises(NotFound):
        inbox.require("guess")
    inbox.require(inbox.token)
    with pytest.raises(UsageError):
        inbox.take({}, b"x" * (LARGEST + 1))
    for _ in range(300):
        inbox.take({}, b"{}")
    assert len(inbox.deliveries) == 200
    assert inbox.delivery(300).number == 300
    with pytest.raises(NotFound):
        inbox.delivery(1)


def test_nothing_but_the_signature_tells_a_forged_message_from_a_genuine_one() -> None:
    genuine = {
        "type": "payment.captured",
        "timestamp": "2026-11-02T09:02:11Z",
        "data": {
            "id": "pay_179361013117",
            "status": "captured",
            "amount": {"value": "12.50", "currency": "EUR"},
            "reference": "o-1017",
        },
    }
    inbox = Inbox()
    body = json.dumps(genuine, separators=(",", ":")).encode()
    headers, forgery = forged(inbox.take(message(body, id="evt_048151623420"), body))

    def form(text: str) -> str:
        return re.sub(r"[0-9]", "0", text)

    told = json.loads(forgery)
    assert form(headers["webhook-id"]) == "evt_000000000000"
    assert form(told["timestamp"]) == form(genuine["timestamp"])
    assert form(told["data"]["id"]) == form(genuine["data"]["id"])
    assert told.keys() == genuine.keys()
    assert told["data"].keys() == genuine["data"].keys()
    assert b" " not in forgery
