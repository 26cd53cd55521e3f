"""Taking payments and giving them back, whichever version asks; whoever registered a webhook is told."""

from datetime import UTC, datetime
from typing import Any

from services.partner.contracts import decimal_text
from services.partner.door import Client, Door
from services.partner.ledger import Entry


def take(door: Door, client: Client, amount: int, currency: str, reference: str) -> Entry:
    """Book a payment of so many minor units."""
    entry = door.ledger.pay(client.name, amount, currency, reference)
    door.webhooks.happened(client.name, "payment.captured", payment(entry))
    return entry


def give_back(door: Door, client: Client, entry: Entry, amount: int) -> int:
    """Book a refund; its number. ValueError when it exceeds what is left."""
    number = door.ledger.refund(entry, amount)
    door.webhooks.happened(client.name, "payment.refunded", payment(entry))
    return number


def payment(entry: Entry) -> dict[str, Any]:
    """A payment as version 2 and the events show it."""
    status = "captured" if not entry.refunded else "partially_refunded" if entry.left else "refunded"
    return {
        "id": f"pay_{entry.number:012d}",
        "status": status,
        "amount": {"value": decimal_text(entry.amount), "currency": entry.currency},
        "refunded": {"value": decimal_text(entry.refunded), "currency": entry.currency},
        "reference": entry.reference,
        "created_at": moment(entry.created_s),
    }


def moment(unix_s: float) -> str:
    """RFC 3339, UTC, whole seconds."""
    return f"{datetime.fromtimestamp(int(unix_s), UTC).isoformat()[:19]}Z"
