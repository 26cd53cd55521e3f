"""One shop in examples: what the OpenAPI document shows."""

from typing import Any

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
SUMMARY_EXAMPLE: dict[str, Any] = {name: value for name, value in ORDER_EXAMPLE.items() if name != "items"}
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
