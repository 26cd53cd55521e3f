"""The public OpenAPI document: the order system's contract under our paths, with what the gateway adds.

`orders_openapi.json` is the contract the gateway was built for. A test compares it with what orders says today, and
`tests/services/gateway/write_contract.py` writes it anew.
"""

from copy import deepcopy
from importlib.resources import files
from typing import Any

import orjson

from services.chassis import PROBLEM_TYPES, described_headers, problem_response
from services.gateway.forward import PREFIX, Target
from services.gateway.keys import SCOPES
from services.gateway.routes import TARGETS

_RETRY_AFTER = {"Retry-After": "Seconds to wait before trying again."}
_LIMIT_HEADERS = {
    "RateLimit-Policy": 'Requests at once (`q`) and the seconds (`w`) in which they come back, e.g. `"key";q=100;w=2`.',
    "RateLimit": 'Requests left (`r`) and the seconds (`t`) until all are, e.g. `"key";r=87;t=1`.',
    "RateLimit-Limit": "`q` of the policy alone.",
    "RateLimit-Remaining": "`r` alone.",
    "RateLimit-Reset": "`t` alone.",
}
_PATHS = {"Location", "Link"}
"""Headers that hold paths of orders, which become ours on the way."""
_Own = tuple[int, str, str, str, dict[str, str]]
"""Status, kind, title, detail and headers of a problem of the gateway's own."""
_OURS: tuple[_Own, ...] = (
    (400, "malformed-query", "The query is malformed", "The query holds characters that must be percent-encoded.", {}),
    (
        401,
        "unauthorized",
        "Unauthorized",
        "The API key is missing. Send it in the header X-API-Key.",
        {"WWW-Authenticate": "How to send the API key; with `error` when one was sent that is unknown."},
    ),
    (
        406,
        "not-acceptable",
        "Not acceptable",
        "The answer would be JSON, and Accept asks for text/xml. Send Accept: application/json, or leave it out.",
        {},
    ),
    (
        429,
        "rate-limited",
        "Too many requests",
        "The key 'dev-storefront' may send 50 requests a second. Wait 1 s, then send fewer at a time.",
        _RETRY_AFTER,
    ),
    (
        502,
        "upstream-error",
        "Upstream error",
        "The order system could not be reached or did not answer properly. Send the request again in a moment.",
        {},
    ),
    (
        503,
        "overloaded",
        "Overloaded",
        "The shop is answering as many requests as it can. Send this one again in a second.",
        _RETRY_AFTER,
    ),
    (
        504,
        "upstream-timeout",
        "Upstream timeout",
        "The order system did not answer in time. What you asked for may still happen: look it up.",
        {},
    ),
)
_OF_BODIES: tuple[_Own, ...] = (
    (
        408,
        "request-timeout",
        "Request timeout",
        "The body did not arrive within 10000 ms. Send all that Content-Length announces.",
        {},
    ),
    (413, "too-large", "Content too large", "The body exceeds 256 kB. Send a smaller one.", {}),
    (
        415,
        "unsupported-media-type",
        "Unsupported media type",
        "The body must be JSON, but its Content-Type is missing. Send Content-Type: application/json.",
        {},
    ),
)


def openapi() -> dict[str, Any]:
    """The members of the document that differ from what the routes alone would say."""
    contract = orjson.loads(files("services.gateway").joinpath("orders_openapi.json").read_bytes())
    schemas = contract["components"]["schemas"]
    paths: dict[str, Any] = {}
    for target in TARGETS:
        operation = deepcopy(contract["paths"][target.template][target.method.lower()])
        paths.setdefault(PREFIX + target.template, {})[target.method.lower()] = _public(operation, target, schemas)
    return {
        "servers": [{"url": "/", "description": "This shop."}],
        "tags": contract.get("tags", []),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "ApiKey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-API-Key",
                    "description": "Your API key. Its role decides its scopes: "
                    + " ".join(f"`{scope}`: {meaning}" for scope, meaning in SCOPES.items()),
                }
            },
        },
    }


def _public(operation: dict[str, Any], target: Target, schemas: dict[str, Any]) -> dict[str, Any]:
    operation["description"] = f"{operation['description']}\n\nNeeds the scope `{target.scope}`."
    operation["security"] = [{"ApiKey": []}]
    responses = operation["responses"]
    for status, answer in responses.items():
        for media in answer.get("content", {}).values():
            _show_example(media, schemas)
            if status >= "400" and "example" in media:
                media["example"]["detail"] = media["example"]["detail"].replace(" at /", f" at {PREFIX}/")
        if status < "400":
            answer.setdefault("headers", {}).update(described_headers(_LIMIT_HEADERS))
            for name in _PATHS & answer["headers"].keys():
                header = answer["headers"][name]
                header["example"] = header["example"].replace("/orders", f"{PREFIX}/orders")
    lacking: _Own = (
        403,
        "forbidden",
        "Forbidden",
        f"The key 'dev-support' (role support) lacks the scope {target.scope}. Use a key that has it.",
        {},
    )
    for status_code, kind, title, detail, headers in (
        *_OURS,
        lacking,
        *(_OF_BODIES if target.method == "POST" else ()),
    ):
        ours = problem_response(PROBLEM_TYPES, status_code, kind, title, detail, headers=headers)[status_code]
        status = str(status_code)
        responses[status] = _joined(responses[status], ours, kind) if status in responses else ours
    operation["responses"] = dict(sorted(responses.items()))
    return operation


def _show_example(media: dict[str, Any], schemas: dict[str, Any]) -> None:
    """An answer without an example shows that of its schema."""
    name = media.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
    example = schemas.get(name, {}).get("example")
    if example is not None and not media.keys() & {"example", "examples"}:
        media["example"] = example


def _joined(theirs: dict[str, Any], ours: dict[str, Any], kind: str) -> dict[str, Any]:
    """One answer that shows the problem of orders and the gateway's own as two examples."""
    (media_type, mine), *_ = ours["content"].items()
    media = theirs["content"][media_type]
    shown = media.pop("example", None)
    examples = media.setdefault("examples", {})
    if shown is not None:
        examples[shown["type"].rsplit("/", 1)[-1]] = {"summary": shown["title"], "value": shown}
    examples[kind] = {"summary": mine["example"]["title"], "value": mine["example"]}
    if "headers" in ours:
        theirs.setdefault("headers", {}).update(ours["headers"])
    return theirs
