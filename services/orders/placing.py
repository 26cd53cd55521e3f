"""Placing an order: who, what, at which price, written as pending. Nothing is paid here."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, bindparam, insert, or_, select

from services.chassis import Problem
from services.orders.business import Purchase
from services.orders.pricing import CURRENCY, Price, UnknownCountry, UnknownCoupon, price
from services.orders.shapes import CustomerRef, Item, NewOrder, OrderAnswer
from services.orders.tables import CUSTOMERS, ORDER_ITEMS, ORDERS, PRODUCTS

_DEFAULT_COUNTRY = "DE"
_SHELF = select(PRODUCTS.c.id, PRODUCTS.c.name, PRODUCTS.c.price_cents, PRODUCTS.c.available).where(
    PRODUCTS.c.id.in_(bindparam("wanted", expanding=True))
)
_CUSTOMER = select(CUSTOMERS.c.id, CUSTOMERS.c.email, CUSTOMERS.c.name, CUSTOMERS.c.country).where(
    or_(CUSTOMERS.c.id == bindparam("customer_id"), CUSTOMERS.c.email == bindparam("email"))
)
_ADD_CUSTOMER = insert(CUSTOMERS)
_ADD_ORDER = insert(ORDERS).returning(ORDERS.c.id)
_ADD_ITEMS = insert(ORDER_ITEMS)


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
    items: list[Item]
    price: Price


def quote(connection: Connection, new: NewOrder, customer_id: str | None) -> Quote:
    """Look up products and customer, and price the order; Problem 422 says what is wrong with it."""
    buyer = _buyer(connection, new, customer_id)
    rows = connection.execute(_SHELF, {"wanted": list({item.product_id for item in new.items})})
    shelf = {product_id: (name, cents, available) for product_id, name, cents, available in rows.tuples()}
    items = []
    for place, item in enumerate(new.items):
        found = shelf.get(item.product_id)
        if found is None:
            raise _wrong(
                f"items.{place}.product_id", f"there is no product {item.product_id!r}; list the products for their ids"
            )
        name, cents, available = found
        if not available:
            raise _wrong(f"items.{place}.product_id", f"{item.product_id!r} is sold out; leave it out")
        items.append(Item(product_id=item.product_id, name=name, quantity=item.quantity, unit_price_cents=cents))
    country = new.customer.country if new.customer and new.customer.country else buyer.country
    try:
        priced = price(((item.unit_price_cents, item.quantity) for item in items), country, new.coupon)
    except UnknownCountry:
        raise _wrong("customer.country", f"we do not ship to {country}") from None
    except UnknownCoupon:
        raise _wrong("coupon", f"there is no coupon {new.coupon!r}; check the spelling or leave it out") from None
    return Quote(buyer, country, new.coupon, items, priced)


def _buyer(connection: Connection, new: NewOrder, customer_id: str | None) -> Buyer:
    """The customer that Customer-Id names, else the one with that e-mail address, else a new one."""
    email = new.customer.email.lower() if new.customer else None
    if customer_id is None and email is None:
        raise _wrong("customer", "say who orders: send 'customer', or the Customer-Id header of a known customer")
    rows = connection.execute(_CUSTOMER, {"customer_id": customer_id, "email": email}).tuples().all()
    if rows:
        named = next((row for row in rows if row[0] == customer_id), rows[0])
        return Buyer(*named, known=True)
    if new.customer is None or email is None:
        raise _wrong("customer", f"no customer {customer_id!r} is known yet; send 'customer' with e-mail and name")
    return Buyer(
        customer_id or f"c-{uuid4().hex[:12]}",
        email,
        new.customer.name,
        new.customer.country or _DEFAULT_COUNTRY,
        known=False,
    )


def write_order(connection: Connection, quoted: Quote) -> Purchase:
    """Insert the pending order; the caller commits."""
    now = datetime.now(UTC)
    buyer, priced = quoted.buyer, quoted.price
    if not buyer.known:
        connection.execute(
            _ADD_CUSTOMER,
            {
                "id": buyer.id,
                "email": buyer.email,
                "name": buyer.name,
                "country": buyer.country,
                "created_at": now,
            },
        )
    values: dict[str, Any] = {
        "customer_id": buyer.id,
        "status": "pending",
        "country": quoted.country,
        "currency": CURRENCY,
        "coupon_code": quoted.coupon,
        "subtotal_cents": priced.subtotal_cents,
        "discount_cents": priced.discount_cents,
        "tax_cents": priced.tax_cents,
        "total_cents": priced.total_cents,
        "placed_at": now,
    }
    order_id = int(connection.execute(_ADD_ORDER, values).scalar_one())
    connection.execute(
        _ADD_ITEMS,
        [
            {
                "order_id": order_id,
                "line": line,
                "product_id": item.product_id,
                "quantity": item.quantity,
                "unit_price_cents": item.unit_price_cents,
            }
            for line, item in enumerate(quoted.items, start=1)
        ],
    )
    return Purchase(order_id, buyer.id, priced.total_cents, CURRENCY, now, quoted.country, quoted.coupon)


def pending_answer(quoted: Quote, purchase: Purchase) -> OrderAnswer:
    """The order just written, as the API answers it."""
    buyer, priced = quoted.buyer, quoted.price
    return OrderAnswer(
        id=purchase.order_id,
        status="pending",
        customer=CustomerRef(id=buyer.id, email=buyer.email, name=buyer.name),
        country=quoted.country,
        items=quoted.items,
        subtotal_cents=priced.subtotal_cents,
        discount_cents=priced.discount_cents,
        tax_cents=priced.tax_cents,
        total_cents=priced.total_cents,
        currency=CURRENCY,
        coupon=quoted.coupon,
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
