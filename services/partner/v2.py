"""Version 2: payments. Amounts are decimals with their currency; an Idempotency-Key makes a call safe to send again."""

import time
from collections.abc import Awaitable, Callable

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.chassis import Problem, RawRoute
from services.chassis.openapi import header_parameter, json_answer, json_body, path_parameter
from services.partner.booking import give_back, moment, payment, take
from services.partner.contracts import (
    Payment,
    PaymentList,
    PaymentRequest,
    Refund,
    RefundRequest,
    decimal_text,
    minor_units,
)
from services.partner.documented import PAYMENT, QUOTA_HEADERS, REFUND, problems
from services.partner.door import Answer, Client, Door, door_of
from services.partner.reading import DECLINED_TOKEN, declined, find_entry, read_body, too_much

router = APIRouter(prefix="/v2", tags=["Version 2"], route_class=RawRoute)
_ID = path_parameter("payment_id", "The payment's id.", "pay_000000000017")
_KEY = header_parameter(
    "Idempotency-Key",
    "Any text of up to 255 characters, new for each payment you mean. A call sent again with the same key is done once "
    "and answered alike.",
    "b8c9f3f2-7f0f-4c59-8f5b-7f8f3d7b2b11",
    minLength=1,
    maxLength=255,
)


@router.post(
    "/payments",
    summary="Take a payment",
    description="Captures a payment at once. Send an Idempotency-Key, so that a call whose answer you never saw can be "
    "sent again without charging twice.",
    status_code=201,
    response_model=None,
    openapi_extra={"parameters": [_KEY]}
    | json_body(PaymentRequest, {"payment": ("12.50 EUR for order o-1017", PAYMENT["request"])}),
    responses=json_answer(201, "The payment was taken.", Payment, PAYMENT["answer"], QUOTA_HEADERS)
    | problems(400, 401, 402, 409, 413, 415, 422, 429, 500, 503),
)
async def create_payment(request: Request) -> Response:
    """Take a payment, once per idempotency key."""
    door = door_of(request)

    async def work(client: Client) -> Answer:
        asked, sent = await read_body(request, PaymentRequest)

        async def pay() -> Answer:
            if await door.turn(request, payment=True) or asked.source.token == DECLINED_TOKEN:
                raise declined(asked.source.token)
            amount = minor_units(asked.amount.value)
            return 201, payment(take(door, client, amount, asked.amount.currency, asked.reference))

        return await _once(door, request, client, sent, pay)

    return await door.serve(request, "v2", work)


@router.get(
    "/payments",
    summary="Find payments by reference",
    description="All payments for one of your purchases, newest first: the way to learn whether a call whose answer "
    "you never saw was booked.",
    response_model=None,
    openapi_extra={
        "parameters": [
            {
                "name": "reference",
                "in": "query",
                "required": True,
                "description": "The reference you sent.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 64},
                "example": "o-1017",
            }
        ]
    },
    responses=json_answer(
        200,
        "The payments; an empty list if there are none.",
        PaymentList,
        {"items": [PAYMENT["answer"]]},
        QUOTA_HEADERS,
    )
    | problems(401, 422, 429, 500, 503),
)
async def find_payments(request: Request) -> Response:
    """Payments of one reference."""
    door = door_of(request)

    async def work(client: Client) -> Answer:
        reference = request.query_params.get("reference", "")
        if not 1 <= len(reference) <= 64:
            raise Problem(
                422,
                "invalid-request",
                "The request is not valid",
                "Say which payments: add ?reference= and the reference you sent.",
            )
        await door.turn(request)
        return 200, {"items": [payment(entry) for entry in door.ledger.find_by_reference(client.name, reference)]}

    return await door.serve(request, "v2", work)


@router.get(
    "/payments/{payment_id}",
    summary="Look a payment up",
    description="The payment as it is now. Payments taken with version 1 are there too, under the same number.",
    response_model=None,
    openapi_extra={"parameters": [_ID]},
    responses=json_answer(200, "The payment.", Payment, PAYMENT["answer"], QUOTA_HEADERS)
    | problems(401, 404, 429, 500, 503),
)
async def get_payment(request: Request) -> Response:
    """One payment."""
    door = door_of(request)

    async def work(client: Client) -> Answer:
        await door.turn(request)
        given = request.path_params["payment_id"]
        return 200, payment(find_entry(door.ledger, client.name, "pay_", given, request.url.path))

    return await door.serve(request, "v2", work)


@router.post(
    "/payments/{payment_id}/refunds",
    summary="Refund a payment",
    description="Gives money back: the amount you state, or all that is left. A payment can be refunded in parts.",
    status_code=201,
    response_model=None,
    openapi_extra={"parameters": [_ID, _KEY]}
    | json_body(
        RefundRequest,
        {"part": ("Part of it", REFUND["request"]), "all": ("All that is left", {"reason": "returned"})},
    ),
    responses=json_answer(201, "The money is on its way back.", Refund, REFUND["answer"], QUOTA_HEADERS)
    | problems(400, 401, 404, 409, 413, 415, 422, 429, 500, 503),
)
async def refund_payment(request: Request) -> Response:
    """Give a payment back, once per idempotency key."""
    door = door_of(request)

    async def work(client: Client) -> Answer:
        asked, sent = await read_body(request, RefundRequest, optional=True)
        given = request.path_params["payment_id"]

        async def refund() -> Answer:
            await door.turn(request)
            entry = find_entry(door.ledger, client.name, "pay_", given, request.url.path)
            amount = entry.left
            if asked.amount is not None:
                amount = minor_units(asked.amount.value)
                if asked.amount.currency != entry.currency:
                    raise Problem(
                        422,
                        "wrong-currency",
                        "Wrong currency",
                        f"The payment was in {entry.currency}. Refund it in {entry.currency}.",
                    )
            try:
                number = give_back(door, client, entry, amount)
            except ValueError:
                raise too_much(f"{decimal_text(entry.left)} {entry.currency}") from None
            return 201, {
                "id": f"ref_{number:012d}",
                "payment_id": given,
                "status": "succeeded",
                "amount": {"value": decimal_text(amount), "currency": entry.currency},
                "reason": asked.reason,
                "created_at": moment(time.time()),
            }

        return await _once(door, request, client, sent, refund)

    return await door.serve(request, "v2", work)


async def _once(
    door: Door, request: Request, client: Client, sent: bytes, work: Callable[[], Awaitable[Answer]]
) -> Answer:
    """Do the work, or answer as the first time when the idempotency key is known."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return await work()
    if not 1 <= len(key) <= 255:
        raise Problem(
            400, "invalid-key", "Invalid idempotency key", "An Idempotency-Key has 1 to 255 characters. Shorten it."
        )
    asked = request.url.path.encode() + b"\n" + sent
    kept = door.ledger.kept(client.name, key)
    if kept is not None:
        if kept.request != asked:
            raise Problem(
                422,
                "key-reused",
                "Idempotency key reused",
                "This Idempotency-Key belongs to another request. Use a new key for a new payment.",
            )
        if kept.answer is None:
            raise Problem(
                409,
                "in-progress",
                "In progress",
                "A call with this Idempotency-Key is still being worked on. Wait a second and send it again.",
                headers={"Retry-After": "1"},
            )
        return kept.answer
    kept = door.ledger.keep(client.name, key, asked)
    try:
        status, body = await work()
    except BaseException:
        door.ledger.forget(client.name, key)
        raise
    kept.answer = (status, orjson.dumps(body))
    return kept.answer
