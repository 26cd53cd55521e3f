"""Refunds."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from services.chassis.problem import not_found
from services.orders import documented
from services.orders.examples import REFUND_EXAMPLE
from services.orders.routes import answer
from services.orders.routes.orders import OrderId
from services.orders.shapes import NewRefund, RefundAnswer
from services.orders.shop import AShop

router = APIRouter(tags=["Orders"])


@router.post(
    "/orders/{order_id}/refund",
    summary="Refund an order",
    description="Gives the whole order's money back, once. The order is `refunded` afterwards.",
    status_code=201,
    response_model=RefundAnswer,
    response_description="The money is on its way back.",
    responses=documented.success(201, REFUND_EXAMPLE)
    | documented.MALFORMED
    | documented.missing("/orders/100017/refund")
    | documented.NOT_REFUNDABLE
    | documented.INVALID
    | documented.PAYMENT_ERROR
    | documented.PAYMENTS_BUSY
    | documented.PAYMENT_TIMEOUT,
)
async def refund_order(
    request: Request,
    shop: AShop,
    order_id: OrderId,
    new: Annotated[
        NewRefund | None,
        Body(openapi_examples={"reason": {"summary": "With a reason", "value": {"reason": "damaged in transit"}}}),
    ] = None,
) -> Response:
    """Refund an order."""
    refunded = await shop.refunds.refund(order_id, new.reason if new else None)
    if refunded is None:
        raise not_found(request.url.path)
    return answer(refunded, 201)
