"""What the API reads and answers. Money is in cents, moments are UTC (RFC 3339)."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["pending", "paid", "payment_failed", "refunded", "cancelled"]
Cents = Annotated[int, Field(ge=0, examples=[2180])]
_TEXT = r"^[^\x00-\x1f\x7f]+$"

ORDER_EXAMPLE: dict[str, Any] = {
    "id": 100017,
    "status": "paid",
    "customer": {"id": "c-17", "email": "lena.vogel17@example.com", "name": "Lena Vogel"},
    "country": "DE",
    "items": [
        {
            "product_id": "guji-uraga-250g",
            "name": "Guji Uraga, 250 g",
            "quantity": 2,
            "unit_price_cents": 1190,
        }
    ],
    "subtotal_cents": 2380,
    "discount_cents": 238,
    "tax_cents": 150,
    "total_cents": 2292,
    "currency": "EUR",
    "coupon": "WELCOME10",
    "placed_at": "2026-11-02T09:02:11.482913Z",
    "paid_at": "2026-11-02T09:02:11.531420Z",
    "payment_id": "ch_000000000017",
}
PENDING_EXAMPLE: dict[str, Any] = {**ORDER_EXAMPLE, "status": "pending", "paid_at": None, "payment_id": None}
PRODUCT_EXAMPLE: dict[str, Any] = {
    "id": "guji-uraga-250g",
    "name": "Guji Uraga, 250 g",
    "origin": "Ethiopia",
    "region": "Guji",
    "process": "natural",
    "roast": "light",
    "tasting_notes": "blueberry, cocoa nib, honey",
    "weight_g": 250,
    "price_cents": 1190,
    "currency": "EUR",
    "available": True,
}
CUSTOMER_EXAMPLE: dict[str, Any] = {
    "id": "c-17",
    "email": "lena.vogel17@example.com",
    "name": "Lena Vogel",
    "country": "DE",
    "created_at": "2025-03-14T10:22:05Z",
    "orders": 4,
}
REFUND_EXAMPLE: dict[str, Any] = {
    "order_id": 100017,
    "status": "succeeded",
    "amount_cents": 2292,
    "currency": "EUR",
    "reason": "damaged in transit",
    "refund_id": "re_000000000003",
    "created_at": "2026-11-04T15:40:03.120911Z",
}
NEW_ORDER_EXAMPLES: dict[str, Any] = {
    "simple": {
        "summary": "Two bags",
        "value": {
            "items": [{"product_id": "guji-uraga-250g", "quantity": 2}],
            "customer": {"email": "lena.vogel17@example.com", "name": "Lena Vogel", "country": "DE"},
        },
    },
    "coupon": {
        "summary": "With a coupon, from a known customer (send Customer-Id)",
        "value": {"items": [{"product_id": "beanline-espresso-1000g", "quantity": 1}], "coupon": "WELCOME10"},
    },
    "declined": {
        "summary": "A card that is declined",
        "value": {
            "items": [{"product_id": "guji-uraga-250g", "quantity": 1}],
            "customer": {"email": "lena.vogel17@example.com", "name": "Lena Vogel"},
            "card_token": "tok_declined",
        },
    },
}


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewItem(_Read):
    """A product and how many of it."""

    product_id: str = Field(pattern=r"^[a-z0-9-]{1,64}$", examples=["guji-uraga-250g"])
    quantity: int = Field(ge=1, le=50, strict=True, examples=[2])


class NewCustomer(_Read):
    """Who orders; a new e-mail address makes a new customer."""

    email: str = Field(
        max_length=254,
        pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        examples=["lena.vogel17@example.com"],
    )
    name: str = Field(min_length=1, max_length=120, pattern=_TEXT, examples=["Lena Vogel"])
    country: str | None = Field(
        None,
        pattern=r"^[A-Z]{2}$",
        description="Where it is shipped to, ISO 3166-1; decides the tax. Default: the customer's country, else DE.",
        examples=["DE"],
    )


class NewOrder(_Read):
    """An order to place."""

    items: list[NewItem] = Field(min_length=1, max_length=20)
    customer: NewCustomer | None = Field(None, description="Not needed when Customer-Id names a known customer.")
    coupon: str | None = Field(None, pattern=r"^[A-Z0-9]{3,32}$", examples=["WELCOME10"])
    currency: Literal["EUR"] = "EUR"
    card_token: str = Field(
        "tok_visa_4242",
        pattern=r"^tok_[A-Za-z0-9_]{1,60}$",
        description="From the payment form. `tok_declined` is declined.",
        examples=["tok_visa_4242"],
    )


class NewRefund(_Read):
    """A refund to make."""

    reason: str | None = Field(None, min_length=1, max_length=200, pattern=_TEXT, examples=["damaged in transit"])


class CustomerRef(BaseModel):
    """Who ordered."""

    id: str
    email: str
    name: str


class Item(BaseModel):
    """A line of an order, at the price of that day."""

    product_id: str
    name: str
    quantity: int
    unit_price_cents: Cents


class OrderSummary(BaseModel):
    """An order without its lines."""

    model_config = ConfigDict(json_schema_extra={"example": {k: v for k, v in ORDER_EXAMPLE.items() if k != "items"}})

    id: int
    status: Status
    customer: CustomerRef
    country: str
    subtotal_cents: Cents
    discount_cents: Cents
    tax_cents: Cents
    total_cents: Cents = Field(description="Subtotal − discount + tax.")
    currency: str
    coupon: str | None
    placed_at: datetime
    paid_at: datetime | None
    payment_id: str | None = Field(description="The payment partner's id of the payment.")


class OrderAnswer(OrderSummary):
    """An order."""

    model_config = ConfigDict(json_schema_extra={"example": ORDER_EXAMPLE})

    items: list[Item]


class OrderPage(BaseModel):
    """Orders, newest first."""

    items: list[OrderSummary]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class ProductAnswer(BaseModel):
    """A bag of coffee beans in one size; the price is net."""

    model_config = ConfigDict(json_schema_extra={"example": PRODUCT_EXAMPLE})

    id: str
    name: str
    origin: str
    region: str
    process: str
    roast: str
    tasting_notes: str
    weight_g: int
    price_cents: Cents
    currency: str
    available: bool


class ProductPage(BaseModel):
    """Products by name."""

    items: list[ProductAnswer]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class CustomerAnswer(BaseModel):
    """A customer."""

    model_config = ConfigDict(json_schema_extra={"example": CUSTOMER_EXAMPLE})

    id: str
    email: str
    name: str
    country: str
    created_at: datetime
    orders: int = Field(description="How many orders so far.")


class RefundAnswer(BaseModel):
    """A refund made."""

    model_config = ConfigDict(json_schema_extra={"example": REFUND_EXAMPLE})

    order_id: int
    status: Literal["succeeded"]
    amount_cents: Cents
    currency: str
    reason: str | None
    refund_id: str | None = Field(description="The payment partner's id of the refund.")
    created_at: datetime
