"""Metrics pages become gauges."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from lab.core.clock import SystemClock
from lab.telemetry import Store, Telemetry
from lab.telemetry.scrape import parse_metrics, scrape

PAGE = """# HELP db_pool_in_use Connections in use.
# TYPE db_pool_in_use gauge
db_pool_in_use 3.0
http_client_pool_in_use{peer_service="partner"} 2 1700000000000
requests_total{b="2", a="x \\"y\\" {z}"} 1e3
latency_seconds_bucket{le="0.1"} 4
latency_seconds_sum 1.5
python_gc_objects_collected_total{generation="0"} 5
broken{ 5
nonsense
weird abc
inf_gauge +Inf
"""


def test_a_page_is_read_without_buckets_and_internals() -> None:
    assert parse_metrics(PAGE) == {
        "db_pool_in_use": 3.0,
        'http_client_pool_in_use{peer_service="partner"}': 2.0,
        'requests_total{a="x \\"y\\" {z}",b="2"}': 1000.0,
        "latency_seconds_sum": 1.5,
        "inf_gauge": float("inf"),
    }


def test_what_the_official_client_writes_is_read() -> None:
    registry = CollectorRegistry()
    Gauge("pool", "Pool.", ["peer"], registry=registry).labels('a "quoted" \\ name').set(2)
    Counter("seen", "Seen.", registry=registry).inc(4)
    Histogram("took", "Took.", registry=registry).observe(1)
    values = parse_metrics(generate_latest(registry).decode())
    assert values == {
        'pool{peer="a \\"quoted\\" \\\\ name"}': 2.0,
        "seen_total": 4.0,
        "took_count": 1.0,
        "took_sum": 1.0,
    }


@pytest.mark.timeout(20)
async def test_targets_are_read_again_and_again_and_a_silent_one_is_skipped(tmp_path: Path) -> None:
    asked, enough = 0, asyncio.Event()

    async def metrics(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        if asked > 3:
            enough.set()
        return web.Response(text=f"rounds {asked}\n")

    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=500, text="rounds 99\n")

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics), web.get("/refuse", refuse)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    store = Store(tmp_path / "t.db", clock=SystemClock())
    targets = {"orders": f"{url}/metrics", "broken": f"{url}/refuse", "gone": "http://127.0.0.1:1/metrics"}
    task = asyncio.create_task(scrape(targets, store, every_s=0.02))
    telemetry = Telemetry(store)
    try:
        await enough.wait()
        assert (telemetry.gauge_last("orders", "rounds") or 0) >= 3
        assert telemetry.gauges("broken") == telemetry.gauges("gone") == []
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await runner.cleanup()
        store.close()
