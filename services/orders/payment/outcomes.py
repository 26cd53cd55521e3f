"""How a payment can end when it does not succeed."""

import time
from email.utils import parsedate_to_datetime
from typing import Literal

from services.chassis import CallFailed, Reply

Reason = Literal[
    "refused",  # 429: above our quota
    "declined",  # 402: the bank said no
    "timeout",
    "unreachable",  # refused connection
    "cut_off",  # a connection that ended before the answer
    "pool_full",  # all our connections to the partner in use
    "paced",  # our own limit per second
    "rejected",  # any other 4xx
    "failed",  # 5xx
    "contract",  # an answer that is not what was promised
]
_RETRYABLE: frozenset[Reason] = frozenset({"refused", "timeout", "unreachable", "cut_off", "failed"})


class PaymentFailed(Exception):
    """No payment; `retryable` when the same call may succeed later."""

    def __init__(
        self,
        reason: Reason,
        said: str,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
        attempts: int = 1,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(said)
        self.reason: Reason = reason
        self.status = status
        self.retry_after_s = retry_after_s
        self.attempts = attempts
        self.retryable = reason in _RETRYABLE if retryable is None else retryable


def from_failure(failed: CallFailed) -> PaymentFailed:
    """No answer came."""
    if failed.kind == "timeout":
        return PaymentFailed("timeout", "The payment partner did not answer in time")
    if failed.kind == "pool_timeout":
        return PaymentFailed("pool_full", "All connections to the payment partner are in use")
    if failed.kind == "bad_response":
        return PaymentFailed("contract", "The payment partner's answer could not be read")
    if failed.kind == "connection_reset":
        return PaymentFailed("cut_off", "The payment partner closed the connection before answering")
    return PaymentFailed("unreachable", "The payment partner does not accept connections")


def from_status(reply: Reply) -> PaymentFailed:
    """An answer of 300 or above."""
    status = reply.status
    wait_s = retry_after_s(reply.headers.get("Retry-After", ""))
    if status == 429:
        return PaymentFailed(
            "refused", "The payment partner refused the call: too many", status=429, retry_after_s=wait_s
        )
    if status == 402:
        return PaymentFailed("declined", "The card was declined", status=402)
    if status >= 500:
        return PaymentFailed("failed", f"The payment partner answered {status}", status=status, retry_after_s=wait_s)
    # 409: an earlier call with the same key is still under way, e.g. one we stopped waiting for
    return PaymentFailed(
        "rejected",
        f"The payment partner answered {status}",
        status=status,
        retry_after_s=wait_s,
        retryable=status == 409,
    )


def retry_after_s(value: str) -> float | None:
    """The header's seconds, or seconds until its date; None without a valid one."""
    if not value:
        return None
    try:
        return (
            max(0.0, float(value))
            if value.isdigit()
            else max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        )
    except ValueError:
        return None
