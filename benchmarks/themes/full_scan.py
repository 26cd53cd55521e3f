"""What the data of `full-table-scan` alone does to a search: every row read, against an index."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from benchmarks.harness import ROOT, SERVER_CORE, Effort, Row, Theme, placed, ratio
from lab.core.percentile import nearest_rank
from services.orders.order_book import Filters, list_orders
from services.orders.seed.history import RARE_COUPON

TITLE = "Database: a full scan against an index"
ORDERS = 1_000_000
"""As many as the scenario has."""
PAGE = 20
INDEX = "CREATE INDEX by_coupon ON orders (coupon_code, placed_at)"
SCAN, INDEXED = "every row read", "with the index that the scenario offers"


def _filled(target: Path, orders: int) -> None:
    words = [sys.executable, "-m", "services.orders.seed", "--orders", str(orders), "--out", str(target)]
    subprocess.run(words, check=True, cwd=ROOT, preexec_fn=placed(SERVER_CORE))


def _searches(connection: Connection, count: int) -> list[float]:
    """How long searches by coupon took, in ms, through the service's own statement; the shortest first."""
    found = []
    for _ in range(count):
        began_s = time.perf_counter()
        list_orders(connection, Filters(coupon=RARE_COUPON), PAGE, None)
        found.append((time.perf_counter() - began_s) * 1000)
    return sorted(found)


def measure(effort: Effort) -> Theme:
    """The same search of the same file, before and after the index is made."""
    orders = 20_000 if effort.quick else ORDERS
    searches = 10 if effort.quick else 20 * effort.rounds
    allowed = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        database = Path(folder) / "shop.db"
        _filled(database, orders)
        engine = create_engine(f"sqlite:///{database}")
        os.sched_setaffinity(0, {SERVER_CORE})
        try:
            with engine.connect() as connection:
                _searches(connection, 2)
                found = {SCAN: _searches(connection, searches)}
                connection.execute(text(INDEX))
                connection.commit()
                _searches(connection, 2)
                found[INDEXED] = _searches(connection, searches)
        finally:
            os.sched_setaffinity(0, allowed)
            engine.dispose()
    scan, indexed = (nearest_rank(found[name], 95) for name in (SCAN, INDEXED))
    theme = Theme(TITLE, [], ("search of orders by a coupon", "p50", "p95"), raw={"orders": orders, "ms": found})
    theme.table = [
        (name, f"{nearest_rank(ms, 50):.2f} ms", f"{nearest_rank(ms, 95):.2f} ms") for name, ms in found.items()
    ]
    theme.rows = [
        Row(
            f"one search among {orders:,} orders: p95",
            f"{scan:.1f} ms",
            f"{INDEXED} {indexed:.2f} ms: {ratio(scan, indexed)}",
            "≥ 20 × apart",
            scan >= 20 * indexed,
        )
    ]
    return theme
