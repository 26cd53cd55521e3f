"""The store at its budget: 1 M logs and 200 k spans in the file, every query a learner can make, timed.

    python benchmarks/programs/fill_and_ask.py [--logs 1000000] [--spans 200000] [--rounds 15] [--live 300]

Prints JSON: records taken in per second, per query p50 and p95 in ms, resident memory in MB, the file's size. Queries
run one after the other in random order while records keep arriving at `--live` a second; each round uses other words.
A second process keeps an hour of 500 spans/s in memory and tells what that costs (`--hour 0` leaves it out).
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from lab.core.clock import ManualClock, SystemClock
from lab.core.percentile import nearest_rank
from lab.core.window import Window
from lab.telemetry import Limits, Log, Scope, Span, Store, Telemetry, verdict

HOUR_S = 3600.0
SQL = [
    "SELECT orders.id, orders.status FROM orders WHERE orders.id = ?",
    "SELECT * FROM products ORDER BY name LIMIT ?",
    "INSERT INTO payments VALUES (?…)",
    "UPDATE orders SET status = ? WHERE id = ?",
]


class Shop:
    """Beanline's telemetry, seeded: each request leaves about eight spans and the logs that go with them."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.requests = 0

    def request(self, at: float) -> tuple[list[Span], list[Log]]:
        """One customer's request through gateway, orders, database and partner."""
        rng, number = self.rng, self.requests
        self.requests += 1
        trace = f"{rng.getrandbits(128):032x}"
        ids = iter(f"{rng.getrandbits(64):016x}" for _ in range(12))
        checkout = rng.random() < 0.35
        status = (503 if rng.random() < 0.12 else 201) if checkout else 200
        method = "POST" if checkout else "GET"
        route = "/orders" if checkout else rng.choice(["/products", "/products/{product_id}", "/orders/{order_id}"])
        path = route.replace("{product_id}", f"p-{rng.randrange(400)}").replace("{order_id}", f"o-{number}")
        customer, ms = f"c-{rng.randrange(60)}", rng.lognormvariate(3.5, 0.7)
        request_id = f"{rng.getrandbits(64):016x}"

        def http(code: int, **more: Any) -> dict[str, Any]:
            return {"http.request.method": method, "http.response.status_code": code} | more

        root, call, serve = next(ids), next(ids), next(ids)
        bad = "error" if status >= 500 else "ok"
        shared = {"url.path": f"/api/v1{path}", "http.request.header.x-request-id": request_id, "client.key": "web"}
        spans = [
            Span(trace, root, None, "gateway", "2.4.1", f"{method} /api/v1{route}", "server", at, ms, bad,
                 http(status, **{"http.route": f"/api/v1{route}", "enduser.id": customer}, **shared)),
            Span(trace, call, root, "gateway", "2.4.1", f"{method} {route}", "client", at + 0.001, ms - 2, bad,
                 http(status, **{"url.template": route, "peer.service": "orders", "server.port": 21001,
                                 "url.full": f"http://127.0.0.1:21001{path}"})),
            Span(trace, serve, call, "orders", "2.4.1", f"{method} {route}", "server", at + 0.002, ms - 4, bad,
                 http(status, **{"http.route": route, "url.path": path})),
        ]  # fmt: skip
        for place in range(4):
            text = rng.choice(SQL)
            spans.append(
                Span(trace, next(ids), serve, "orders", "2.4.1", f"{text.split()[0]} orders", "client",
                     at + 0.003 + place / 1000, rng.lognormvariate(0, 0.6), "unset",
                     {"db.system.name": "sqlite", "db.query.text": text, "peer.service": "database"})
            )  # fmt: skip
        logs = []

        def log(service: str, severity: str, event: str, message: str, after: float, **attributes: Any) -> None:
            named = {name.replace("__", "."): value for name, value in attributes.items()}
            logs.append(Log(0, at + after, service, "2.4.1", severity, event, message, trace, serve, named))

        if checkout:
            refused = 429 if status == 503 else 201
            spans.append(
                Span(trace, next(ids), serve, "orders", "2.4.1", "POST /v1/charges", "client", at + 0.01, ms / 2,
                     "error" if refused == 429 else "ok",
                     {"http.request.method": "POST", "url.template": "/v1/charges", "peer.service": "partner",
                      "http.response.status_code": refused, "http.response.header.retry-after": "1"})
            )  # fmt: skip
            order = {
                "order__id": f"o-{number}",
                "order__total_cents": rng.randrange(500, 9000),
                "customer__id": customer,
            }
            order["order__placed_at"] = at
            log("orders", "INFO", "order.placed", f"Order o-{number} placed", 0.005, **order)
            if status == 503:
                log(
                    "orders",
                    "WARN",
                    "payment.refused",
                    "Payment refused by partner: too many requests",
                    0.01,
                    peer__service="partner",
                    http__response__status_code=429,
                    retry_after_s=1,
                    attempt=rng.randrange(3),
                )
                log("orders", "ERROR", "order.payment_failed", f"Order o-{number} payment failed", 0.012, **order)
            else:
                log("orders", "INFO", "order.paid", f"Order o-{number} paid", ms / 1000, paid_after_ms=ms, **order)
        if rng.random() < 0.01:
            log(
                "orders",
                "WARN",
                "db.slow_query",
                "Slow query",
                0.02,
                db__query__text=SQL[1],
                duration_ms=ms * 9,
                rows_examined=rng.randrange(100_000),
                plan="SCAN products",
            )
        for service, prefix in (("orders", ""), ("gateway", "/api/v1")):
            log(service, "ERROR" if status >= 500 else "INFO", "request",
                f"{method} {prefix}{path} {status} in {ms:.0f} ms", ms / 1000, http__request__method=method,
                http__route=prefix + route, url__path=prefix + path, http__response__status_code=status,
                duration_ms=round(ms, 3), enduser__id=customer, client__key="web")  # fmt: skip
        return spans, logs


def fill(store: Store, shop: Shop, start: float, logs: int, spans: int) -> tuple[float, int]:
    """Take in that many logs over an hour, and the newest so many spans; returns records per second and their sum."""
    taken_logs, taken_spans, began = 0, 0, time.perf_counter()
    made_s = 0.0
    while taken_logs < logs:
        made = time.perf_counter()
        batch_spans, batch_logs = [], []
        for _ in range(200):
            at = start + HOUR_S * min(1.0, (taken_logs + len(batch_logs)) / logs)
            new_spans, new_logs = shop.request(at)
            with_spans = taken_spans + len(batch_spans) < spans * (taken_logs + len(batch_logs)) / logs
            # An order's events go with its spans; other logs fill up to the number asked for.
            batch_logs += [log for log in new_logs if with_spans or not (log.event or "").startswith("order.")]
            if with_spans:
                batch_spans += new_spans
        made_s += time.perf_counter() - made
        while store.stats().queued > 4000:
            store.flush()
        store.add_spans(batch_spans)
        store.add_logs(batch_logs)
        taken_logs += len(batch_logs)
        taken_spans += len(batch_spans)
    store.flush(60)
    total = taken_logs + taken_spans
    return total / (time.perf_counter() - began - made_s), total


def queries(telemetry: Telemetry, whole: Window, rng: random.Random) -> dict[str, Callable[[], Any]]:
    """Everything a learner asks, over the whole hour, the most expensive window there is."""
    some = [one.attributes["order.id"] for one in telemetry.logs("event:order.placed", whole, limit=200)]
    traces = [one.trace_id for one in telemetry.traces("", whole, limit=200)]
    gateway, edge = Scope(service="gateway"), Scope(edge="gateway->orders")
    minute = Window(whole.end_s - rng.randrange(60, 3000), whole.end_s)
    searches = {
        "everything": "",
        "service and level": "service:orders level:error",
        "status comparison": "status:>=500 service:gateway",
        "event wildcard": "event:payment.*",
        "negation": "-event:request level:warn",
        "order id": f"order.id:{rng.choice(some)}",
        "pasted id": rng.choice(some),
        "customer": f"customer:c-{rng.randrange(60)}",
        "trace": f"trace:{rng.choice(traces)}",
        "word": rng.choice(["refused", "placed", "paid", "post"]),
        "frequent words": "service:gateway get",
        "phrase": '"payment refused"',
        "prefix": rng.choice(["refus*", "plac*", "o-1*"]),
        "slow requests": f"duration:>{rng.randrange(150, 400)}",
        "status and customer": f"status:503 customer:c-{rng.randrange(60)}",
        "path": f"path:/api/v1/products/p-{rng.randrange(400)}",
        "nothing": "gazelle",
    }
    calls: dict[str, Callable[[], Any]] = {}
    for name, text in searches.items():
        calls[f"logs: {name}"] = lambda text=text: telemetry.logs(text, whole)
        calls[f"count: {name}"] = lambda text=text: telemetry.log_count(text, whole)
        calls[f"histogram: {name}"] = lambda text=text: telemetry.log_histogram(text, whole, 60)
    for name, text in {
        "everything": "",
        "root and duration": f'root:"POST /api/v1/orders" duration:>{rng.randrange(60, 200)}',
        "status": "status:503",
        "peer": "peer:partner",
        "no partner": 'root:"POST /api/v1/orders" -peer:partner',
        "failed call": "peer:partner status:429 kind:client",
        "statement": "sql:update*",
        "customer": f"customer:c-{rng.randrange(60)}",
        "very slow": "duration:>900",
        "nothing": "status:418",
    }.items():
        calls[f"traces: {name}"] = lambda text=text: telemetry.traces(text, whole)
    trace = rng.choice(traces)
    calls["trace"] = lambda: telemetry.trace(trace)
    calls["trace by prefix"] = lambda: telemetry.trace(trace[:9])
    calls["red: service"] = lambda: telemetry.red(gateway, whole)
    calls["red: edge, part"] = lambda: telemetry.red(edge, minute)
    calls["red: route"] = lambda: telemetry.red(Scope(service="gateway", route="POST /api/v1/orders"), whole)
    calls["series: p95, 120 steps"] = lambda: telemetry.series(gateway, "p95", whole, HOUR_S / 120)
    calls["series: status 429"] = lambda: telemetry.series(Scope(edge="orders->partner"), "status:429", whole, 30)
    calls["slow sql"] = lambda: telemetry.slow_sql(whole)
    calls["business"] = lambda: telemetry.business(whole)
    calls["paid"] = lambda: telemetry.paid(whole, 15)
    calls["verdict"] = lambda: verdict.red_verdict(telemetry.red(gateway, minute), telemetry.red(gateway, whole))
    return calls


def p(values: list[float], percent: float) -> float:
    """Nearest rank, in ms."""
    return round(1000 * nearest_rank(sorted(values), percent), 1)


def resident_mb() -> float:
    """Memory this process holds now."""
    with open("/proc/self/statm") as text:
        return round(int(text.read().split()[1]) * resource.getpagesize() / 1e6, 1)


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Fill, then ask while records keep arriving."""
    before = resident_mb()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "t.db", clock=SystemClock(), limits=Limits(logs=2_000_000, spans=2_000_000))
        shop, end = Shop(1), time.time()
        rate, total = fill(store, shop, end - HOUR_S, arguments.logs, arguments.spans)
        after_fill, stop = resident_mb(), threading.Event()

        def arrive() -> None:
            while not stop.wait(0.2):
                spans, logs = [], []
                while len(logs) < arguments.live * 0.2:
                    more_spans, more_logs = shop.request(time.time())
                    spans += more_spans
                    logs += more_logs
                store.add_spans(spans)
                store.add_logs(logs)

        live = threading.Thread(target=arrive)
        if arguments.live:
            live.start()
        telemetry, rng = Telemetry(store), random.Random(7)
        took: dict[str, list[float]] = {}
        worked: dict[str, list[float]] = {}  # processor time: what a machine with nothing else to do would take
        for _ in range(arguments.rounds):
            asked = list(queries(telemetry, Window(end - HOUR_S, time.time()), rng).items())
            rng.shuffle(asked)
            for name, ask in asked:
                began, began_cpu = time.perf_counter(), time.thread_time()
                ask()
                took.setdefault(name, []).append(time.perf_counter() - began)
                worked.setdefault(name, []).append(time.thread_time() - began_cpu)
        stop.set()
        if arguments.live:
            live.join()
        stats = store.stats()
        every = [value for values in took.values() for value in values]
        every_cpu = [value for values in worked.values() for value in values]
        began = time.perf_counter()
        store.close()
        Store(Path(folder) / "t.db", clock=SystemClock(), limits=store.limits).close()
        return {
            "logs": stats.logs,
            "spans": stats.spans,
            "shed": stats.logs_shed + stats.spans_shed,
            "ingest_records_per_s": round(rate),
            "ingested": total,
            "file_mb": round(stats.disk_bytes / 1e6),
            "reopen_s": round(time.perf_counter() - began, 2),
            "rss_mb": {"imported": before, "filled": after_fill, "after_queries": resident_mb()},
            "all_queries_ms": {"p50": p(every, 50), "p95": p(every, 95), "max": p(every, 100)},
            "all_queries_cpu_ms": {"p50": p(every_cpu, 50), "p95": p(every_cpu, 95), "max": p(every_cpu, 100)},
            "queries_ms": {
                name: {"p50": p(values, 50), "p95": p(values, 95), "cpu_p95": p(worked[name], 95)}
                for name, values in sorted(took.items(), key=lambda item: -p(worked[item[0]], 95))
            },
        }


def hour() -> None:
    """Keep an hour of 500 spans/s (and 300 logs/s) and say what it costs."""
    imported = resident_mb()
    with tempfile.TemporaryDirectory() as folder:
        clock = ManualClock(1_700_000_000.0)
        store = Store(Path(folder) / "t.db", clock=clock)
        shop, spans_in, logs_in, peak = Shop(2), 0, 0, 0.0
        for second in range(3600):
            spans: list[Span] = []
            logs: list[Log] = []
            while len(spans) < 500:
                more_spans, more_logs = shop.request(clock.now() + len(spans) / 500)
                spans += more_spans
                logs += more_logs
            store.add_spans(spans)
            store.add_logs(logs)
            spans_in, logs_in = spans_in + len(spans), logs_in + len(logs)
            clock.advance(1)
            store.flush()  # as it would be by the clock on the wall
            peak = max(peak, resident_mb() if second % 10 == 0 else 0)
        red = Telemetry(store).red(Scope(service="gateway"), Window(1_700_000_000.0, clock.now()))
        stats = store.stats()
        result = {
            "spans_in": spans_in,
            "logs_in": logs_in,
            "spans_kept": stats.spans,
            "logs_kept": stats.logs,
            "requests_counted": red.requests,
            "file_mb": round(stats.disk_bytes / 1e6),
            "rss_mb": {"imported": imported, "peak": peak, "end": resident_mb()},
        }
        store.close()
    print(json.dumps(result))


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--logs", type=int, default=1_000_000)
    parser.add_argument("--spans", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--live", type=int, default=300)
    parser.add_argument("--hour", type=int, default=1)
    parser.add_argument("--only-hour", action="store_true")
    arguments = parser.parse_args()
    if arguments.only_hour:
        hour()
        return
    result = measure(arguments)
    if arguments.hour:
        done = subprocess.run([sys.executable, __file__, "--only-hour"], capture_output=True, text=True, check=True)
        result["an_hour_of_500_spans_per_s"] = json.loads(done.stdout)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
