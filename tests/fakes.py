"""Hand-written stand-ins that tests share."""

from typing import Any

from lab.core.migration import NewColumn
from lab.core.system import Index


class FakeSystem:
    """A System in memory that records what was done to it; `broken` makes the next patch fail."""

    def __init__(self) -> None:
        self.current: dict[str, dict[str, Any]] = {
            "orders": {"payment_mode": "sync", "partner_retries": 0},
            "partner": {"quota_rps": 100},
        }
        self.versions = {"orders": "2.4.1", "partner": "1.0.0"}
        self.on_edge: dict[str, list[dict[str, Any]]] = {}
        self.customers: dict[str, Any] = {"users": 12, "pace_s": 1.0, "mix": {"checkout": 3}}
        self.down: set[str] = set()
        self.paused: set[str] = set()
        self.has_indexes = [Index("ix_orders_placed_at", "orders", ("placed_at",))]
        self.has_columns = {"orders": ["id", "status", "coupon_code", "placed_at"]}
        self.done: list[str] = []
        self.broken: Exception | None = None

    async def settings(self, service: str) -> dict[str, Any]:
        return dict(self.current[service])

    async def version(self, service: str) -> str:
        return self.versions[service]

    async def patch(self, service: str, settings: dict[str, Any], version: str | None = None) -> None:
        if self.broken is not None:
            error, self.broken = self.broken, None
            raise error
        self.current[service] |= settings
        self.done.append(f"patch {service} {sorted(settings)}")
        if version is not None:
            self.versions[service] = version

    async def rules(self, edge: str) -> list[dict[str, Any]]:
        return list(self.on_edge.get(edge, []))

    async def set_rules(self, edge: str, rules: list[dict[str, Any]]) -> None:
        self.on_edge[edge] = rules

    async def kill(self, service: str, *, stay_down: bool = False) -> None:
        self.done.append(f"kill {service}")
        if stay_down:
            self.down.add(service)

    async def bring_back(self, service: str) -> None:
        self.down.discard(service)

    async def pause(self, service: str) -> None:
        self.paused.add(service)

    async def resume(self, service: str) -> None:
        self.paused.discard(service)

    async def indexes(self) -> list[Index]:
        return list(self.has_indexes)

    async def create_index(self, index: Index) -> None:
        if index.name not in {one.name for one in self.has_indexes}:
            self.has_indexes.append(index)

    async def drop_index(self, name: str) -> None:
        self.has_indexes = [one for one in self.has_indexes if one.name != name]

    async def columns(self, table: str) -> list[str]:
        return list(self.has_columns.get(table, []))

    async def migrate(self, new: NewColumn) -> None:
        self.done.append(f"migrate {new.table} {new.column}")
        if new.column not in self.has_columns[new.table]:
            self.has_columns[new.table].append(new.column)

    async def drop_column(self, new: NewColumn) -> None:
        self.has_columns[new.table] = [one for one in self.has_columns[new.table] if one != new.column]

    async def traffic(self) -> dict[str, Any]:
        return dict(self.customers)

    async def set_traffic(self, traffic: dict[str, Any]) -> None:
        self.customers |= traffic

    def snapshot(self) -> dict[str, Any]:
        """Everything that a change could have altered."""
        return {
            "settings": {name: dict(values) for name, values in self.current.items()},
            "versions": dict(self.versions),
            "rules": {edge: list(rules) for edge, rules in self.on_edge.items() if rules},
            "traffic": dict(self.customers),
            "down": sorted(self.down),
            "paused": sorted(self.paused),
            "columns": {table: list(columns) for table, columns in self.has_columns.items()},
            "indexes": sorted(self.has_indexes, key=lambda index: index.name),
        }
