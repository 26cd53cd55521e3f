"""Examples and errors of the API's documentation."""

from typing import Any

from services.chassis import problem_response

TYPES = "https://paylane.example/problems/"

CHARGE: dict[str, Any] = {
    "request": {"amount": 1250, "currency": "EUR", "card_token": "tok_visa_4242", "reference": "o-1017"},
    "answer": {
        "id": "ch_000000000017",
        "object": "charge",
        "amount": 1250,
        "currency": "EUR",
        "status": "succeeded",
        "reference": "o-1017",
        "refunded": 0,
        "created": 1793610131,
    },
}
CHARGE_REFUND: dict[str, Any] = {
    "answer": {
        "id": "re_000000000003",
        "object": "refund",
        "charge": "ch_000000000017",
        "amount": 500,
        "status": "succeeded",
        "created": 1793610190,
    },
}
PAYMENT: dict[str, Any] = {
    "request": {
        "amount": {"value": "12.50", "currency": "EUR"},
        "source": {"token": "tok_visa_4242"},
        "reference": "o-1017",
    },
    "answer": {
        "id": "pay_000000000017",
        "status": "captured",
        "amount": {"value": "12.50", "currency": "EUR"},
        "refunded": {"value": "0.00", "currency": "EUR"},
        "reference": "o-1017",
        "created_at": "2026-11-02T09:02:11Z",
    },
}
REFUND: dict[str, Any] = {
    "request": {"amount": {"value": "5.00", "currency": "EUR"}, "reason": "one bag was damaged"},
    "answer": {
        "id": "ref_000000000003",
        "payment_id": "pay_000000000017",
        "status": "succeeded",
        "amount": {"value": "5.00", "currency": "EUR"},
        "reason": "one bag was damaged",
        "created_at": "2026-11-02T09:03:10Z",
    },
}

WEBHOOK_ENDPOINT: dict[str, Any] = {
    "id": "we_000000000007",
    "url": "http://127.0.0.1:9000/hooks/paylane",
    "created_at": "2026-11-02T09:02:11Z",
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}
EVENT: dict[str, Any] = {
    "id": "evt_000000000042",
    "type": "payment.captured",
    "created_at": "2026-11-02T09:02:11Z",
    "deliveries": [{"endpoint": "we_000000000007", "attempt": 1, "sent_at": 1793610131, "status": 200}],
}
LOGGED: dict[str, Any] = {
    "id": "req_000000000123",
    "started_at": 1793610131.25,
    "duration_ms": 43.1,
    "method": "POST",
    "route": "/v2/payments",
    "path": "/v2/payments",
    "query": "",
    "status": 201,
    "problem": "",
    "payment": 17,
    "request_headers": {"content-type": "application/json", "user-agent": "PostmanRuntime/7.39.1"},
    "response_headers": {"x-ratelimit-remaining": "49"},
}

QUOTA_HEADERS = {
    "X-RateLimit-Limit": "Calls a second that your plan allows.",
    "X-RateLimit-Remaining": "Calls left right now.",
    "X-RateLimit-Reset": "Unix time at which the quota is whole again.",
}
V1_HEADERS = QUOTA_HEADERS | {
    "Deprecation": "Since when this version is deprecated (RFC 9745).",
    "Sunset": "When this version ends (RFC 8594).",
}

_PROBLEMS: dict[int, tuple[str, str, str]] = {
    400: ("malformed-json", "The body is not JSON", "The body could not be read as JSON: EOF while parsing an object."),
    401: ("unauthorized", "Unauthorized", "The API key is missing. Send it as Authorization: Bearer pk_…."),
    402: ("card-declined", "Card declined", "The bank declined this card. Ask the customer for another one."),
    404: ("not-found", "Not found", "Nothing is at this path. Check the path and the id in it."),
    409: ("in-progress", "In progress", "A call with this Idempotency-Key is still being worked on. Wait a second."),
    410: ("version-ended", "Version ended", "Version 1 has ended. Use POST /v2/payments."),
    413: ("too-large", "Too large", "No call needs more than 64 kB. Send less."),
    415: (
        "unsupported-media-type",
        "Unsupported media type",
        "The body must be JSON. Send Content-Type: application/json.",
    ),
    422: ("invalid-request", "The request is not valid", "Correct 'amount' in the body: Field required."),
    429: (
        "quota-exceeded",
        "Quota exceeded",
        "Your plan allows 50 calls a second. Send fewer, and wait for Retry-After.",
    ),
    500: ("processing-failed", "Processing failed", "We could not process the call and have not booked anything."),
    503: ("overloaded", "Overloaded", "More calls are waiting than we can queue. Send this one again in a second."),
}
_HEADERS = {
    401: {"WWW-Authenticate": "How to send the API key."},
    429: QUOTA_HEADERS | {"Retry-After": "Seconds to wait before this call may be sent again."},
    503: {"Retry-After": "Seconds to wait before this call may be sent again."},
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` entries for these errors."""
    entries: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        kind, title, detail = _PROBLEMS[status]
        entries |= problem_response(TYPES, status, kind, title, detail, headers=_HEADERS.get(status))
    return entries
