"""What the API reads and answers. Money is in cents, moments are UTC (RFC 3339)."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.orders.examples import CUSTOMER_EXAMPLE, ORDER_EXAMPLE, PRODUCT_EXAMPLE, REFUND_EXAMPLE, SUMMARY_EXAMPLE

Status = Literal["pending", "paid", "payment_failed", "refunded", "cancelled"]
Cents = Annotated[int, Field(ge=0, examples=[2180])]


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("no text holds the character NUL")
    return text


Searched = Annotated[str, AfterValidator(_without_nul)]
"""A text to look for. No row holds a NUL, and PostgreSQL takes none."""
_TEXT = r"^[^\x00-\x1f\x7f]+$"


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

    model_config = ConfigDict(json_schema_extra={"example": SUMMARY_EXAMPLE})

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
