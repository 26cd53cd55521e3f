"""Traffic and load runs as real processes against a stub shop."""

import asyncio
import collections
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab.core.errors import Conflict, EnvironmentLacks, UsageError
from lab.load.profile import Profile, Stage
from lab.load.run import LoadRun, Traffic
from lab.processes.spawn import Spawner

KEYS = ({"name": "web", "key": "key-web"}, {"name": "app", "key": "key-app"})


def profile(host: str, **fields: Any) -> Profile:
    return Profile(**{"host": host, "keys": KEYS, "users": 12, "pace_s": 0.1, **fields})


async def until(holds: Callable[[], bool], within_s: float = 8.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        await asyncio.sleep(0.02)


def running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def text_of(path: str | Path) -> str:
    return Path(path).read_text(encoding="utf-8")


async def test_customers_of_the_same_seed_do_the_same_things_and_of_another_seed_others(shop: Any) -> None:
    async def first_orders(seed: int) -> list[Any]:
        shop.seen.clear()
        traffic = await Traffic(profile(shop.host, seed=seed, users=1, pace_s=0.03), Spawner()).start()
        await until(lambda: len(shop.seen) > 25)
        await traffic.stop()
        return [
            (method, "an order" if "/orders/" in path else path, body and body["items"])
            for method, path, _, body in shop.seen[:25]
        ]

    assert await first_orders(1) == await first_orders(1)
    assert await first_orders(1) != await first_orders(2)


async def test_the_mix_of_a_short_run_is_the_mix_that_was_asked_for(shop: Any) -> None:
    mix = {"checkout": 3, "browse": 4, "track": 1, "search": 1, "lookup": 1}
    traffic = await Traffic(profile(shop.host, users=8, mix=mix), Spawner()).start()
    await until(lambda: len(shop.seen) > 400)
    await traffic.stop()
    checkouts = shop.by_route()["POST /api/v1/orders"] / len(shop.seen)
    searches = sum("q=" in path or "customer_email=" in path for _, path, _, _ in shop.seen) / len(shop.seen)
    lookups = sum("coupon=" in path for _, path, _, _ in shop.seen) / len(shop.seen)
    tracked = sum(path.startswith("/api/v1/orders/") for _, path, _, _ in shop.seen) / len(shop.seen)
    assert checkouts == pytest.approx(0.3, abs=0.04)
    assert searches == pytest.approx(0.1, abs=0.03)
    assert lookups == pytest.approx(0.1, abs=0.03)
    assert 0.05 < tracked < 0.12


async def test_a_customer_who_ordered_searches_by_the_address_that_the_shop_has(shop: Any) -> None:
    def searched() -> list[str]:
        return [path.partition("customer_email=")[2] for _, path, _, _ in shop.seen if "customer_email=" in path]

    traffic = await Traffic(
        profile(shop.host, users=1, pace_s=0.02, mix={"checkout": 1, "search": 9}), Spawner()
    ).start()
    await until(lambda: len(searched()) > 15)
    await traffic.stop()
    assert set(searched()) <= {"customer1@example.com&limit=5", f"{shop.buyer}&limit=5"}
    assert searched()[-1] == f"{shop.buyer}&limit=5"


async def test_every_customer_says_who_they_are_and_an_order_key_is_never_used_twice(shop: Any) -> None:
    traffic = await Traffic(profile(shop.host), Spawner()).start()
    await until(lambda: shop.by_route()["POST /api/v1/orders"] > 40)
    await traffic.stop()
    headers = [seen[2] for seen in shop.seen if "Customer-Id" in seen[2]]
    assert {header["Customer-Id"] for header in headers} == {f"c-{n}" for n in range(1, 13)}
    assert {header["X-API-Key"] for header in headers} == {"key-web", "key-app"}
    keys = [header["Idempotency-Key"] for header in headers if "Idempotency-Key" in header]
    assert len(keys) == len(set(keys)) > 40


async def test_customers_do_not_move_in_lockstep(shop: Any) -> None:
    began = time.monotonic()
    traffic = await Traffic(profile(shop.host, users=20, pace_s=1.0), Spawner()).start()
    await until(lambda: len(shop.seen) > 80)
    took_s = time.monotonic() - began
    await traffic.stop()
    order = [headers["Customer-Id"] for _, _, headers, _ in shop.seen if "Customer-Id" in headers]
    # in lockstep nobody's turn comes again before everybody's has come
    assert any(len(set(order[at : at + 20])) < 20 for at in range(0, 60, 20))
    assert all(times <= took_s / 0.8 + 1 for times in collections.Counter(order[:80]).values())


async def test_users_pace_and_mix_change_while_the_traffic_runs(shop: Any) -> None:
    traffic = await Traffic(profile(shop.host, users=2, pace_s=0.2, mix={"browse": 1}), Spawner()).start()
    await until(lambda: traffic.last is not None)
    await traffic.set(users=8)
    await until(lambda: traffic.last is not None and traffic.last.users == 8)
    await traffic.set(users=0)
    await until(lambda: traffic.last is not None and traffic.last.users == 0)
    shop.seen.clear()
    await traffic.set(users=3, pace_s=0.05, mix={"checkout": 1})
    await until(lambda: len(shop.seen) > 30)
    assert traffic.as_set() == {"users": 3, "pace_s": 0.05, "mix": {"checkout": 1.0}}
    await traffic.stop()
    assert set(shop.by_route()) == {"POST /api/v1/orders"}


async def test_nonsense_is_refused_before_it_reaches_the_customers(shop: Any) -> None:
    traffic = await Traffic(profile(shop.host), Spawner()).start()
    with pytest.raises(UsageError, match="number of users"):
        await traffic.set(users=-1)
    with pytest.raises(UsageError, match="no task 'chekout'"):
        await traffic.set(mix={"chekout": 1})
    assert traffic.alive
    await traffic.stop()


async def test_traffic_ends_without_waiting_for_requests_in_flight(shop: Any) -> None:
    traffic = await Traffic(profile(shop.host), Spawner()).start()
    shop.delay_s = 3600
    await until(lambda: shop.kept_waiting > 0)
    pid = traffic.pid
    await traffic.stop()
    assert not traffic.alive
    assert pid is not None
    assert not psutil.pid_exists(pid)
    await traffic.stop()  # twice is fine


async def test_who_knows_the_products_does_not_wait_for_a_sick_shop_to_list_them(shop: Any) -> None:
    first = await Traffic(profile(shop.host), Spawner()).start()
    await first.stop()
    assert first.profile.products == tuple(f"bean-{n}" for n in range(1, 9))
    shop.delay_s = 4.0
    shop.seen.clear()
    second = await Traffic(first.profile, Spawner()).start()
    await until(lambda: shop.by_route()["POST /api/v1/orders"] > 0)
    await second.stop()
    assert not [path for _, path, _, _ in shop.seen if "available" in path]
    baskets = [body["items"] for method, _, _, body in shop.seen if method == "POST"]
    assert {item["product_id"] for basket in baskets for item in basket} <= set(first.profile.products)


@pytest.mark.parametrize("end", ["stop", "terminate"])
async def test_a_stop_order_and_a_sigterm_end_it_too(shop: Any, end: str) -> None:
    traffic = await Traffic(profile(shop.host), Spawner()).start()
    assert traffic.pid is not None
    if end == "stop":
        await traffic._order({"stop": True})
    else:
        os.kill(traffic.pid, signal.SIGTERM)
    await until(lambda: not traffic.alive)
    await traffic.stop()


async def test_the_customers_wait_for_a_gateway_that_comes_up_late(closed_shop: Any) -> None:
    starting = asyncio.create_task(Traffic(profile(closed_shop.host), Spawner()).start())
    await asyncio.sleep(0.8)
    assert not starting.done()
    closed_shop.start()
    traffic = await starting
    assert traffic.alive
    await traffic.stop()


async def test_a_start_that_does_not_succeed_leaves_no_process(closed_shop: Any) -> None:
    traffic = Traffic(profile(closed_shop.host), Spawner())
    with pytest.raises(EnvironmentLacks, match="not ready within"):
        await traffic.start(within_s=1)
    assert not traffic.alive
    with pytest.raises(Conflict):
        await traffic.set(users=1)


async def test_a_cancelled_start_leaves_no_process(closed_shop: Any) -> None:
    traffic = Traffic(profile(closed_shop.host), Spawner())
    starting = asyncio.create_task(traffic.start())
    await until(lambda: traffic.pid is not None)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not traffic.alive


async def test_killed_customers_are_noticed(shop: Any) -> None:
    traffic = await Traffic(profile(shop.host), Spawner()).start()
    assert traffic.pid is not None
    os.kill(traffic.pid, signal.SIGKILL)
    await until(lambda: not traffic.alive)
    with pytest.raises(Conflict, match="gone"):
        await traffic.set(users=3)
    await traffic.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the parent's death signal is Linux's")
def test_customers_die_with_a_parent_that_was_killed(shop: Any) -> None:
    script = (
        "import subprocess,sys,time\n"
        "p=subprocess.Popen([sys.executable,'-m','lab.load'],stdin=subprocess.PIPE,stdout=subprocess.PIPE)\n"
        f"p.stdin.write({profile(shop.host).line().encode()!r});p.stdin.flush()\n"
        "print(p.stdout.readline().decode(),flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = json.loads(parent.stdout.readline())["pid"]
        parent.kill()
        deadline = time.monotonic() + 8
        while running(pid):
            assert time.monotonic() < deadline, "the customers outlived their parent"
            time.sleep(0.02)


async def test_nothing_in_the_environment_or_the_arguments_says_what_is_going_on(shop: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("LAB_HOME", "/somewhere/rate-limit")
    traffic = await Traffic(profile(shop.host), Spawner()).start()
    process = psutil.Process(traffic.pid)
    assert not [name for name in process.environ() if name.startswith("LAB")]
    assert process.cmdline()[1:] == ["-P", "-m", "lab.load"]
    await traffic.stop()


async def test_a_load_test_gives_figures_by_endpoint_and_stage_and_locusts_own_files(shop: Any, tmp_path: Path) -> None:
    shop.refuse_share = 0.25
    stages = (Stage(10, 1.2), Stage(4, 0.8))
    run = await LoadRun(profile(shop.host, stages=stages, out=str(tmp_path / "out")), Spawner()).start()
    result = await run.wait()
    stats = result.stats
    assert stats["requests"] == sum(endpoint["requests"] for endpoint in stats["endpoints"])
    assert stats["requests"] == sum(stage["requests"] for stage in stats["stages"])
    assert stats["requests"] == len([headers for _, _, headers, _ in shop.seen if "Customer-Id" in headers])
    assert [stage["users"] for stage in stats["stages"]] == [10, 4]
    assert stats["stages"][0]["seconds"] >= 1.15
    orders = next(e for e in stats["endpoints"] if e["name"] == "POST /api/v1/orders")
    assert orders["failures"] == orders["statuses"]["503"] > 0
    assert orders["statuses"]["201"] + orders["statuses"]["503"] == orders["requests"]
    assert stats["unfinished"] == 0
    assert stats["p50_ms"] <= stats["p95_ms"] <= stats["p99_ms"] <= stats["max_ms"]
    assert json.loads(text_of(result.files["json"])) == stats
    assert f",{stats['requests']}," in text_of(result.files["csv"]).splitlines()[-1]
    assert "<html" in text_of(result.files["html"])
    assert not run.alive


async def test_requests_still_unanswered_at_the_end_are_counted_not_forgotten(shop: Any) -> None:
    shop.delay_s = 3600
    knowing = profile(shop.host, users=5, stages=(Stage(5, 0.5),), drain_s=0.2, products=("bean-1",))
    run = await LoadRun(knowing, Spawner()).start()
    result = await run.wait()
    assert result.stats["unfinished"] > 0
    assert result.stats["requests"] == 0
    assert result.stats["p95_ms"] is None


async def test_a_cancelled_load_test_says_so_and_leaves_nothing(shop: Any, tmp_path: Path) -> None:
    run = await LoadRun(profile(shop.host, stages=(Stage(5, 30),), out=str(tmp_path)), Spawner()).start()
    await run.cancel()
    assert not run.alive
    with pytest.raises(Conflict, match="was stopped"):
        await run.wait()


async def test_a_load_test_that_dies_says_why(shop: Any) -> None:
    run = await LoadRun(profile(shop.host, stages=(Stage(5, 30),)), Spawner()).start()
    assert run.pid is not None
    os.kill(run.pid, signal.SIGKILL)
    with pytest.raises(EnvironmentLacks, match="ended early"):
        await run.wait()


async def test_a_directory_that_cannot_be_written_is_said_not_traced(shop: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = LoadRun(profile(shop.host, stages=(Stage(5, 5),), out=str(tmp_path / "file" / "out")), Spawner())
    with pytest.raises(EnvironmentLacks, match="cannot be written"):
        await (await run.start()).wait()
    assert not run.alive


async def test_what_the_customers_measure_is_what_the_shop_does(shop: Any) -> None:
    shop.delay_s = 0.1
    run = await LoadRun(profile(shop.host, users=10, pace_s=0.3, stages=(Stage(10, 2),)), Spawner()).start()
    stats = (await run.wait()).stats
    # by how much a slow machine adds to it is for the benchmark of a late client
    assert 100 <= stats["p50_ms"] <= stats["max_ms"]
    assert stats["rate_rps"] == pytest.approx(stats["requests"] / stats["seconds"], rel=0.01)
    assert 10 <= stats["requests"] <= 10 * (stats["seconds"] / (0.3 * 0.8) + 1)


def test_the_session_side_never_imports_locust() -> None:
    code = "import sys, lab.load.run, lab.load.export; sys.exit(bool({'locust', 'gevent'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_customers_process_is_small_for_it_leaves_out_what_it_never_uses() -> None:
    code = (
        "import sys\n"
        "from lab.load.slim import leave_out_unused\n"
        "leave_out_unused()\n"
        "import lab.load.program\n"
        "sys.exit(bool({'flask', 'werkzeug', 'zmq', 'jinja2'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
