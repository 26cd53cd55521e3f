"""An inbox for other companies' webhooks: takes what is sent to it, shows it, and checks signatures.

Anybody who knows its address can send to it, as with a real one. Whether something is genuine only its signature tells.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lab.core.errors import Conflict, NotFound, UsageError
from lab.questions.steps.received import INBOX, Received

MOST = 200
LARGEST = 64 * 1024
OLDEST_S = 300
"""Older than this a signed message is refused: it may have been recorded and sent again."""
SHOWN_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass
class Delivery:
    """One message that came in; `verified` says what the learner's own check of it said."""

    number: int
    time_s: float
    headers: Mapping[str, str]
    body: str
    answered: int
    verified: str = ""

    @property
    def event(self) -> dict[str, Any]:
        """The body as data; empty when it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def facts(self) -> dict[str, Any]:
        """What is known of it: the event's type and amount, and what a check said."""
        event = self.event
        data = event.get("data")
        amount = data.get("amount") if isinstance(data, dict) else None
        found = {"number": self.number, "event": event.get("type"), "verified": self.verified or None}
        found["amount"] = amount.get("value") if isinstance(amount, dict) else None
        return {name: value for name, value in found.items() if value is not None}


@dataclass
class Inbox:
    """One session's inbox. `answer` is the status that it answers messages with."""

    token: str = field(default_factory=lambda: secrets.token_hex(8))
    answer: int = 200
    deliveries: list[Delivery] = field(default_factory=list)
    calls: list[Received] = field(default_factory=list)
    """Requests of the learner's own to the inbox: looking, checking, setting the answer."""
    _count: int = 0

    def take(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Keep a message; UsageError when it is too large."""
        if len(body) > LARGEST:
            raise UsageError("The message is larger than 64 kB.", "Send a smaller one.")
        self._count += 1
        kept = {name: headers[name] for name in SHOWN_HEADERS if name in headers}
        delivery = Delivery(self._count, time.time(), kept, body.decode("utf-8", "replace"), self.answer)
        self.deliveries.append(delivery)
        del self.deliveries[:-MOST]
        return delivery

    def delivery(self, number: int) -> Delivery:
        """The message of that number; NotFound when there is none."""
        for one in self.deliveries:
            if one.number == number:
                return one
        raise NotFound(f"There is no message {number} in the inbox.", "List them: `lab inbox`")

    def verify(self, number: int, secret: str, now: float | None = None) -> dict[str, Any]:
        """Check a message as its receiver should: signature first, then its age; each step is told."""
        one = self.delivery(number)
        missing = [name for name in ("webhook-id", "webhook-timestamp", "webhook-signature") if name not in one.headers]
        if missing:
            return self._checked(one, "invalid", f"It has no {', '.join(missing)}: nobody signed it.")
        signed = f"{one.headers['webhook-id']}.{one.headers['webhook-timestamp']}.{one.body}"
        expected = f"v1,{_signature(secret, signed)}"
        told = {"signed": signed, "expected": expected, "received": one.headers["webhook-signature"]}
        given = one.headers["webhook-signature"].split()
        if not any(_same(expected, each) for each in given):
            why = "The signature is another one: whoever sent it does not have the secret, or the body was changed."
            return self._checked(one, "invalid", why, told)
        sent_s = one.headers["webhook-timestamp"]
        age_s = (time.time() if now is None else now) - float(sent_s) if sent_s.isdecimal() else OLDEST_S + 1.0
        if age_s > OLDEST_S:
            why = f"The signature is right, but the message is {age_s:.0f} s old: it may have been recorded."
            return self._checked(one, "too old", why, told)
        before = [each.number for each in self.deliveries if each.number < number and _same_event(each, one)]
        why = "The signature is right: it comes from who has the secret, and nobody changed it."
        if before:
            why += f" It is the same event as message {before[0]}: act on it once."
        return self._checked(one, "valid", why, told)

    def _checked(self, one: Delivery, verdict: str, why: str, told: dict[str, Any] | None = None) -> dict[str, Any]:
        one.verified = verdict
        return {"message": one.number, "verdict": verdict, "why": why, **(told or {})}

    def set_answer(self, status: int) -> None:
        """Answer messages with this status from now on."""
        if not 200 <= status <= 599:
            raise UsageError(f"{status} is not a status to answer with.", "Give 200, or an error such as 500.")
        self.answer = status

    def require(self, token: str) -> None:
        """NotFound unless this is the inbox's own address."""
        if not _same(token, self.token):
            raise NotFound("There is no inbox at this address.", "See yours: `lab inbox`")

    def received(self) -> list[Received]:
        """Messages and the learner's own requests, as steps are told from."""
        return [*(_received(one) for one in self.deliveries), *self.calls]

    def note(self, method: str, route: str, status: int, facts: Mapping[str, Any], agent: str) -> None:
        """Remember a request of the learner's own."""
        now = time.time()
        sent = {"user-agent": agent} if agent else {}
        self.calls.append(Received(INBOX, method, route, route, status, now, now, sent=sent, facts=dict(facts)))
        del self.calls[:-MOST]


def forged(genuine: Delivery) -> tuple[dict[str, str], bytes]:
    """What somebody sends who saw a message like this one, and does not have the secret."""
    event = genuine.event
    data = dict(event.get("data", {}))
    data |= {"id": _another(str(data.get("id"))), "reference": "o-9914"}
    data["amount"] = {"value": "980.00", "currency": "EUR"}
    now = int(time.time())
    moment = f"{datetime.fromtimestamp(now, UTC).isoformat()[:19]}Z"
    body = json.dumps({"type": "payment.captured", "timestamp": moment, "data": data}, separators=(",", ":")).encode()
    headers = {
        "content-type": "application/json",
        "user-agent": genuine.headers.get("user-agent", ""),
        "webhook-id": f"evt_{secrets.randbelow(10**12):012d}",
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{base64.b64encode(secrets.token_bytes(32)).decode()}",
    }
    return headers, body


def _another(payment_id: str) -> str:
    """The id of a payment soon after this one: nobody can tell by it."""
    prefix, _, number = payment_id.rpartition("_")
    soon = int(number) + 20 + secrets.randbelow(80) if number.isdecimal() else 9914
    return f"{prefix or 'pay'}_{soon:012d}"


def _signature(secret: str, text: str) -> str:
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except ValueError:
        raise UsageError(
            "That is not a webhook secret.",
            "It begins with whsec_ and stands in the answer to registering the endpoint.",
        ) from None
    if not key:
        raise Conflict("The secret is empty.", "Copy it from the answer to registering the endpoint.")
    return base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()


def _same(one: str, other: str) -> bool:
    """Compared in constant time, whatever characters a stranger sent."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


def _same_event(one: Delivery, other: Delivery) -> bool:
    mine = one.headers.get("webhook-id")
    return mine is not None and mine == other.headers.get("webhook-id")


def _received(one: Delivery) -> Received:
    return Received(
        INBOX,
        "POST",
        "/",
        "/",
        one.answered,
        one.time_s,
        one.time_s,
        sent=dict(one.headers),
        facts=one.facts(),
        trace_id=f"message-{one.number}",
    )
