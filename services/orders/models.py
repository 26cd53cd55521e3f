"""The tables. Money is in cents, every moment is UTC."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Dialect, Index, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

METADATA = SQLModel.metadata
STATUSES = ("pending", "paid", "payment_failed", "refunded", "cancelled")


class Moment(TypeDecorator[datetime]):
    """A UTC moment: `timestamptz` on PostgreSQL; text with microseconds, which sorts by time, on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware moments of any zone become UTC; SQLite keeps no zone."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Every moment comes back aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"ck_{column}")


class Product(SQLModel, table=True):
    """A bag of coffee beans in one size."""

    __tablename__ = "products"

    id: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=120, index=True)
    origin: str = Field(max_length=60, description="Country of origin")
    region: str = Field(max_length=80)
    process: str = Field(max_length=20)
    roast: str = Field(max_length=16)
    tasting_notes: str = Field(max_length=200)
    weight_g: int
    price_cents: int
    available: bool = True


class Customer(SQLModel, table=True):
    """Somebody who ordered at least once."""

    __tablename__ = "customers"

    id: str = Field(primary_key=True, max_length=64)
    email: str = Field(max_length=254, unique=True)
    name: str = Field(max_length=120)
    country: str = Field(max_length=2)
    created_at: datetime = Field(sa_type=Moment)


class Order(SQLModel, table=True):
    """One order; `payment_id` is the partner's id of the payment that settled it."""

    __tablename__ = "orders"
    __table_args__: Any = (
        Index("ix_orders_placed_at", "placed_at"),
        Index("ix_orders_customer_id", "customer_id", "placed_at"),
        Index("ix_orders_status", "status", "placed_at"),
        _one_of("status", *STATUSES),
    )

    id: int | None = Field(default=None, primary_key=True)
    customer_id: str = Field(max_length=64, foreign_key="customers.id")
    status: str = Field(max_length=16)
    country: str = Field(max_length=2)
    currency: str = Field(max_length=3)
    coupon_code: str | None = Field(default=None, max_length=32)
    subtotal_cents: int
    discount_cents: int
    tax_cents: int
    total_cents: int
    placed_at: datetime = Field(sa_type=Moment)
    paid_at: datetime | None = Field(default=None, sa_type=Moment)
    payment_id: str | None = Field(default=None, max_length=64)


class OrderItem(SQLModel, table=True):
    """A line of an order, at the price of that day."""

    __tablename__ = "order_items"
    __table_args__: Any = {"sqlite_with_rowid": False}

    order_id: int = Field(primary_key=True, foreign_key="orders.id")
    line: int = Field(primary_key=True)
    product_id: str = Field(max_length=64, foreign_key="products.id")
    quantity: int
    unit_price_cents: int


class Payment(SQLModel, table=True):
    """What became of trying to pay an order; `attempts` counts the calls it took."""

    __tablename__ = "payments"
    __table_args__: Any = (_one_of("status", "succeeded", "failed"),)

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="orders.id", index=True)
    status: str = Field(max_length=16)
    api_version: str = Field(max_length=2)
    provider_ref: str | None = Field(default=None, max_length=64)
    amount_cents: int
    attempts: int
    reason: str | None = Field(default=None, max_length=32)
    created_at: datetime = Field(sa_type=Moment)


class Refund(SQLModel, table=True):
    """Money back; at most one per order."""

    __tablename__ = "refunds"
    __table_args__: Any = (_one_of("status", "pending", "succeeded", "failed"),)

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="orders.id", unique=True)
    status: str = Field(max_length=16)
    amount_cents: int
    reason: str | None = Field(default=None, max_length=200)
    provider_ref: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(sa_type=Moment)


class IdempotencyKey(SQLModel, table=True):
    """A client's Idempotency-Key: what it asked for (`fingerprint`) and what it was answered."""

    __tablename__ = "idempotency_keys"
    __table_args__: Any = (_one_of("state", "in_progress", "retryable", "done"), {"sqlite_with_rowid": False})

    key: str = Field(primary_key=True, max_length=255)
    fingerprint: str = Field(max_length=64)
    state: str = Field(max_length=16)
    order_id: int | None = None
    status_code: int | None = None
    body: str | None = Field(default=None, sa_type=Text)
    locked_at: datetime = Field(sa_type=Moment)


class OutboxEntry(SQLModel, table=True):
    """A payment that is still to be made; the row goes when the order is paid or has failed for good."""

    __tablename__ = "outbox"

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="orders.id", unique=True)
    card_token: str = Field(max_length=64)
    attempts: int = 0
    due_at: datetime = Field(sa_type=Moment)
    claimed_until: datetime | None = Field(default=None, sa_type=Moment)
    last_reason: str | None = Field(default=None, max_length=32)
    traceparent: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(sa_type=Moment)
