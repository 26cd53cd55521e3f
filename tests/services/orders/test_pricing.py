"""Prices: exact, in cents."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.pricing import COUPON_PERCENT, TAX_BASIS_POINTS, UnknownCountry, UnknownCoupon, price

_LINES = st.lists(st.tuples(st.integers(1, 100_000), st.integers(1, 50)), min_size=1, max_size=20)


def _cents(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


@given(_LINES, st.sampled_from(sorted(TAX_BASIS_POINTS)), st.none() | st.sampled_from(sorted(COUPON_PERCENT)))
def test_prices_agree_with_decimal_arithmetic(lines: list[tuple[int, int]], country: str, coupon: str | None) -> None:
    priced = price(lines, country, coupon)
    subtotal = sum(cents * quantity for cents, quantity in lines)
    discount = _cents(Decimal(subtotal) * (COUPON_PERCENT[coupon] if coupon else 0) / 100)
    tax = _cents(Decimal(subtotal - discount) * TAX_BASIS_POINTS[country] / 10_000)
    assert priced.subtotal_cents == subtotal
    assert priced.discount_cents == discount
    assert priced.tax_cents == tax
    assert priced.total_cents == subtotal - discount + tax


def test_an_unknown_country_or_coupon_is_refused() -> None:
    with pytest.raises(UnknownCountry):
        price([(100, 1)], "XX")
    with pytest.raises(UnknownCoupon):
        price([(100, 1)], "DE", "NOPE")
