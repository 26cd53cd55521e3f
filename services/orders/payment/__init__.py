"""Paying at the partner: `contracts` are its versions, `partner` makes the calls, `outcomes` say how they failed."""

from services.orders.payment.contracts import Charge
from services.orders.payment.outcomes import PaymentFailed
from services.orders.payment.pacing import Pacer
from services.orders.payment.partner import Paid, Partner, version_for

__all__ = ["Charge", "Pacer", "Paid", "Partner", "PaymentFailed", "version_for"]
