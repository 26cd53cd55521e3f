"""The two contracts: what version 1 and version 2 read and answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code.", examples=["EUR"])]
Token = Annotated[
    str,
    Field(pattern=r"^tok_[A-Za-z0-9_]{1,60}$", description="A card token.", examples=["tok_visa_4242"]),
]
Reference = Annotated[
    str, Field(min_length=1, max_length=64, description="Your own id of the purchase.", examples=["o-1017"])
]
Value = Annotated[
    str,
    Field(
        pattern=r"^\d{1,9}\.\d{2}$",
        description="A decimal with two places, as text.",
        examples=["12.50"],
    ),
]


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ChargeRequest(_Read):
    """Version 1: take a payment."""

    amount: int = Field(gt=0, le=99_999_999, description="In minor units: 1250 is 12.50.", examples=[1250])
    currency: Currency
    card_token: Token
    reference: Reference


class Charge(BaseModel):
    """Version 1: a payment taken."""

    id: str = Field(examples=["ch_000000000017"])
    object: Literal["charge"] = "charge"
    amount: int
    currency: str
    status: Literal["succeeded", "refunded"]
    reference: str
    refunded: int = Field(description="In minor units.")
    created: int = Field(description="Unix seconds.")


class ChargeRefundRequest(_Read):
    """Version 1: give money back; without an amount, all that is left."""

    amount: int | None = Field(None, gt=0, le=99_999_999, description="In minor units.")


class ChargeRefund(BaseModel):
    """Version 1: money given back."""

    id: str = Field(examples=["re_000000000003"])
    object: Literal["refund"] = "refund"
    charge: str
    amount: int
    status: Literal["succeeded"]
    created: int


class Amount(_Read):
    """Version 2: an amount asked for, more than nothing."""

    value: Value
    currency: Currency

    @field_validator("value")
    @classmethod
    def _is_positive(cls, value: str) -> str:
        if minor_units(value) == 0:
            raise ValueError("the amount must be more than 0.00")
        return value


class Money(BaseModel):
    """Version 2: an amount with its currency."""

    value: str = Field(examples=["12.50"])
    currency: str = Field(examples=["EUR"])


class Source(_Read):
    """Version 2: where the money comes from."""

    token: Token


class PaymentRequest(_Read):
    """Version 2: take a payment."""

    amount: Amount
    source: Source
    reference: Reference


class Payment(BaseModel):
    """Version 2: a payment taken."""

    id: str = Field(examples=["pay_000000000017"])
    status: Literal["captured", "partially_refunded", "refunded"]
    amount: Money
    refunded: Money
    reference: str
    created_at: str = Field(description="RFC 3339, UTC.", examples=["2026-11-02T09:02:11Z"])


class PaymentList(BaseModel):
    """Version 2: payments found, newest first."""

    items: list[Payment]


class RefundRequest(_Read):
    """Version 2: give money back; without an amount, all that is left."""

    amount: Amount | None = None
    reason: str | None = Field(None, max_length=200)


class Refund(BaseModel):
    """Version 2: money given back."""

    id: str = Field(examples=["ref_000000000003"])
    payment_id: str
    status: Literal["succeeded"]
    amount: Money
    reason: str | None
    created_at: str


def minor_units(value: str) -> int:
    """`12.50` as 1250."""
    return int(value.replace(".", ""))


def decimal_text(minor: int) -> str:
    """1250 as `12.50`."""
    return f"{minor // 100}.{minor % 100:02d}"
