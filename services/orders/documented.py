"""What the OpenAPI document says about answers: problems by example, headers, tags."""

from typing import Any

from services.chassis import PROBLEM_TYPES, described_headers, problem_response

Responses = dict[int | str, dict[str, Any]]
_RETRY_AFTER = {"Retry-After": "Seconds to wait before trying again."}

INVALID = problem_response(
    PROBLEM_TYPES,
    422,
    "invalid-request",
    "The request is not valid",
    "Correct 'limit' in the query: Input should be less than or equal to 100.",
    errors=[{"in": "query", "name": "limit", "detail": "Input should be less than or equal to 100"}],
)
BUSY = problem_response(
    PROBLEM_TYPES,
    503,
    "database-busy",
    "The shop is busy",
    "No database connection came free within 2000 ms (all 10 in use). Try again shortly.",
    headers=_RETRY_AFTER,
)
PAYMENTS_BUSY = problem_response(
    PROBLEM_TYPES,
    503,
    "payments-busy",
    "Payments are busy",
    "The payment could not be taken now: The payment partner refused the call: too many. Try again in 1 s. The order "
    "is kept as payment_failed. Send it again with the same Idempotency-Key to pay the same order.",
    headers=_RETRY_AFTER,
    order_id=100017,
)
PAYMENT_ERROR = problem_response(
    PROBLEM_TYPES,
    502,
    "payment-error",
    "Payment failed",
    "The payment partner answered 500. The order is kept as payment_failed. Send it again with the same "
    "Idempotency-Key to pay the same order.",
    order_id=100017,
)
PAYMENT_TIMEOUT = problem_response(
    PROBLEM_TYPES,
    504,
    "payment-timeout",
    "Payment timed out",
    "The payment partner did not answer in time; whether the card was charged is not known. The order is kept as "
    "payment_failed. Send it again with the same Idempotency-Key to pay the same order.",
    order_id=100017,
)
DECLINED = problem_response(
    PROBLEM_TYPES,
    402,
    "card-declined",
    "Card declined",
    "The card was declined and nothing was charged. Use another card; do not send this one again.",
    order_id=100017,
)
IN_PROGRESS = problem_response(
    PROBLEM_TYPES,
    409,
    "request-in-progress",
    "Request in progress",
    "A request with this Idempotency-Key is still being worked on. Wait a second and send it again.",
    headers=_RETRY_AFTER,
)
INVALID_ORDER = problem_response(
    PROBLEM_TYPES,
    422,
    "invalid-request",
    "The request is not valid",
    "Correct 'items.0.product_id' in the body: there is no product 'guji'; list the products for their ids.",
    errors=[
        {
            "in": "body",
            "name": "items.0.product_id",
            "detail": "there is no product 'guji'; list the products for their ids",
        }
    ],
)
NOT_REFUNDABLE = problem_response(
    PROBLEM_TYPES,
    409,
    "already-refunded",
    "Already refunded",
    "Order 100017 was refunded before. Nothing is left to do.",
)
MALFORMED = problem_response(
    PROBLEM_TYPES,
    400,
    "malformed-json",
    "The body is not JSON",
    "The body could not be read as JSON: Expecting value. Check quotes, commas and braces.",
)


def missing(path: str) -> Responses:
    """404, by the example of a path."""
    return problem_response(
        PROBLEM_TYPES,
        404,
        "not-found",
        "Not found",
        f"Nothing is at {path}. Check the path and the id in it; /openapi.json lists every path.",
    )


def success(status: int, example: Any, **more: Any) -> Responses:
    """An answer by example; `more` are further members of its entry."""
    return {status: {"content": {"application/json": {"example": example}}, **more}}


def link(next_page: str) -> dict[str, Any]:
    """The `Link` header of a page that has a next one."""
    header = described_headers({"Link": "Where the next page is (RFC 8288, `rel=next`); not on the last page."})
    header["Link"]["example"] = f'<{next_page}>; rel="next"'
    return header


OPENAPI: dict[str, Any] = {
    "tags": [
        {"name": "Products", "description": "The coffee for sale. Prices are net, in cents."},
        {"name": "Orders", "description": "Checkout, the orders so far, refunds."},
        {"name": "Customers", "description": "Who orders."},
    ]
}
