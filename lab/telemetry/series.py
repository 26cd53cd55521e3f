"""Requests counted as they arrive: one series for each service and route, edge and route, statement.

Series count every span that arrived, also one whose record was shed or has been evicted since: numbers stay true when
records no longer fit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.telemetry.blocks import BLOCK_MS, Block, Part
from lab.telemetry.model import Scope, Span
from lab.telemetry.streams import statement_of

MOST_SERIES = 2000
_MOST_OUTCOMES = 200
_OTHER = "(other)"


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """What a series counts. `peer` is empty for a service's own (SERVER) requests."""

    service: str
    peer: str
    route: str
    statement: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended: the HTTP status, or what failed instead; whether it counts as an error; sent again?"""

    status: str
    error: bool
    retry: bool


@dataclass(slots=True, eq=False)
class Series:
    """The requests of one key, in blocks of 64 s. Numbers in `stored` are blocks that only the file holds now."""

    id: int
    key: SeriesKey
    outcomes: list[Outcome] = field(default_factory=list)
    blocks: dict[int, Block] = field(default_factory=dict)
    stored: set[int] = field(default_factory=set)
    saved_outcomes: int = -1
    _codes: dict[Outcome, int] = field(default_factory=dict)

    def code(self, outcome: Outcome) -> int:
        """The outcome's number in this series."""
        code = self._codes.get(outcome)
        if code is None and len(self.outcomes) >= _MOST_OUTCOMES:
            outcome = Outcome(_OTHER, outcome.error, outcome.retry)
            code = self._codes.get(outcome)
        if code is None:
            code = self._codes[outcome] = len(self.outcomes)
            self.outcomes.append(outcome)
        return code


Load = Callable[[Series, int], Block]


class SeriesTable:
    """All series. Not thread-safe: the store's lock guards it. `load` fetches a stored block."""

    def __init__(self, load: Load) -> None:
        self.all: list[Series] = []
        self.points = 0
        self.changed: set[tuple[int, int]] = set()  # (series, block) that the file does not hold as they are
        self._load: Load = load
        self._known: dict[SeriesKey, Series] = {}

    def of(self, key: SeriesKey) -> Series:
        """The series of a key, made when it is new; beyond the limit its route becomes `(other)`."""
        series = self._known.get(key)
        if series is None:
            if len(self.all) >= MOST_SERIES and key.route != _OTHER:
                return self.of(SeriesKey(key.service[:40], key.peer[:40], _OTHER, ""))
            if len(self.all) >= 2 * MOST_SERIES:
                return self.all[-1]
            series = self._known[key] = Series(len(self.all), key)
            self.all.append(series)
        return series

    def add(self, series: Series, code: int, end_ms: int, us: int) -> None:
        """One request that ended at `end_ms` (unix)."""
        number, at = divmod(end_ms, BLOCK_MS)
        block = series.blocks.get(number)
        if block is None:
            block = self._block(series, number)
        block.add(at, us, code)
        self.changed.add((series.id, number))
        self.points += 1

    def select(self, scope: Scope) -> list[Series]:
        """The series a scope is made of."""
        caller, callee = scope.ends
        return [
            series
            for series in self.all
            if (
                (series.key.service == caller and series.key.peer == callee)
                if scope.edge is not None
                else (not series.key.peer and scope.service in (None, series.key.service))
            )
            and (scope.route is None or scope.route in (series.key.route, series.key.route.partition(" ")[2]))
        ]

    def parts(self, series: Series, start_ms: int, end_ms: int, loaded: dict[tuple[int, int], Block]) -> Iterator[Part]:
        """What the series holds from `start_ms` (included) to `end_ms` (excluded).

        `loaded` keeps stored blocks for the length of one query.
        """
        first, last = start_ms // BLOCK_MS, (end_ms - 1) // BLOCK_MS
        numbers = [n for n in (*series.blocks, *series.stored) if first <= n <= last]
        for number in sorted(numbers):
            base = number * BLOCK_MS
            block = series.blocks.get(number) or loaded.get((series.id, number))
            if block is None:
                block = loaded[series.id, number] = self._load(series, number)
            part = block.part(start_ms - base, end_ms - base)
            if part.codes:
                yield part

    def forget(self, points: int) -> None:
        """Drop the oldest blocks that the file holds too, until at most so many points are in memory."""
        if self.points <= points:
            return
        order = sorted(
            (number, series.id)
            for series in self.all
            for number in series.blocks
            if (series.id, number) not in self.changed
        )
        for number, series_id in order:
            if self.points <= points:
                break
            series = self.all[series_id]
            self.points -= len(series.blocks.pop(number))
            series.stored.add(number)

    def take_changed(self, before: int) -> list[tuple[Series, int, Block]]:
        """Blocks numbered below `before` that the file does not hold as they are; they count as saved from now on."""
        taken = [key for key in self.changed if key[1] < before]
        self.changed.difference_update(taken)
        return [(self.all[owner], number, self.all[owner].blocks[number]) for owner, number in taken]

    def drop(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Forget blocks whose number lies in one of the ranges, from (included) to (excluded)."""

        def gone(number: int) -> bool:
            return any(first <= number < end for first, end in ranges)

        for series in self.all:
            for number in [number for number in series.blocks if gone(number)]:
                self.points -= len(series.blocks.pop(number))
                self.changed.discard((series.id, number))
            series.stored = {number for number in series.stored if not gone(number)}

    def _block(self, series: Series, number: int) -> Block:
        if number in series.stored:
            block = self._load(series, number)
            series.stored.discard(number)
            self.points += len(block)
        else:
            block = Block()
        series.blocks[number] = block
        return block


def place_of(span: Span) -> tuple[SeriesKey, Outcome] | None:
    """Where a span is counted; None for spans that are no request."""
    attributes = span.attributes
    method = attributes.get("http.request.method")
    if span.kind == "server":
        route = attributes.get("http.route")
        name = f"{method} {route}" if method and route else f"{method} (no route)" if method else span.name
        return SeriesKey(span.service, "", name, ""), outcome_of(span, edge=False)
    peer = attributes.get("peer.service")
    if span.kind not in ("client", "producer") or not peer:
        return None
    template = attributes.get("url.template")
    name = f"{method} {template}" if method and template else span.name
    key = SeriesKey(span.service, str(peer), name, statement_of(attributes))
    return key, outcome_of(span, edge=True)


def outcome_of(span: Span, *, edge: bool) -> Outcome:
    """How a request ended. An error is a transport failure or a status from 500; on an edge also 429."""
    attributes = span.attributes
    code = attributes.get("http.response.status_code")
    retry = str(attributes.get("http.request.resend_count") or "0") != "0"
    try:
        status = int(code) if code is not None else 0
    except (TypeError, ValueError):
        status = 0
    if status:
        return Outcome(str(status), status >= 500 or (edge and status == 429), retry)
    failure: Any = attributes.get("error.type")
    if failure or span.status == "error":
        return Outcome(str(failure or "error"), True, retry)
    return Outcome("ok", False, retry)
