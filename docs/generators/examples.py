"""An example of each kind: its own, or one from here. None comes from a scenario: those give answers away."""

from typing import Any

import yaml

from lab.changes import changes
from lab.core.registry import Kind, Registry
from lab.probes import probes
from lab.questions import questions
from lab.rules import EdgeRule

# Read by the registry, so that an example cannot be wrong. A kind without one has none in the reference.
WRITTEN: dict[Registry[Any], str] = {
    changes: """
- edge: {edge: "gateway->orders", rule: {latency: {median: 200ms, p99: 2s}, match: {method: GET, share: 50%}}}
- index: {table: payments, columns: [created_at], feed_says: Payments are indexed by their date}
- release: {service: gateway, version: 2.4.1, settings: {timeout_ms: 800}, notes: Give up on slow answers sooner}
- setting: {service: gateway, name: cache_ttl_s, value: 5, feed_says: Catalogue answers are kept for five seconds}
- traffic: {multiply: 2, because: A newspaper wrote about us}
""",
    probes: """
- customers_affected: {above: 10}
- error_rate: {service: gateway, route: GET /api/v1/products, above: 5%}
- gauge: {service: orders, name: db_pool_waiting, of: max, above: 5}
- latency: {edge: gateway->orders, percentile: 99, below: 800ms}
- log_count: {where: "service:gateway event:upstream.timeout", above: 20}
- orders_lost: {above: 10}
- paid: {share: 99%, within: 30s}
- paid_after: {percentile: 95, below: 20s}
- pending_age: {below: 30s}
- rate: {edge: orders->partner, above: 10/s}
- retries: {edge: gateway->orders, above: 5/s}
- revenue: {below: 1000}
- rows_examined: {above: 100000}
- status_rate: {service: gateway, status: 404, above: 2/s}
""",
    questions: """
- choice:
  - {answer: The search index, right: true, because: its queries scan a million rows}
  - {answer: The network, because_not: the calls of all other routes are as fast as before}
- choices:
  - {answer: Customers who search, right: true}
  - {answer: Customers who only browse, because_not: the rate and the times of GET /products did not change}
- evidence:
    accept:
    - {log: "service:orders event:db.slow_query"}
    near:
    - {log: "service:gateway event:upstream.timeout", because_not: it shows who waited and not for what}
- mitigation: {attempt_cost: 30%}
- number: {probe: {latency: {service: gateway, percentile: 95}}, window: load, tolerance: {share: 20%}}
- observed: {of: {send: GET /api/v1/products, status: 429}, header: Retry-After, unit: s}
- order:
    steps: [Stop the new calls, Let the queue drain, 'Let calls in again, a few at a time']
    because: a full queue feeds on new calls
- requests:
    steps:
    - id: list
      do: List the products.
      send: GET /api/v1/products
      keep: {etag: header.ETag}
    - id: unchanged
      do: Ask for the list again, but only if it has changed since.
      send: GET /api/v1/products
      example: {headers: {If-None-Match: "{{etag}}"}}
      wanted: {status: 304, headers: {If-None-Match: {taken_from: list, answer: ETag}}}
      notice: 304 has no body. Nothing travelled that you have already.
- status_update: {trend: {error_rate: {service: gateway}}, allowed: [search index]}
- trend: {probe: {rate: {service: gateway}}, guard: 20%}
""",
}


def of(kind: type[Kind]) -> str:
    """The example as YAML; empty when there is none."""
    if issubclass(kind, EdgeRule):
        return _yaml({kind.kind(): kind.example})
    for registry, text in WRITTEN.items():
        for written in yaml.safe_load(text):
            if type(registry.read(written)) is kind:
                return _yaml(written)
    return ""


def _yaml(written: dict[str, Any]) -> str:
    return yaml.safe_dump(written, default_flow_style=None, sort_keys=False, width=110, allow_unicode=True)
