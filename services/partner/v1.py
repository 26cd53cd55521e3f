"""Version 1: charges. Amounts are integers in minor units; nothing protects against sending a call twice."""

import time
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.chassis import RawRoute
from services.chassis.openapi import json_answer, json_body, path_parameter
from services.partner.booking import give_back, take
from services.partner.contracts import Charge, ChargeRefund, ChargeRefundRequest, ChargeRequest
from services.partner.documented import CHARGE, CHARGE_REFUND, V1_HEADERS, problems
from services.partner.door import Answer, Client, door_of
from services.partner.ledger import Entry
from services.partner.reading import DECLINED_TOKEN, declined, find_entry, read_body, too_much

router = APIRouter(prefix="/v1", tags=["Version 1 (deprecated)"], route_class=RawRoute)
_ID = path_parameter("charge_id", "The charge's id.", "ch_000000000017")


def _charge(entry: Entry) -> dict[str, Any]:
    return {
        "id": f"ch_{entry.number:012d}",
        "object": "charge",
        "amount": entry.amount,
        "currency": entry.currency,
        "status": "succeeded" if entry.left else "refunded",
        "reference": entry.reference,
        "refunded": entry.refunded,
        "created": int(entry.created_s),
    }


@router.post(
    "/charges",
    summary="Take a payment",
    description="Charges a card at once. Sending it twice charges twice: version 2 has idempotency keys.",
    deprecated=True,
    status_code=201,
    response_model=None,
    openapi_extra=json_body(ChargeRequest, {"charge": ("12.50 EUR for order o-1017", CHARGE["request"])}),
    responses=json_answer(201, "The payment was taken.", Charge, CHARGE["answer"], V1_HEADERS)
    | problems(400, 401, 402, 410, 413, 415, 422, 429, 500, 503),
)
async def create_charge(request: Request) -> Response:
    """Charge a card."""
    door = door_of(request)

    async def work(client: Client) -> Answer:
        asked, _ = await read_body(request, ChargeRequest)
        if await door.turn(request, payment=True) or asked.card_token == DECLINED_TOKEN:
            raise declined(asked.card_token)
        return 201, _charge(take(door, client, asked.amount, asked.currency, asked.reference))

    return await door.serve(request, "v1", work)


@router.get(
    "/charges/{charge_id}",
    summary="Look a charge up",
    description="The charge as it is now. Charges taken with version 2 are there too, under the same number.",
    deprecated=True,
    response_model=None,
    openapi_extra={"parameters": [_ID]},
    responses=json_answer(200, "The charge.", Charge, CHARGE["answer"], V1_HEADERS)
    | problems(401, 404, 410, 429, 500, 503),
)
async def get_charge(request: Request) -> Response:
    """One charge."""
    door = door_of(request)

    async def work(client: Client) -> Answer:
        await door.turn(request)
        path = request.url.path
        return 200, _charge(find_entry(door.ledger, client.name, "ch_", request.path_params["charge_id"], path))

    return await door.serve(request, "v1", work)


@router.post(
    "/charges/{charge_id}/refund",
    summary="Refund a charge",
    description="Gives money back: the amount you state, or all that is left. A charge can be refunded in parts.",
    deprecated=True,
    status_code=201,
    response_model=None,
    openapi_extra={"parameters": [_ID]}
    | json_body(ChargeRefundRequest, {"part": ("Part of it", {"amount": 500}), "all": ("All that is left", {})}),
    responses=json_answer(201, "The money is on its way back.", ChargeRefund, CHARGE_REFUND["answer"], V1_HEADERS)
    | problems(400, 401, 404, 410, 413, 415, 422, 429, 500, 503),
)
async def refund_charge(request: Request) -> Response:
    """Give a charge back."""
    door = door_of(request)

    async def work(client: Client) -> Answer:
        asked, _ = await read_body(request, ChargeRefundRequest, optional=True)
        await door.turn(request)
        given = request.path_params["charge_id"]
        entry = find_entry(door.ledger, client.name, "ch_", given, request.url.path)
        amount = entry.left if asked.amount is None else asked.amount
        try:
            number = give_back(door, client, entry, amount)
        except ValueError:
            raise too_much(str(entry.left)) from None
        return 201, {
            "id": f"re_{number:012d}",
            "object": "refund",
            "charge": given,
            "amount": amount,
            "status": "succeeded",
            "created": int(time.time()),
        }

    return await door.serve(request, "v1", work)
