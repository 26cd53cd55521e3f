"""How a failed payment is answered: 402 declined, 503 try later, 504 too slow, 502 anything else."""

import math

from services.chassis import Problem
from services.orders.payment import PaymentFailed

_LATER = "The order is kept as payment_failed. Send it again with the same Idempotency-Key to pay the same order."
_NOT_REFUNDED = "The order is still paid; ask for the refund again."


def refusal(failed: PaymentFailed, order_id: int) -> Problem:
    """The problem that tells the caller what became of the payment, and whether to try again."""
    wait_s = _wait_s(failed)
    later = {"Retry-After": str(wait_s)}
    match failed.reason:
        case "declined":
            return Problem(
                402,
                "card-declined",
                "Card declined",
                "The card was declined and nothing was charged. Use another card; do not send this one again.",
                order_id=order_id,
            )
        case "refused" | "paced" | "pool_full":
            return Problem(
                503,
                "payments-busy",
                "Payments are busy",
                f"The payment could not be taken now: {failed}. Try again in {wait_s} s. {_LATER}",
                headers=later,
                order_id=order_id,
            )
        case "timeout":
            return Problem(
                504,
                "payment-timeout",
                "Payment timed out",
                f"{failed}; whether the card was charged is not known. {_LATER}",
                order_id=order_id,
            )
        case "cut_off":
            return Problem(
                502,
                "payment-error",
                "Payment failed",
                f"{failed}; whether the card was charged is not known. {_LATER}",
                order_id=order_id,
            )
        case _:
            return Problem(
                502,
                "payment-error",
                "Payment failed",
                f"{failed}. {_LATER}",
                order_id=order_id,
            )


def refund_refusal(failed: PaymentFailed, order_id: int) -> Problem:
    """The problem that tells why no money went back."""
    wait_s = _wait_s(failed)
    match failed.reason:
        case "refused" | "paced" | "pool_full":
            return Problem(
                503,
                "payments-busy",
                "Payments are busy",
                f"The refund could not be made now: {failed}. Try again in {wait_s} s. {_NOT_REFUNDED}",
                headers={"Retry-After": str(wait_s)},
                order_id=order_id,
            )
        case "timeout":
            return Problem(
                504,
                "payment-timeout",
                "Payment timed out",
                f"{failed}; whether the money is on its way is not known. {_NOT_REFUNDED}",
                order_id=order_id,
            )
        case "cut_off":
            return Problem(
                502,
                "payment-error",
                "Refund failed",
                f"{failed}; whether the money is on its way is not known. {_NOT_REFUNDED}",
                order_id=order_id,
            )
        case "rejected" if failed.status in {404, 409, 422}:
            return Problem(
                409,
                "not-refundable",
                "Not refundable",
                f"The payment partner has no money of order {order_id} left to give back. Refund it by bank transfer.",
                order_id=order_id,
            )
        case _:
            return Problem(502, "payment-error", "Refund failed", f"{failed}. {_NOT_REFUNDED}", order_id=order_id)


def _wait_s(failed: PaymentFailed) -> int:
    return max(1, math.ceil(failed.retry_after_s)) if failed.retry_after_s is not None else 1
