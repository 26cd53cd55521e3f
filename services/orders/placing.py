"""Placing an order: who, what, at which price, written as pending. Nothing is paid here."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import Problem
from services.orders.business import Purchase
from services.orders.models import Customer, Order, OrderItem, Product
from services.orders.pricing import CURRENCY, Price, UnknownCountry, UnknownCoupon, price
from services.orders.shapes import CustomerRef, Item, NewOrder, OrderAnswer

_DEFAULT_COUNTRY = "DE"


@dataclass(frozen=True, slots=True)
class Buyer:
    """The customer of an order; `known` when there is a row already."""

    id: str
    email: str
    name: str
    country: str
    known: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """A valid order with its price, before anything is written."""

    buyer: Buyer
    country: str
    coupon: str | None
    lines: list[tuple[str, str, int, int]]  # product id, name, quantity, unit price in cents
    price: Price


async def quote(session: AsyncSession, new: NewOrder, customer_id: str | None) -> Quote:
    """Look up products and customer, and price the order; Problem 422 says what is wrong with it."""
    buyer = await _buyer(session, new, customer_id)
    wanted = {item.product_id for item in new.items}
    found = await session.exec(
        select(Product.id, Product.name, Product.price_cents, Product.available).where(col(Product.id).in_(wanted))
    )
    shelf = {product_id: (name, cents, available) for product_id, name, cents, available in found}
    for place, item in enumerate(new.items):
        if item.product_id not in shelf:
            raise _wrong(f"items.{place}.product_id", f"there is no product {item.product_id!r}; see GET /products")
        if not shelf[item.product_id][2]:
            raise _wrong(f"items.{place}.product_id", f"{item.product_id!r} is sold out; leave it out")
    lines = [
        (item.product_id, shelf[item.product_id][0], item.quantity, shelf[item.product_id][1]) for item in new.items
    ]
    country = new.customer.country if new.customer and new.customer.country else buyer.country
    try:
        priced = price(((cents, quantity) for _, _, quantity, cents in lines), country, new.coupon)
    except UnknownCountry:
        raise _wrong("customer.country", f"we do not ship to {country}") from None
    except UnknownCoupon:
        raise _wrong("coupon", f"there is no coupon {new.coupon!r}; check the spelling or leave it out") from None
    return Quote(buyer, country, new.coupon, lines, priced)


async def _buyer(session: AsyncSession, new: NewOrder, customer_id: str | None) -> Buyer:
    """The customer that Customer-Id names, else the one with that e-mail address, else a new one."""
    email = new.customer.email.lower() if new.customer else None
    wanted = [col(Customer.id) == customer_id] if customer_id else []
    if email:
        wanted.append(col(Customer.email) == email)
    if not wanted:
        raise _wrong("customer", "say who orders: send 'customer', or the Customer-Id header of a known customer")
    found = await session.exec(select(Customer.id, Customer.email, Customer.name, Customer.country).where(or_(*wanted)))
    rows = sorted(found, key=lambda row: row[0] != customer_id)
    if rows:
        return Buyer(*rows[0], known=True)
    if new.customer is None or email is None:
        raise _wrong("customer", f"no customer {customer_id!r} is known yet; send 'customer' with e-mail and name")
    return Buyer(
        customer_id or f"c-{uuid4().hex[:12]}",
        email,
        new.customer.name,
        new.customer.country or _DEFAULT_COUNTRY,
        known=False,
    )


async def write_order(session: AsyncSession, quote: Quote) -> Purchase:
    """Insert the pending order; the caller commits."""
    now = datetime.now(UTC)
    buyer = quote.buyer
    if not buyer.known:
        await session.exec(
            insert(Customer).values(
                id=buyer.id, email=buyer.email, name=buyer.name, country=buyer.country, created_at=now
            )
        )
    inserted = await session.exec(
        insert(Order)
        .values(
            customer_id=buyer.id,
            status="pending",
            country=quote.country,
            currency=CURRENCY,
            coupon_code=quote.coupon,
            subtotal_cents=quote.price.subtotal_cents,
            discount_cents=quote.price.discount_cents,
            tax_cents=quote.price.tax_cents,
            total_cents=quote.price.total_cents,
            placed_at=now,
        )
        .returning(col(Order.id))
    )
    order_id = int(inserted.scalar_one())
    rows: list[dict[str, Any]] = [
        {
            "order_id": order_id,
            "line": line,
            "product_id": product_id,
            "quantity": quantity,
            "unit_price_cents": cents,
        }
        for line, (product_id, _, quantity, cents) in enumerate(quote.lines, start=1)
    ]
    await session.exec(insert(OrderItem), params=rows)
    return Purchase(order_id, buyer.id, quote.price.total_cents, CURRENCY, now)


def pending_answer(quote: Quote, purchase: Purchase) -> OrderAnswer:
    """The order just written, as the API answers it."""
    return OrderAnswer(
        id=purchase.order_id,
        status="pending",
        customer=CustomerRef(id=quote.buyer.id, email=quote.buyer.email, name=quote.buyer.name),
        country=quote.country,
        items=[
            Item(product_id=product_id, name=name, quantity=quantity, unit_price_cents=cents)
            for product_id, name, quantity, cents in quote.lines
        ],
        subtotal_cents=quote.price.subtotal_cents,
        discount_cents=quote.price.discount_cents,
        tax_cents=quote.price.tax_cents,
        total_cents=quote.price.total_cents,
        currency=CURRENCY,
        coupon=quote.coupon,
        placed_at=purchase.placed_at,
        paid_at=None,
        payment_id=None,
    )


def _wrong(name: str, detail: str) -> Problem:
    return Problem(
        422,
        "invalid-request",
        "The request is not valid",
        f"Correct {name!r} in the body: {detail}.",
        errors=[{"in": "body", "name": name, "detail": detail}],
    )
