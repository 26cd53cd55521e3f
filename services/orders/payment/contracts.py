"""The two versions of the partner's API: what we send, and what we read out of what comes back."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

Version = Literal["v1", "v2"]


@dataclass(frozen=True, slots=True)
class Charge:
    """What is to be paid, for an order to `country`; `key` makes a repeated call safe where the partner knows keys."""

    reference: str
    amount_cents: int
    currency: str
    card_token: str
    key: str
    country: str


@dataclass(frozen=True, slots=True)
class Booked:
    """What an answer said: the partner's id and the amount, as far as it could be read."""

    provider_ref: str | None
    amount_cents: int


class ContractBroken(ValueError):
    """An answer lacks or contradicts what the partner's documentation promises."""


class Contract(Protocol):
    """One version of the API."""

    charge_path: str
    refund_path: str

    def charge_body(self, charge: Charge) -> dict[str, Any]:
        """The body of a payment call."""
        ...

    def refund_body(self, amount_cents: int, currency: str) -> dict[str, Any]:
        """The body of a refund call."""
        ...

    def read_charge(self, answer: Any) -> Booked:
        """Whatever can be read; nothing is checked."""
        ...

    def check_charge(self, answer: Any, charge: Charge) -> None:
        """ContractBroken unless the answer is what the documentation promises for this charge."""
        ...


class V1:
    """Charges: amounts are integers in cents."""

    charge_path = "/v1/charges"
    refund_path = "/v1/charges/{payment_id}/refund"

    def charge_body(self, charge: Charge) -> dict[str, Any]:
        """`{amount, currency, card_token, reference}`."""
        return {
            "amount": charge.amount_cents,
            "currency": charge.currency,
            "card_token": charge.card_token,
            "reference": charge.reference,
        }

    def refund_body(self, amount_cents: int, currency: str) -> dict[str, Any]:
        """`{amount}`."""
        return {"amount": amount_cents}

    def read_charge(self, answer: Any) -> Booked:
        """The id, and the amount as a number of cents; 0 when there is none."""
        found = answer if isinstance(answer, dict) else {}
        return Booked(_text(found.get("id")), int(_number(found.get("amount"))))

    def check_charge(self, answer: Any, charge: Charge) -> None:
        """Id, status, amount and currency as documented."""
        found = _object(answer)
        _expect_id(found)
        _expect(found, "status", "succeeded")
        _expect(found, "amount", charge.amount_cents)
        _expect(found, "currency", charge.currency)


class V2:
    """Payments: amounts are decimals in text, with their currency."""

    charge_path = "/v2/payments"
    refund_path = "/v2/payments/{payment_id}/refunds"

    def charge_body(self, charge: Charge) -> dict[str, Any]:
        """`{amount: {value, currency}, source: {token}, reference}`."""
        return {
            "amount": _money(charge.amount_cents, charge.currency),
            "source": {"token": charge.card_token},
            "reference": charge.reference,
        }

    def refund_body(self, amount_cents: int, currency: str) -> dict[str, Any]:
        """`{amount: {value, currency}}`."""
        return {"amount": _money(amount_cents, currency)}

    def read_charge(self, answer: Any) -> Booked:
        """The id, and the amount as a decimal of euros; 0 when there is none."""
        found = answer if isinstance(answer, dict) else {}
        amount = found.get("amount")
        value = amount.get("value") if isinstance(amount, dict) else amount
        return Booked(_text(found.get("id")), round(_number(value) * 100))

    def check_charge(self, answer: Any, charge: Charge) -> None:
        """Id, status, amount and currency as documented."""
        found = _object(answer)
        _expect_id(found)
        _expect(found, "status", "captured")
        _expect(found, "amount", _money(charge.amount_cents, charge.currency))


CONTRACTS: dict[str, Contract] = {"v1": V1(), "v2": V2()}


def _money(cents: int, currency: str) -> dict[str, str]:
    return {"value": f"{cents // 100}.{cents % 100:02d}", "currency": currency}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)[:64]


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return number if abs(number) < 1e9 else 0.0


def _object(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise ContractBroken("the answer is no JSON object")
    return answer


def _expect_id(found: dict[str, Any]) -> None:
    if not isinstance(found.get("id"), str) or not found["id"]:
        raise ContractBroken("'id' is missing or no text")


def _expect(found: dict[str, Any], name: str, wanted: Any) -> None:
    if name not in found:
        raise ContractBroken(f"'{name}' is missing")
    value = found[name]
    if type(value) is not type(wanted) or value != wanted:
        raise ContractBroken(f"'{name}' is {value!r} instead of {wanted!r}")
