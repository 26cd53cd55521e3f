"""What the fake console answers: one incident, frozen at one moment, in the shapes of the real one."""

from typing import Any

NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
KEY = "bean_1f2e3d4c5b6a7988"


def red(
    requests: int, rate: float, errors: float, p50: float, p95: float, p99: float, **statuses: int
) -> dict[str, Any]:
    """RED figures as the console writes them; statuses as s200=12."""
    return {
        "requests": requests,
        "rate_rps": rate,
        "errors": round(requests * errors),
        "error_share": errors,
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "mean_ms": p50 * 1.2,
        "statuses": {name[1:]: count for name, count in statuses.items()},
    }


GATEWAY = red(1412, 47.1, 0.18734, 12.4, 61.9, 118.0, s200=912, s201=235, s503=265)
GATEWAY_BEFORE = red(361, 12.0, 0.0, 11.0, 48.2, 61.0, s200=240, s201=121)
ORDERS = red(1410, 47.0, 0.18762, 8.1, 52.0, 104.4, s200=911, s201=235, s503=264)
EDGE = red(500, 16.7, 0.528, 24.6, 41.0, 1204.0, s201=236, s429=264)

OVERVIEW: dict[str, Any] = {
    "window": [NOW - 30, NOW],
    "baseline_window": [NOW - 70, NOW - 50],
    "services": [
        {
            "service": "gateway",
            "red": GATEWAY,
            "baseline": GATEWAY_BEFORE,
            "verdict": "errors 19 %, none in the baseline, getting worse",
            "saturation": {"http_server_active_requests": 3.0, "gateway_breaker_open{peer_service=orders}": 0.0},
        },
        {
            "service": "orders",
            "red": ORDERS,
            "baseline": None,
            "verdict": "errors 19 %, none in the baseline, steady",
            "saturation": {"db_pool_in_use": 2.0, "db_pool_size": 10.0},
        },
    ],
    "edges": [
        {
            "edge": "gateway->orders",
            "red": ORDERS,
            "baseline": None,
            "verdict": "errors 19 %, none in the baseline, steady",
            "retries_per_s": 0.0,
            "status_429_per_s": 0.0,
        },
        {
            "edge": "orders->partner",
            "red": EDGE,
            "baseline": None,
            "verdict": "errors 53 %, none in the baseline, steady",
            "retries_per_s": 0.0,
            "status_429_per_s": 8.8,
        },
    ],
    "business": {
        "attempts": 500,
        "placed": 236,
        "paid": 236,
        "failed": 0,
        "lost": 264,
        "revenue_cents": 712_340,
        "revenue_per_min": 1_424.68,
        "customers_affected": 41,
        "pending": 3,
        "oldest_pending_s": 4.2,
    },
    "baseline_business": {
        "attempts": 121,
        "placed": 121,
        "paid": 121,
        "failed": 0,
        "lost": 0,
        "revenue_cents": 365_000,
        "revenue_per_min": 1_095.0,
        "customers_affected": 0,
        "pending": 0,
        "oldest_pending_s": 0.0,
    },
    "verdict": "264 of 500 orders lost (53 %), 41 customers affected",
}


def _series(*values: float | None) -> list[list[float | None]]:
    return [[NOW - 30 + 5 * at, value] for at, value in enumerate(values)]


METRICS: dict[str, Any] = {
    "window": [NOW - 30, NOW],
    "scope": {"service": "gateway", "edge": None, "route": None},
    "routes": ["GET /api/v1/products", "POST /api/v1/orders"],
    "red": GATEWAY,
    "baseline": GATEWAY_BEFORE,
    "verdict": "errors 19 %, none in the baseline, getting worse",
    "step_s": 5.0,
    "series": {
        "rate": _series(12.0, 31.2, 47.0, 48.1, 47.4, 47.1),
        "error_share": _series(0.0, 0.08, 0.17, 0.19, 0.2, 0.19),
        "p50": _series(11.0, 11.9, 12.4, 12.4, 12.6, 12.4),
        "p95": _series(48.2, 51.0, 61.9, 63.1, None, 61.9),
        "p99": _series(61.0, 88.0, 118.0, 121.0, None, 118.0),
        "status:429": _series(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    },
}

HEATMAP: dict[str, Any] = {
    "window": [NOW - 30, NOW],
    "scope": {"service": "gateway", "edge": None, "route": None},
    "step_s": 5.0,
    "bounds_ms": [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
    "times_s": [NOW - 30 + 5 * step for step in range(6)],
    "counts": [[0, 0, 3, 20, 14, 6, 1, 0, 0, 0, 0, 0, 0]] * 3 + [[0, 2, 9, 71, 60, 30, 12, 2, 0, 0, 0, 0, 0]] * 3,
}
ORDERS_OVER_TIME: dict[str, Any] = {
    "window": [NOW - 20, NOW],
    "step_s": 10.0,
    "steps": [
        {"time_s": NOW - 20, "attempts": 160, "paid": 79, "lost": 81},
        {"time_s": NOW - 10, "attempts": 171, "paid": 80, "lost": 91},
    ],
    "marks": [],
}
IMPACT: dict[str, Any] = {
    "now": {**OVERVIEW["business"], "window": [NOW - 30, NOW], "lost_share": 0.528},
    "baseline": {**OVERVIEW["baseline_business"], "window": [NOW - 70, NOW - 50], "lost_share": 0.0},
    "so_far": {**OVERVIEW["business"], "window": [NOW - 45, NOW], "lost": 312, "lost_share": 0.53},
    "so_far_is_over": False,
    "verdict": OVERVIEW["verdict"],
}

OPERATIONS: list[dict[str, Any]] = [
    {"id": "get-products", "method": "GET", "path": "/api/v1/products", "title": "List products", "examples": []},
    {
        "id": "post-orders",
        "method": "POST",
        "path": "/api/v1/orders",
        "title": "Check out",
        "examples": [{"name": "Two bags", "body": '{"items": [{"product_id": "guji", "quantity": 2}]}'}],
    },
]

LOGS: list[dict[str, Any]] = [
    {
        "ref": "log:1042",
        "id": 1042,
        "time_s": NOW - 1.2,
        "service": "gateway",
        "version": "2.4.0",
        "severity": "ERROR",
        "event": "request",
        "message": "POST /api/v1/orders 503 in 31 ms",
        "trace_id": TRACE,
        "span_id": "00f067aa0ba902b7",
        "attributes": {"http.response.status_code": 503, "http.route": "/api/v1/orders", "duration_ms": 31.0},
    },
    {
        "ref": "log:1041",
        "id": 1041,
        "time_s": NOW - 1.25,
        "service": "orders",
        "version": "2.4.1",
        "severity": "WARN",
        "event": "payment.refused",
        "message": "The partner refused a payment: 429, try again in 1 s (attempt 1)",
        "trace_id": TRACE,
        "span_id": "00f067aa0ba902b8",
        "attributes": {"http.response.status_code": 429, "retry_after_s": 1, "peer.service": "partner"},
    },
    {
        "ref": "log:1040",
        "id": 1040,
        "time_s": NOW - 2.0,
        "service": "orders",
        "version": "2.4.1",
        "severity": "INFO",
        "event": "order.paid",
        "message": "An order came in \x1b[31mred\x1b[0m and was paid",
        "trace_id": None,
        "span_id": None,
        "attributes": {"order.id": "o-1"},
    },
]

TRACES: list[dict[str, Any]] = [
    {
        "ref": f"trace:{TRACE[:12]}",
        "trace_id": TRACE,
        "root": "POST /api/v1/orders",
        "service": "gateway",
        "start_s": NOW - 1.3,
        "duration_ms": 1231.4,
        "spans": 5,
        "errors": 3,
        "status": "503",
    },
    {
        "ref": "trace:aaaa2f3577b3",
        "trace_id": "aaaa2f3577b34da6a3ce929d0e0e4736",
        "root": "GET /api/v1/products",
        "service": "gateway",
        "start_s": NOW - 0.9,
        "duration_ms": 11.2,
        "spans": 3,
        "errors": 0,
        "status": "200",
    },
]


def _span(depth: int, service: str, kind: str, name: str, offset: float, took: float, **more: Any) -> dict[str, Any]:
    return {
        "trace_id": TRACE,
        "span_id": f"{depth}{name[:4]}",
        "parent_id": None,
        "service": service,
        "version": "2.4.1",
        "name": name,
        "kind": kind,
        "start_s": NOW - 1.3 + offset / 1000,
        "duration_ms": took,
        "status": more.get("status", "unset"),
        "attributes": more.get("attributes", {}),
        "depth": depth,
        "offset_ms": offset,
        "self_ms": 1.0,
        "critical": more.get("critical", True),
        "critical_ms": 1.0,
    }


ONE_TRACE: dict[str, Any] = {
    "ref": f"trace:{TRACE}",
    "trace_id": TRACE,
    "start_s": NOW - 1.3,
    "duration_ms": 1231.4,
    "critical_path": [],
    "missing": 0,
    "spans": [
        _span(
            0,
            "gateway",
            "server",
            "POST /api/v1/orders",
            0,
            1231.4,
            status="error",
            attributes={"http.response.status_code": 503},
        ),
        _span(
            1,
            "gateway",
            "client",
            "POST /orders",
            1.2,
            1229.0,
            status="error",
            attributes={"peer.service": "orders", "http.response.status_code": 503},
        ),
        _span(
            2,
            "orders",
            "server",
            "POST /orders",
            1.9,
            1227.3,
            status="error",
            attributes={"http.response.status_code": 503},
        ),
        _span(
            3, "orders", "client", "SELECT products", 2.5, 1.1, critical=False, attributes={"peer.service": "database"}
        ),
        _span(
            3,
            "orders",
            "client",
            "POST /v1/charges",
            4.0,
            1210.0,
            status="error",
            attributes={"peer.service": "partner", "http.response.status_code": 429, "http.request.resend_count": 1},
        ),
    ],
}

SCORE: dict[str, Any] = {
    "points": 14.0,
    "of": 40,
    "share": 0.35,
    "answered": 1,
    "questions": 4,
    "pass_mark": 0.7,
    "passed": False,
}

SESSION: dict[str, Any] = {
    "id": "0a1b2c3d",
    "state": "open",
    "scenario": "rate-limit",
    "title": "The campaign that broke checkout",
    "level": "beginner",
    "minutes": 25,
    "seed": 7,
    "runtime": "embedded",
    "started_at": NOW - 75,
    "now": NOW,
    "steps": [
        {"name": "database", "text": "Preparing the shop's database", "state": "done", "seconds": 0.21},
        {"name": "gateway", "text": "Starting gateway", "state": "done", "seconds": 0.62},
        {"name": "traffic", "text": "Opening the doors to customers", "state": "done", "seconds": 0.4},
        {"name": "baseline", "text": "Recording a healthy baseline", "state": "done", "seconds": 20.0},
        {"name": "incident", "text": "Waiting for something to happen", "state": "done", "seconds": 9.5},
    ],
    "pager": "22:12 Support to #checkout: customers write that they **cannot order**. Not all of them.",
    "pager_at": NOW - 40,
    "addresses": {"console": "http://127.0.0.1:7700", "gateway": "http://127.0.0.1:8000"},
    "key": KEY,
    "windows": {"baseline": [NOW - 70, NOW - 50], "incident": [NOW - 48, None], "load": None},
    "score": SCORE,
    "mitigation": None,
    "load": None,
    "error": None,
    "next": [
        {"command": "lab metrics", "why": "how big is it? compare with the baseline"},
        {"command": "lab logs level:warn", "why": "what do the services complain about?"},
        {"command": "lab diagnose size", "why": "the next question"},
    ],
    "resumed": False,
}

BRIEF: dict[str, Any] = {
    "brief": (
        "# Monday, 22:12\n\nYou are the product manager for checkout at **Beanline**, an online coffee-bean shop.\n\n"
        "- the **gateway**: the front door\n- **orders**: keeps products and orders in a database\n\n"
        "`customers → gateway → orders → Paylane`\n\nThe shop is healthy right now. Look at what *healthy* looks like."
    ),
    "pager": None,
    "first_steps": [
        {"command": "lab metrics", "why": "see what healthy looks like, while it is"},
        {"command": "lab traces", "why": "follow one customer's request through the shop"},
        {"command": "lab explain p95", "why": "look up any word you do not know"},
    ],
}

QUESTIONS: list[dict[str, Any]] = [
    {
        "id": "size",
        "step": "detect",
        "kind": "number",
        "ask": "What share of checkouts fails?",
        "options": None,
        "unit": "%",
        "points": 10,
        "help": "Answer with a number, for example: 12 %.",
        "state": "right",
        "earned": 10.0,
        "tries": 1,
        "answer": "19%",
        "feedback": "Yes.",
        "checklist": None,
        "truth": "19 % over the last minute.",
    },
    {
        "id": "whose",
        "step": "explain",
        "kind": "choice",
        "ask": "Which explanation fits what you see?",
        "options": [
            {"key": "a", "text": "Our gateway refuses calls of a storefront whose API key has used up its allowance"},
            {"key": "b", "text": "Paylane refuses what exceeds our contract"},
        ],
        "unit": None,
        "points": 10,
        "help": "Answer with the letter of one option, for example: b.",
        "state": "open",
        "earned": 0.0,
        "tries": 0,
        "answer": None,
        "feedback": "",
        "checklist": None,
        "truth": None,
    },
    {
        "id": "proof",
        "step": "explain",
        "kind": "evidence",
        "ask": "Cite one record that shows who refuses.",
        "options": None,
        "unit": None,
        "points": 10,
        "help": "Cite one to 3 records with `lab cite`, then answer: E1.",
        "state": "open",
        "earned": 0.0,
        "tries": 0,
        "answer": None,
        "feedback": "",
        "checklist": None,
        "truth": None,
    },
    {
        "id": "update",
        "step": "communicate",
        "kind": "status_update",
        "ask": "Write the update for sales and support.",
        "options": None,
        "unit": None,
        "points": 10,
        "help": "Three to six sentences.",
        "state": "partly",
        "earned": 4.0,
        "tries": 1,
        "answer": "It is broken.",
        "feedback": "",
        "checklist": ["Who is affected", "What happens next"],
        "truth": None,
    },
]

MITIGATIONS: list[dict[str, Any]] = [
    {
        "id": "retry",
        "text": "Try a refused charge again, up to three times",
        "detail": "Orders repeats a charge that Paylane did not accept, with a short pause in between.",
        "applied": False,
        "tried": 1,
    },
    {
        "id": "queue-payments",
        "text": "Take orders at once and charge the cards in the background",
        "detail": "The customer sees 'order received'. If more comes in than can be charged, a queue grows.",
        "applied": True,
        "tried": 1,
    },
]

LOAD: dict[str, Any] = {
    "number": 1,
    "state": "done",
    "fix": "queue-payments",
    "seconds": 30.0,
    "elapsed_s": 30.0,
    "progress": 1.0,
    "live": {},
    "verdict": "failed",
    "slos": [
        {
            "text": "p95 of gateway",
            "bound": "below 800 ms",
            "value": 53.1,
            "said": "53 ms",
            "ok": True,
            "query": "lab metrics --service gateway --since load",
        },
        {
            "text": "orders paid within 30 s",
            "bound": "at least 99 %",
            "value": 0.71,
            "said": "71 %",
            "ok": False,
            "query": "lab metrics --since load",
        },
    ],
    "before": {
        "requests": 1412,
        "rate": 47.1,
        "error_share": 0.187,
        "p50": 12.4,
        "p95": 61.9,
        "p99": 118.0,
        "attempts": 500,
        "paid": 236,
        "paid_per_min": 472.0,
        "lost": 264,
    },
    "after": {
        "requests": 1450,
        "rate": 48.0,
        "error_share": 0.0,
        "p50": 11.0,
        "p95": 53.1,
        "p99": 80.0,
        "attempts": 510,
        "paid": 362,
        "paid_per_min": 724.0,
        "lost": 0,
    },
    "window": [NOW - 30, NOW],
    "files": {"html": "/home/you/.local/state/faultlab/sessions/0a1b2c3d/load-1/report.html"},
    "why": "orders paid within 30 s was 71 %, and must be at least 99 %.",
}

HINTS: dict[str, Any] = {
    "hints": [
        {"n": 1, "price": 2, "text": "Begin at the front door: `lab metrics`.", "taken": True},
        {"n": 2, "price": 3, "text": None, "taken": False},
    ],
    "next_price": 3,
}

CITES: list[dict[str, Any]] = [
    {"id": "E1", "ref": "log:1041", "summary": "orders WARN: The partner refused a payment: 429", "note": "this one"},
    {"id": "E2", "ref": f"trace:{TRACE}", "summary": "gateway POST /api/v1/orders, 1231 ms, 5 spans", "note": ""},
    {
        "id": "E3",
        "ref": 'metric:{"probe":{"error_rate":{"service":"gateway"}},"window":[1,2]}',
        "summary": "errors of gateway: 19 % over 30 s",
        "note": "",
    },
]

REPORT: dict[str, Any] = {
    "markdown": (
        "# The campaign that broke checkout\n\nScenario `rate-limit`, seed 7. **14 of 40 points** (35 %).\n\n"
        "| step | question | result | points | tries |\n|---|---|---|---|---|\n"
        "| detect | What share of checkouts fails? | right | 10 of 10 | 1 |\n\n## Timeline\n\n- 22:12:40 Pager\n"
    ),
    "data": {"scenario": "rate-limit", "score": SCORE},
}

SCENARIOS: list[dict[str, Any]] = [
    {
        "id": "rate-limit",
        "title": "The campaign that broke checkout",
        "level": "beginner",
        "minutes": 25,
        "skills": ["rate-limit"],
        "summary": "Tell whose limit it is, choose a fix that gets orders paid, and say so.",
        "source": "shipped",
        "done": 0.85,
        "tries": 2,
        "error": None,
    },
    {
        "id": "slow-partner",
        "title": "Waiting for Paylane",
        "level": "beginner",
        "minutes": 30,
        "skills": ["timeouts"],
        "summary": "See how one slow call is felt all the way up.",
        "source": "shipped",
        "done": None,
        "tries": 0,
        "error": None,
    },
]

CHANGES: list[dict[str, Any]] = [
    {"time_s": NOW - 10_800, "service": "gateway", "what": "Limits per API key", "version": "2.4.0", "by": "deploy"},
    {"time_s": NOW - 93_600, "service": "orders", "what": "Show VAT for Austria", "version": None, "by": "ana"},
]

PARTNER: dict[str, Any] = {
    "page": "status",
    "url": "http://127.0.0.1:21003/status",
    "data": {"status": "operational"},
    "text": "# Paylane status\n\nAll systems **operational**. Last updated 40 minutes ago.",
}

RESPONSE: dict[str, Any] = {
    "status": 503,
    "headers": {"Content-Type": "application/problem+json", "Retry-After": "1", "Server": "x"},
    "body": '{"title": "Service Unavailable"}',
    "json": {"title": "Service Unavailable", "status": 503},
    "elapsed_ms": 31.2,
    "trace_id": TRACE,
    "url": "http://127.0.0.1:8000/api/v1/orders",
    "curl": "curl -X POST http://127.0.0.1:8000/api/v1/orders -H 'X-API-Key: bean_1f2e3d4c5b6a7988'",
}

ROWS: dict[str, Any] = {
    "columns": ["status", "count(*)"],
    "rows": [["paid", 99_412], ["failed", None]],
    "truncated": False,
    "elapsed_ms": 12.5,
    "plan": None,
}

TABLES: dict[str, Any] = {
    "tables": [
        {"name": "orders", "columns": [{"name": "id", "type": "VARCHAR"}, {"name": "status", "type": "VARCHAR"}]}
    ]
}

SLOW: dict[str, Any] = {
    "statements": [
        {
            "statement": "SELECT id, name FROM products WHERE id = ?",
            "service": "orders",
            "calls": 4120,
            "p95_ms": 1.2,
            "total_ms": 3012.0,
            "rows_examined": 12,
            "example_trace": TRACE,
        }
    ],
    "window": [NOW - 60, NOW],
}

RECEIVED: list[dict[str, Any]] = [
    {
        "to": "shop",
        "method": "GET",
        "route": "/api/v1/products",
        "path": "/api/v1/products",
        "target": "/api/v1/products?roast=light",
        "status": 200,
        "start_s": NOW - 20,
        "end_s": NOW - 19.99,
        "key": "you",
        "client": "Postman",
        "problem": "",
        "order": "",
        "trace_id": TRACE,
    },
    {
        "to": "shop",
        "method": "POST",
        "route": "/api/v1/orders",
        "path": "/api/v1/orders",
        "target": "/api/v1/orders",
        "status": 401,
        "start_s": NOW - 10,
        "end_s": NOW - 9.99,
        "key": "",
        "client": "",
        "problem": "unauthorized",
        "order": "",
        "trace_id": TRACE[::-1],
    },
]

STEPS: dict[str, Any] = {
    "questions": [
        {
            "question": "requests",
            "ask": "Send these requests.",
            "state": "open",
            "earned": 30.0,
            "points": 60,
            "done": 1,
            "of": 2,
            "steps": [
                {
                    "id": "search",
                    "do": "Ask only for coffees of one roast: put `?roast=light` behind the path.",
                    "send": "GET /api/v1/products",
                    "to": "shop",
                    "key": "you",
                    "done": True,
                    "hint": "",
                    "notice": "What stands behind the question mark narrows the answer down.",
                    "by": RECEIVED[0],
                    "command": "lab request GET '/api/v1/products?roast=light'",
                    "keeps": [],
                    "curl": "curl -i -H 'X-API-Key: bean_1' 'http://127.0.0.1:8000/api/v1/products?roast=light'",
                },
                {
                    "id": "order",
                    "do": "Order two bags: POST, with a body in JSON.",
                    "send": "POST /api/v1/orders",
                    "to": "shop",
                    "key": "you",
                    "done": False,
                    "hint": "POST /api/v1/orders arrived at 22:13:10 and was answered 401, but it came with no API "
                    "key: send your own key.",
                    "notice": "",
                    "by": None,
                    "command": "lab request POST /api/v1/orders --body '{\"items\": []}'",
                    "keeps": [],
                    "curl": "curl -i -X POST -H 'X-API-Key: bean_1' --data '{}' http://127.0.0.1:8000/api/v1/orders",
                },
            ],
        }
    ]
}

POSTMAN: dict[str, Any] = {
    "name": "rate-limit",
    "collection": {"info": {"name": "Beanline"}, "item": []},
    "environment": {
        "name": "Beanline",
        "values": [{"key": "apiKey", "value": KEY, "type": "secret", "enabled": True}],
    },
}

SANDBOX: dict[str, Any] = {
    "url": "http://127.0.0.1:8000",
    "key": "pk_test_1f2e3d4c",
    "inbox": "http://127.0.0.1:7700/inbox/x",
}

MESSAGES: dict[str, Any] = {
    "answer": 200,
    "items": [
        {
            "message": 1,
            "time_s": NOW - 5,
            "headers": {
                "content-type": "application/json",
                "webhook-id": "evt_000000000042",
                "webhook-timestamp": "1699999995",
                "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
            },
            "body": '{"type":"payment.captured","data":{"id":"pay_000000000017","status":"captured"}}',
            "answered": 200,
            "verdict": "valid",
        },
        {
            "message": 2,
            "time_s": NOW - 4,
            "headers": {"content-type": "text/plain"},
            "body": "hello",
            "answered": 200,
            "verdict": None,
        },
    ],
}

VERIFIED: dict[str, Any] = {
    "message": 1,
    "verdict": "invalid",
    "why": "The signature is another one: whoever sent it does not have the secret, or the body was changed.",
    "signed": 'evt_000000000042.1699999995.{"type":"payment.captured"}',
    "expected": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    "received": "v1,AAAAfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
}

REHEARSED: dict[str, Any] = {
    "state": "done",
    "at": NOW,
    "table": "orders",
    "column": "payment_state",
    "source": "status",
    "rows": 600_270,
    "transactions": 1,
    "took_s": 2.4,
    "blocked_s": 1.61,
}
