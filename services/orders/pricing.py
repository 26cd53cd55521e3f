"""What an order costs: prices are net, a coupon reduces them, the country's tax comes on top; all integers."""

from collections.abc import Iterable
from dataclasses import dataclass

CURRENCY = "EUR"

# Tax on roasted coffee by country, in basis points (750 = 7.5 %); simplified from the published rates.
TAX_BASIS_POINTS = {
    "AT": 1000,
    "BE": 600,
    "CH": 260,
    "DE": 700,
    "DK": 2500,
    "ES": 1000,
    "FI": 1350,
    "FR": 550,
    "GB": 0,
    "IE": 0,
    "IT": 2200,
    "NL": 900,
    "PL": 2300,
    "PT": 2300,
    "SE": 1200,
    "US": 0,
}

# Coupon codes and what they take off the subtotal, in percent.
COUPON_PERCENT = {
    "WELCOME10": 10,
    "SPRING15": 15,
    "BEANS5": 5,
    "BARISTA20": 20,
    "OPENING25": 25,
}


class UnknownCountry(ValueError):
    """We do not ship to this country."""


class UnknownCoupon(ValueError):
    """No such coupon code."""


@dataclass(frozen=True, slots=True)
class Price:
    """An order's price; `total_cents` = subtotal − discount + tax."""

    subtotal_cents: int
    discount_cents: int
    tax_cents: int
    total_cents: int


def price(lines: Iterable[tuple[int, int]], country: str, coupon_code: str | None = None) -> Price:
    """Price lines of (unit price in cents, quantity); halves of a cent round up."""
    basis_points = TAX_BASIS_POINTS.get(country)
    if basis_points is None:
        raise UnknownCountry(country)
    percent = 0
    if coupon_code is not None:
        try:
            percent = COUPON_PERCENT[coupon_code]
        except KeyError:
            raise UnknownCoupon(coupon_code) from None
    subtotal = sum(unit_cents * quantity for unit_cents, quantity in lines)
    discount = (subtotal * percent + 50) // 100
    net = subtotal - discount
    tax = (net * basis_points + 5_000) // 10_000
    return Price(subtotal, discount, tax, net + tax)
