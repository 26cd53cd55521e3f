"""Reading what a caller sent, and saying what is wrong with it."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from services.chassis import Problem
from services.chassis.problem import from_errors, not_found, not_json
from services.partner.ledger import Entry, Ledger

_MAX_BODY = 64 * 1024
M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request, model: type[M], *, optional: bool = False) -> tuple[M, bytes]:
    """The body as `model`, and as sent; with `optional` no body means `{}`."""
    sent = b""
    async for chunk in request.stream():
        sent += chunk
        if len(sent) > _MAX_BODY:
            raise Problem(413, "too-large", "Too large", "No call needs more than 64 kB. Send less.")
    if not sent and optional:
        return model.model_validate({}), sent
    content_type = request.headers.get("content-type", "")
    if "json" not in content_type:
        raise not_json(content_type)
    try:
        return model.model_validate_json(sent), sent
    except ValidationError as error:
        raise from_errors([{**found, "loc": ("body", *found["loc"])} for found in error.errors()]) from None


def find_entry(ledger: Ledger, client: str, prefix: str, given: str, path: str) -> Entry:
    """The payment whose public id is `given`; Problem 404 otherwise."""
    number = given.removeprefix(prefix)
    if given.startswith(prefix) and number.isascii() and number.isdigit() and len(number) <= 18:
        entry = ledger.find(client, int(number))
        if entry is not None:
            return entry
    raise not_found(path)


def declined(token: str) -> Problem:
    """The card's bank said no."""
    return Problem(
        402,
        "card-declined",
        "Card declined",
        "The bank declined this card. Ask the customer for another one; do not send this call again.",
        decline_code="do_not_honor" if token == DECLINED_TOKEN else "insufficient_funds",
    )


def too_much(left: str) -> Problem:
    """A refund of more than there is."""
    return Problem(
        422,
        "refund-too-large",
        "Refund too large",
        f"At most {left} can still be refunded. Send that or less, or no amount for all of it.",
    )


DECLINED_TOKEN = "tok_declined"  # noqa: S105 - a published test card, no secret
"""The test card that is always declined."""
