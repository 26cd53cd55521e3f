"""What pages draw: the map, the waterfall, readings, plans; and the searches that clicking builds."""

from typing import Any

import pytest

from lab.console import searches
from lab.console.gauges import readings
from lab.console.operations import read
from lab.console.plans import explained
from lab.console.topology import TALL, WIDE, Shape, draw
from lab.console.waterfall import WIDTH, waterfall
from lab.telemetry.language import parse


def red(rate: float = 10.0) -> dict[str, Any]:
    return {"rate_rps": rate, "error_share": 0.5, "p95_ms": 12.0}


def overview(*edges: str, services: tuple[str, ...] = ("gateway", "orders")) -> dict[str, Any]:
    known = {"red": red(), "health": "failing", "verdict": "errors 50 %"}
    return {
        "services": [{"service": name, **known} for name in services],
        "edges": [{"edge": edge, **known} for edge in edges],
    }


@pytest.mark.parametrize("shape", [WIDE, TALL], ids=["wide", "tall"])
def test_no_two_boxes_of_the_map_touch(shape: Shape) -> None:
    drawn = draw(overview("gateway->orders", "orders->partner", "orders->database", "orders->mail"), shape)
    for first in drawn.nodes:
        for second in drawn.nodes:
            apart = first.x + first.width <= second.x or second.x + second.width <= first.x
            apart = apart or first.y + first.height <= second.y or second.y + second.height <= first.y
            assert apart or first is second
    assert {node.name for node in drawn.nodes} == {"customers", "gateway", "orders", "partner", "database", "mail"}


def test_callers_stand_before_those_they_call_even_in_a_circle() -> None:
    drawn = draw(overview("gateway->orders", "orders->stock", "stock->orders"), WIDE)
    places = {node.name: node.x for node in drawn.nodes}
    assert places["customers"] < places["gateway"] < places["orders"]


@pytest.mark.parametrize("shape", [WIDE, TALL], ids=["wide", "tall"])
@pytest.mark.parametrize("edges", [("stock->stock",), ("a->b", "b->a"), ("a->b", "b->a", "b->c", "c->c")])
def test_who_is_called_only_by_itself_or_in_a_circle_has_a_place(edges: tuple[str, ...], shape: Shape) -> None:
    drawn = draw(overview("gateway->orders", *edges, services=("gateway", "orders", "stock", "a")), shape)
    assert {name for edge in edges for name in edge.split("->")} <= {node.name for node in drawn.nodes}
    assert len({(node.x, node.y) for node in drawn.nodes}) == len(drawn.nodes)


def test_customers_call_whoever_nobody_else_calls() -> None:
    drawn = draw(overview("gateway->orders"), WIDE)
    assert ("customers", "gateway") in {(edge.caller, edge.callee) for edge in drawn.edges}


def span(offset: float, took: float, **more: Any) -> dict[str, Any]:
    known = {"span_id": "s", "depth": 0, "service": "orders", "kind": "client", "name": "POST", "self_ms": 1.0}
    known |= {"critical": True, "critical_ms": took, "status": "ok", "attributes": {}}
    return {**known, "offset_ms": offset, "duration_ms": took, **more}


def test_bars_stay_inside_the_drawing_however_odd_the_clock() -> None:
    spans = [span(0, 100), span(-5, 3), span(99.99, 50), span(100, 0)]
    for bar in waterfall({"duration_ms": 100, "spans": spans}):
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert bar.width > 0


def test_a_call_says_who_calls_whom_and_what_came_back() -> None:
    attributes = {"peer.service": "partner", "http.response.status_code": 429, "http.request.resend_count": 1}
    (bar,) = waterfall({"duration_ms": 1, "spans": [span(0, 1, attributes=attributes)]})
    assert (bar.who, bar.answer) == ("orders → partner", "429, try 2")


def test_connections_in_use_are_told_with_how_many_there_are() -> None:
    found = readings(
        {"db_pool_in_use": 9, "db_pool_size": 10, 'gateway_breaker_open{peer_service="orders"}': 1, "odd": 3}
    )
    said = {one.title: one.text for one in found}
    assert said == {"Database connections": "9 of 10 in use", "Circuit breaker to orders": "open", "odd": "3"}
    assert found[0].full == 0.9


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("SCAN orders", "reads every row of orders"),
        ("SEARCH orders USING INDEX orders_date (placed_at>?)", "finds its rows by an index"),
        ("SCAN orders USING COVERING INDEX orders_date", "reads a whole index"),
        ("USE TEMP B-TREE FOR ORDER BY", "sorts what it found"),
        ("  ->  Seq Scan on orders  (cost=0.00..1834.00 rows=100000 width=97)", "reads every row of orders"),
        ("  ->  Index Scan using orders_pkey on orders", "finds its rows by an index"),
        ("Sort  (cost=1.0..2.0 rows=9)", "sorts what it found"),
        ("CO-ROUTINE x", ""),
    ],
)
def test_a_plan_of_either_database_is_told_in_words(text: str, means: str) -> None:
    assert explained([text])[0].means == means


@pytest.mark.parametrize("value", ["plain", "two words", 'a "quote"', "-minus", ":colon", "back\\slash", 503, True, ""])
def test_a_clicked_value_is_a_search_that_parses(value: Any) -> None:
    if value == "":
        return
    for negated in (False, True):
        parse(searches.term("field", value, negated=negated))


def test_terms_are_added_once_and_replaced_by_field() -> None:
    query = searches.added('level:warn "out of stock"', "service:orders")
    assert query == 'level:warn "out of stock" service:orders'
    assert searches.added(query, "service:orders") == query
    assert searches.replaced(query, "level", "level:error") == '"out of stock" service:orders level:error'
    assert searches.replaced(query, "level", None) == '"out of stock" service:orders'


def test_operations_come_from_the_document_with_their_examples() -> None:
    document = {
        "paths": {
            "/api/v1/orders/{order_id}": {
                "post": {
                    "summary": "Change it",
                    "tags": ["Orders"],
                    "parameters": [
                        {"name": "order_id", "in": "path", "required": True, "schema": {"examples": [7]}},
                    ],
                    "requestBody": {"content": {"application/json": {"examples": {"one": {"value": {"a": 1}}}}}},
                }
            }
        }
    }
    (found,) = read(document)
    assert (found.id, found.method, found.title, found.takes_body) == (
        "post-orders-order-id",
        "POST",
        "Change it",
        True,
    )
    assert found.parameters[0].example == "7"
    assert found.examples[0].body == '{\n  "a": 1\n}'
