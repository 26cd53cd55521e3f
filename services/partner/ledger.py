"""What was paid and refunded, and the answers kept for idempotency keys. In memory, bounded: the oldest go first."""

import time
from dataclasses import dataclass, field

_LIMIT = 20_000
_NUMBERS_PER_S = 100
"""More than are booked in a second, and few enough for twelve digits."""


@dataclass(slots=True)
class Entry:
    """One payment, whichever version took it; amounts in minor units."""

    number: int
    client: str
    amount: int
    currency: str
    reference: str
    created_s: float = field(default_factory=time.time)
    refunded: int = 0

    @property
    def left(self) -> int:
        """What could still be refunded."""
        return self.amount - self.refunded


@dataclass(slots=True)
class Kept:
    """An idempotency key: what was asked, and the answer once there is one."""

    request: bytes
    answer: tuple[int, bytes] | None = None


class Ledger:
    """All payments of all clients; one client never sees another's."""

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._entries: dict[int, Entry] = {}
        self._by_reference: dict[tuple[str, str], dict[int, None]] = {}
        """The payments' numbers in order; a mapping, so that the oldest of very many goes quickly."""
        self._kept: dict[tuple[str, str], Kept] = {}
        # a process that is started anew must not give an earlier one's numbers again: by them its payments are refunded
        self._payments = self._refunds = int(time.time() * _NUMBERS_PER_S)

    def pay(self, client: str, amount: int, currency: str, reference: str) -> Entry:
        """Book a payment."""
        self._payments += 1
        entry = Entry(self._payments, client, amount, currency, reference)
        self._entries[entry.number] = entry
        self._by_reference.setdefault((client, reference), {})[entry.number] = None
        if len(self._entries) > self._limit:
            oldest = self._entries.pop(next(iter(self._entries)))
            numbers = self._by_reference[(oldest.client, oldest.reference)]
            del numbers[oldest.number]
            if not numbers:
                del self._by_reference[(oldest.client, oldest.reference)]
        return entry

    def find(self, client: str, number: int) -> Entry | None:
        """The client's payment of that number."""
        entry = self._entries.get(number)
        return entry if entry is not None and entry.client == client else None

    def find_by_reference(self, client: str, reference: str) -> list[Entry]:
        """The client's payments for one purchase, newest first."""
        return [self._entries[number] for number in reversed(self._by_reference.get((client, reference), {}))]

    def refund(self, entry: Entry, amount: int) -> int:
        """Book a refund, which must not exceed what is left; its number."""
        if not 0 < amount <= entry.left:
            raise ValueError(f"{amount} exceeds what is left, {entry.left}")
        entry.refunded += amount
        self._refunds += 1
        return self._refunds

    def kept(self, client: str, key: str) -> Kept | None:
        """What is known of an idempotency key."""
        return self._kept.get((client, key))

    def keep(self, client: str, key: str, request: bytes) -> Kept:
        """Remember an idempotency key while its request is worked on."""
        kept = self._kept[(client, key)] = Kept(request)
        if len(self._kept) > self._limit:
            del self._kept[next(iter(self._kept))]
        return kept

    def forget(self, client: str, key: str) -> None:
        """The request came to nothing: the key may be used again."""
        self._kept.pop((client, key), None)
