"""What a migration did, told as a database's operators tell it: a log record and a measurement."""

from collections.abc import Callable

from lab.core.migration import Migrated, NewColumn
from lab.probes.writes_blocked import GAUGE, SERVICE
from lab.telemetry import Log, Store


def tell(store: Store, now: Callable[[], float], new: NewColumn, done: Migrated, *, copy: bool = False) -> None:
    """Keep it as telemetry of this run; `copy` when it was rehearsed on a copy."""
    where = "a copy of the database" if copy else "the database"
    at = now()
    store.add_gauges(SERVICE, at, {GAUGE: done.blocked_s})
    store.add_logs(
        [
            Log(
                id=0,
                time_s=at,
                service="orders",
                version="",
                severity="INFO",
                event="migration.rehearsed" if copy else "migration.done",
                message=f"Migration of {where}: {new.table}.{new.column}, {done.rows:,} rows in {done.took_s:.1f} s, "
                f"longest transaction {done.blocked_s:.2f} s",
                trace_id=None,
                span_id=None,
                attributes={
                    "db.collection.name": new.table,
                    "db.column.name": new.column,
                    "rows": done.rows,
                    "transactions": done.transactions,
                    "took_ms": round(done.took_s * 1000),
                    "longest_transaction_ms": round(done.blocked_s * 1000),
                },
            )
        ]
    )
