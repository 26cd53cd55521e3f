"""Requests that were received with the learner's own keys, from the spans of who received them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lab.telemetry import Span, Telemetry

SHOP, SANDBOX, INBOX = "shop", "sandbox", "inbox"
LEARNER = "you"
"""The learner's key at the gateway; further ones are called `you-<name>`."""
MOST = 500
PAGES = ("/openapi.json", "/docs")
"""Documentation, which is no part of the API."""
_SENT, _ANSWERED = "http.request.header.", "http.response.header."
_UNKNOWN_KEY = "invalid_key"


@dataclass(frozen=True, slots=True)
class Received:
    """One request as its receiver recorded it; times are unix seconds, names of headers in lower case.

    `to` is who received it: the shop's gateway, the partner's sandbox or the console's inbox. `key` is `you`, the name
    of another key of the learner's, `unknown` when one was sent that nobody knows, else empty. `facts` are what else
    the receiver wrote down.
    """

    to: str
    method: str
    route: str
    path: str
    status: int
    start_s: float
    end_s: float
    key: str = LEARNER
    query: Mapping[str, str] = field(default_factory=dict)
    sent: Mapping[str, str] = field(default_factory=dict)
    answer: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    trace_id: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        """`POST /api/v1/orders`, as OpenAPI names it."""
        return f"{self.method} {self.route}"

    @property
    def target(self) -> str:
        """The path with its query, as it was asked for."""
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        return f"{self.path}?{query}" if query else self.path

    @property
    def order(self) -> str:
        """The number of the order that it made or was about; empty without one."""
        where = self.answer.get("location", "") if self.status < 300 else ""
        for path in (where, self.path):
            before, _, number = path.partition("/orders/")
            if before != path and number:
                return number.partition("/")[0]
        return ""

    @property
    def next_cursor(self) -> str:
        """The cursor of the next page that the answer's `Link` leads to; empty without one."""
        link, _, rest = self.answer.get("link", "").partition(">")
        if 'rel="next"' not in rest:
            return ""
        return dict(parse_qsl(urlsplit(link.lstrip("<")).query)).get("cursor", "")

    def answered(self, name: str) -> str | None:
        """A header of the answer, or `next_cursor`; None when it is not there."""
        if name == "next_cursor":
            return self.next_cursor or None
        return self.answer.get(name.lower())

    def value(self, where: str, name: str) -> str | None:
        """A value of the request (`headers`, `query`), of its `answer`, or what it is about: `order`, `payment`."""
        match where:
            case "order":
                return self.order or None
            case "payment":
                return str(self.facts["payment"]) if "payment" in self.facts else None
            case "query":
                return self.query.get(name)
            case "answer":
                return self.answer.get(name.lower())
        return self.sent.get(name.lower())

    def as_json(self) -> dict[str, Any]:
        """Plain data that `of_json` reads."""
        return asdict(self)


def of_json(written: Mapping[str, Any]) -> Received:
    """A request from its plain data; what else stands there is left out."""
    return Received(**{one.name: written[one.name] for one in fields(Received) if one.name in written})


def from_telemetry(telemetry: Telemetry) -> tuple[Received, ...]:
    """What the gateway's API received with the learner's keys or without a known one, oldest first.

    Customers always send a key that is known, so who sends none is the learner.
    """
    spans = telemetry.spans(f"service:gateway kind:server key:{LEARNER}*", limit=MOST)
    spans += telemetry.spans("service:gateway kind:server -key:*", limit=MOST)
    found = (_received(span) for span in spans)
    return tuple(sorted((one for one in found if one.path not in PAGES), key=lambda one: one.start_s))


def _received(span: Span) -> Received:
    attributes = span.attributes
    status = int(attributes.get("http.response.status_code") or 0)
    path = str(attributes.get("url.path") or "")
    answer = _headers(attributes, _ANSWERED)
    key = str(attributes.get("client.key") or "")
    if not key and _UNKNOWN_KEY in answer.get("www-authenticate", ""):
        key = "unknown"
    sent = _headers(attributes, _SENT)
    if agent := attributes.get("user_agent.original"):
        sent["user-agent"] = str(agent)
    return Received(
        to=SHOP,
        method=str(attributes.get("http.request.method") or ""),
        route=str(attributes.get("http.route") or path),
        path=path,
        status=status,
        start_s=span.start_s,
        end_s=span.end_s,
        key=key,
        query=dict(parse_qsl(str(attributes.get("url.query") or ""), keep_blank_values=True)),
        sent=sent,
        answer=answer,
        problem=str(attributes.get("error.type") or "") if status >= 400 else "",
        trace_id=span.trace_id,
    )


def _headers(attributes: Mapping[str, Any], prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): str(value) for name, value in attributes.items() if name.startswith(prefix)}
