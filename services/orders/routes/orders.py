"""Orders: checkout, lists, one order."""

import hashlib
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.chassis import Problem, described_headers
from services.chassis.problem import not_found
from services.orders import documented
from services.orders.cursors import BadCursor
from services.orders.examples import NEW_ORDER_EXAMPLES, ORDER_EXAMPLE, PENDING_EXAMPLE, SUMMARY_EXAMPLE
from services.orders.idempotency import of_client
from services.orders.order_book import Filters, find_order, list_orders
from services.orders.routes import answer, bad_cursor, next_link
from services.orders.shapes import NewOrder, OrderAnswer, OrderPage, Searched, Status
from services.orders.shop import AShop

router = APIRouter(tags=["Orders"])


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the moment lies outside the years 1 to 9999 in UTC") from None


_Moment = Annotated[datetime, AfterValidator(_in_utc)]
OrderId = Annotated[int, Path(ge=1, lt=2**31, description="The order's number.", examples=[100017])]
_CustomerId = Annotated[
    str | None,
    Header(alias="Customer-Id", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The customer's id.", examples=["c-17"]),
]
_LOCATION = described_headers(
    {
        "Location": "Where the order is.",
        "Idempotency-Replayed": "`true` when this is the answer of an earlier request with the same Idempotency-Key.",
    }
)
_ETAG = described_headers({"ETag": "Changes with the order."})


class OrderQuery(BaseModel):
    """Which orders, and which page of them."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    customer_email: Searched | None = Field(None, max_length=254, examples=["lena.vogel17@example.com"])
    coupon: Searched | None = Field(None, max_length=32, description="The coupon they used.", examples=["WELCOME10"])
    placed_after: _Moment | None = Field(
        None, description="This moment or later; UTC unless it says otherwise.", examples=["2026-10-01T00:00:00Z"]
    )
    placed_before: _Moment | None = Field(None, description="Before this moment.", examples=["2026-11-01T00:00:00Z"])
    min_total: int | None = Field(None, ge=0, lt=2**31, description="Total of at least so many cents.", examples=[5000])
    limit: int = Field(20, ge=1, le=100, description="Orders per page.")
    cursor: str | None = Field(None, max_length=200, description="next_cursor of the page before.")


@router.post(
    "/orders",
    summary="Check out",
    description="Places an order and pays it. Answers 201 with the paid order; or, when payments are made in the "
    "background, 202 with the order still `pending`: look it up at `Location` until it is `paid` or `payment_failed`. "
    "Send an Idempotency-Key, new for each order you mean: the same request with the same key is answered again and "
    "done once, and after a 502, 503 or 504 it pays the same order.",
    status_code=201,
    response_model=OrderAnswer,
    response_description="The order is paid.",
    responses=documented.success(201, ORDER_EXAMPLE, headers=_LOCATION)
    | documented.success(
        202,
        PENDING_EXAMPLE,
        description="The order is accepted; it will be paid in the background.",
        model=OrderAnswer,
        headers=_LOCATION,
    )
    | documented.MALFORMED
    | documented.DECLINED
    | documented.IN_PROGRESS
    | documented.INVALID_ORDER
    | documented.PAYMENT_ERROR
    | documented.PAYMENTS_BUSY
    | documented.PAYMENT_TIMEOUT,
)
async def create_order(
    shop: AShop,
    new: Annotated[NewOrder, Body(openapi_examples=NEW_ORDER_EXAMPLES)],
    customer_id: _CustomerId = None,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            description="Any text, new for each order you mean.",
            examples=["b8c9f3f2-7f0f-4c59-8f5b-7f8f3d7b2b11"],
        ),
    ] = None,
    client: Annotated[str, Header(alias="X-Client", include_in_schema=False)] = "",
) -> Response:
    """Check out; `client` is whose API key the gateway let in."""
    done = await shop.checkout.place(new, customer_id, of_client(client, key) if key else None)
    headers = {"Location": f"/orders/{done.order_id}"}
    if done.replayed:
        headers["Idempotency-Replayed"] = "true"
    kind = "application/json" if done.status < 400 else "application/problem+json"
    return Response(done.body, done.status, headers, kind)


@router.get(
    "/orders",
    summary="Find orders",
    description="Orders, newest first, without their lines. For the next page send `next_cursor` as `cursor`; orders "
    "placed meanwhile never shift it. It is null on the last page.",
    response_model=OrderPage,
    responses=documented.success(
        200,
        {
            "items": [SUMMARY_EXAMPLE],
            "next_cursor": "MTc5MzYxMDEzMTQ4MjkxMwoxMDAwMTc",
        },
        headers=documented.link("/orders?limit=20&cursor=MTc5MzYxMDEzMTQ4MjkxMwoxMDAwMTc"),
    )
    | documented.INVALID
    | documented.BUSY,
)
async def get_orders(request: Request, shop: AShop, query: Annotated[OrderQuery, Query()]) -> Response:
    """A page of orders."""
    if query.coupon is not None and not shop.service.settings.coupon_search_enabled:
        raise Problem(
            422,
            "invalid-request",
            "The request is not valid",
            "Correct 'coupon' in the query: orders cannot be searched by coupon. Leave it out.",
            errors=[{"in": "query", "name": "coupon", "detail": "orders cannot be searched by coupon"}],
        )
    filters = Filters(
        status=query.status,
        customer_email=query.customer_email,
        coupon=query.coupon,
        placed_after=query.placed_after,
        placed_before=query.placed_before,
        min_total_cents=query.min_total,
    )
    try:
        page = await shop.database.read(lambda connection: list_orders(connection, filters, query.limit, query.cursor))
    except BadCursor as error:
        raise bad_cursor(error) from None
    return answer(page, headers=next_link(request, page.next_cursor))


@router.get(
    "/orders/{order_id}",
    summary="Look an order up",
    description="One order with its lines. Send the `ETag` you got as `If-None-Match`, and an order that has not "
    "changed is answered 304 without a body.",
    response_model=OrderAnswer,
    responses=documented.success(200, ORDER_EXAMPLE, headers=_ETAG)
    | {304: {"description": "The order has not changed.", "headers": _ETAG}}
    | documented.missing("/orders/100017")
    | documented.INVALID
    | documented.BUSY,
)
async def get_order(
    request: Request,
    shop: AShop,
    order_id: OrderId,
    known: Annotated[
        str | None, Header(alias="If-None-Match", description="ETags you know.", examples=['"5d1c7be2f0a94e33"'])
    ] = None,
) -> Response:
    """One order."""
    found = await shop.database.read(lambda connection: find_order(connection, order_id))
    if found is None:
        raise not_found(request.url.path)
    body = found.model_dump_json().encode()
    tag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if known is not None and _matches(known, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json")


def _matches(known: str, tag: str) -> bool:
    """Whether one of the tags of an If-None-Match header is this one (weak comparison, RFC 9110 §13.1.2)."""
    return any(one in {"*", tag} for one in (part.strip().removeprefix("W/") for part in known.split(",")))
