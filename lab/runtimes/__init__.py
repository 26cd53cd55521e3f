"""Runtimes: where the system runs. One small protocol.

`embedded` runs it as processes of this machine, `compose` as containers beside the console's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lab.core.migration import Migrated, NewColumn
from lab.core.system import Steerable
from lab.runtimes.rows import Rows, Table

__all__ = ["Key", "Plan", "Rows", "Runtime", "Table"]


@dataclass(frozen=True)
class Key:
    """An API key of the gateway."""

    name: str
    key: str
    role: str
    scopes: tuple[str, ...]
    rate_rps: float
    burst: float
    keeps_headers: bool = False
    """Whether the gateway's traces keep headers of what it sends; the learner's do, customers' would cost too much."""


@dataclass(frozen=True)
class Plan:
    """What one run of the system needs to know."""

    run_dir: Path
    cache_dir: Path
    nonce: str
    otlp_endpoint: str
    keys: tuple[Key, ...]
    orders: int
    sandbox_key: str | None = None
    """The learner's own key at the partner; None: they have none."""
    gateway_port: int | None = None
    """An explicit port: taken means an error. None: 8000, or the next free one."""
    on_step: Callable[[str, str], None] = field(default=lambda _step, _state: None)
    """Called with (`database`|`network`|service name, `running`|`done`)."""
    on_event: Callable[[str, str], None] = field(default=lambda _service, _text: None)
    """Called when something happens that nobody asked for, e.g. a service died."""


class Runtime(Steerable, Protocol):
    """A place where the system runs."""

    name: str

    async def tidy(self) -> None:
        """Remove what an earlier console left behind; only before anything runs."""
        ...

    async def warm(self) -> None:
        """Make ready what takes long, for a start that may come; begun together with `tidy`."""
        ...

    async def up(self, plan: Plan) -> None:
        """Start everything and wait until it is healthy; nothing is left behind when it raises."""
        ...

    async def down(self) -> None:
        """Stop everything and remove what was made; safe to call twice."""
        ...

    @property
    def urls(self) -> Mapping[str, str]:
        """Service name → base URL, reachable from here."""
        ...

    @property
    def addresses(self) -> Mapping[str, str]:
        """Service name → base URL as the learner reaches it; those that only the lab reaches are left out."""
        ...

    @property
    def edges(self) -> tuple[str, ...]:
        """The edges that pass through the proxy, e.g. `gateway->orders`."""
        ...

    def third_party(self, service: str) -> bool:
        """Whether the service belongs to somebody else, so that its inside is not visible."""
        ...

    async def rows(self, query: str, *, explain: bool = False, copy: bool = False) -> Rows:
        """Run one read-only statement on the shop's database, or on its copy."""
        ...

    async def tables(self, *, copy: bool = False) -> list[Table]:
        """The shop's tables with their columns, by name; or those of the copy."""
        ...

    async def copy_database(self) -> None:
        """Have a copy of the shop's database as it is now, in place of an older one."""
        ...

    async def migrate(self, new: NewColumn, *, copy: bool = False) -> Migrated:
        """Add a column to the shop's database, or to its copy, and fill it as told."""
        ...

    def pids(self) -> Mapping[str, int]:
        """Process name → pid, for status and for checks that nothing is left."""
        ...
