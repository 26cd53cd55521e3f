"""What callers and callees see, byte by byte, while rules are in force."""

import contextlib
import random
import re
import threading
import time

import pytest

LINE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def shares(seed: int, edge: str, kind: str, count: int, share: float) -> list[bool]:
    """Which requests a rule with that seed applies to: what the documentation promises."""
    draw = random.Random(f"{seed}/{edge}/{kind}/share").random
    return [draw() < share for _ in range(count)]


def test_delays_add_up(edge):
    edge.put({"latency": {"delay": "30ms"}}, {"latency": {"delay": "40ms"}})
    start = time.perf_counter()
    edge.caller().get()
    assert time.perf_counter() - start >= 0.07


def test_a_held_answer_was_worked_for_at_once(make_edge):
    worked = threading.Event()

    def serve(peer):
        peer.message()
        worked.set()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    edge, _ = make_edge(serve)
    edge.put({"latency": {"delay": "1h", "when": "answer"}})
    caller = edge.caller()
    caller.send(LINE)
    assert worked.wait(10)
    assert edge.stats()["active"] == 1


def test_latency_grows_with_what_is_under_way(edge, eventually):
    edge.put({"hang": {}, "match": {"path": "/held"}}, {"latency": {"per_active": "50ms", "above": 1}})
    caller = edge.caller()

    def took_s():
        start = time.perf_counter()
        assert caller.get()[0] == 200
        return time.perf_counter() - start

    alone_s = min(took_s() for _ in range(10))
    for _ in range(4):
        edge.caller().send(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
    eventually(lambda: edge.stats()["active"] == 4)
    beside_four_s = took_s()
    assert beside_four_s >= 0.2
    assert beside_four_s > alone_s


def test_a_request_whose_caller_leaves_while_it_is_held_never_goes_on(make_edge, eventually):
    edge, callee = make_edge()
    edge.put({"latency": {"delay": "2s"}})
    caller = edge.caller()
    caller.send(LINE)
    eventually(lambda: edge.stats()["active"] == 1)
    caller.close()
    eventually(edge.idle)
    assert callee.connections == 0
    assert edge.rule("latency") == {"kind": "latency", "state": "active", "matched": 1, "applied": 1}
    assert edge.caller().get()[0] == 200  # held as long, and begun later: by now the first one's time is over
    assert callee.connections == 1


def test_an_abort_answers_without_the_callee(make_edge):
    edge, callee = make_edge()
    edge.put({"abort": {"status": 429, "headers": {"Retry-After": "3"}, "body": {"title": "Too many"}}})
    caller = edge.caller()
    for _ in range(3):
        caller.send(LINE)
        head, body = caller.message()
        assert head == (
            b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 3\r\n"
            b"Content-Length: 20\r\n\r\n"
        )
        assert body == b'{"title":"Too many"}'
    assert callee.connections == 0


def test_an_abort_with_text_says_its_own_type(edge):
    edge.put({"abort": {"status": 500, "body": "<h1>Oops</h1>", "content_type": "text/html"}})
    status, head, body = edge.caller().get()
    assert (status, body) == (500, b"<h1>Oops</h1>")
    assert b"\r\nContent-Type: text/html\r\n" in head


@pytest.mark.parametrize("status", [204, 304])
def test_an_abort_without_a_body_is_framed_as_such(edge, status):
    edge.put({"abort": {"status": status, "body": "ignored"}})
    caller = edge.caller()
    assert b"Content-Length" not in caller.get()[1]
    assert caller.get()[0] == status


def test_an_abort_of_head_keeps_the_connection_in_order(edge):
    edge.put({"abort": {"status": 503, "body": "text"}})
    caller = edge.caller()
    caller.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"Content-Length: 4" in caller.read_until(b"\r\n\r\n")
    assert caller.get()[2] == b"text"


def test_an_abort_takes_the_whole_request_first(edge):
    edge.put({"abort": {"status": 503}})
    caller = edge.caller()
    for _ in range(3):
        caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n")
        time.sleep(0.02)
        caller.send(b"body")
        assert caller.message()[0] == b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


def test_an_abort_answers_a_caller_that_waits_to_be_told_to_go_on(edge):
    edge.put({"abort": {"status": 503}})
    caller = edge.caller()
    caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
    assert caller.read_all().startswith(b"HTTP/1.1 503 ")


def test_an_abort_answers_before_the_end_of_a_long_request(edge):
    edge.put({"abort": {"status": 503}})
    caller = edge.caller()
    caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for _ in range(4):
            caller.send(b"x" * 50_000)
    assert b"\r\nConnection: close\r\n" in caller.message()[0]


def test_a_reset_is_a_real_reset(make_edge):
    edge, callee = make_edge()
    edge.put({"reset": {}})
    caller = edge.caller()
    caller.send(LINE)
    with pytest.raises(ConnectionResetError):
        caller.read()
    assert callee.connections == 0
    assert edge.idle()


def test_a_reset_instead_of_the_answer_comes_after_the_work(make_edge):
    seen = []

    def serve(peer):
        while True:
            seen.append(peer.message()[1])
            peer.send(b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\npaid")

    edge, _ = make_edge(serve)
    edge.put({"reset": {"when": "answer"}})
    caller = edge.caller()
    caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\npay")
    with pytest.raises(ConnectionResetError):
        caller.read()
    assert seen == [b"pay"]
    assert edge.rule("reset")["applied"] == 1


def test_the_first_rule_that_ends_an_exchange_is_the_last_to_see_it(edge):
    edge.put({"latency": {"delay": "60ms"}}, {"abort": {"status": 503}}, {"reset": {}}, {"latency": {"delay": "9s"}})
    start = time.perf_counter()
    assert edge.caller().get()[0] == 503
    assert time.perf_counter() - start >= 0.06
    counted = {id: (one["matched"], one["applied"]) for id, one in edge.stats()["rules"].items()}
    assert counted == {"latency": (1, 1), "abort": (1, 1), "reset": (1, 0), "latency-2": (1, 0)}


def test_the_share_follows_the_seed(edge):
    edge.put({"abort": {"status": 503}, "match": {"share": "30%"}, "seed": 7, "id": "some"})
    caller = edge.caller()
    got = [caller.get()[0] == 503 for _ in range(200)]
    assert got == shares(7, edge.name, "abort", 200, 0.3)
    assert edge.rule("some") == {"kind": "abort", "state": "active", "matched": 200, "applied": sum(got)}


def test_only_matching_requests_are_touched(edge):
    match = {"method": ["post", "PATCH"], "path": "/orders/{order_id}", "header": {"X-Shop": "eu-*"}}
    edge.put({"abort": {"status": 503}, "match": match, "id": "one"})
    caller = edge.caller()
    assert caller.post(b"", "/orders/7", "X-Shop: eu-1\r\n")[0] == 503
    assert caller.post(b"", "/orders/7?full=1", "x-shop: eu-\r\n")[0] == 503
    assert caller.post(b"", "/orders/7", "X-Shop: us-1\r\n")[0] == 200
    assert caller.post(b"", "/orders/7")[0] == 200
    assert caller.post(b"", "/orders/7/refund", "X-Shop: eu-1\r\n")[0] == 200
    assert caller.post(b"", "/orders", "X-Shop: eu-1\r\n")[0] == 200
    assert caller.get("/orders/7", "X-Shop: eu-1\r\n")[0] == 200
    assert edge.rule("one")["matched"] == 2


@pytest.mark.parametrize(
    "given", ["X-API-Key: k-1\r\n", "Authorization: Bearer k-1\r\n", "authorization: bearer  k-1\r\n"]
)
def test_a_rule_can_be_for_one_consumers_key(edge, given):
    edge.put({"abort": {"status": 503}, "match": {"key": "k-1"}})
    caller = edge.caller()
    assert caller.get(more=given)[0] == 503
    assert caller.get(more="X-API-Key: k-2\r\n")[0] == 200
    assert caller.get()[0] == 200


def test_a_rule_begins_by_itself(edge, eventually):
    edge.put({"abort": {"status": 502}, "start": "1h", "id": "later"}, {"abort": {"status": 503}, "start": "200ms"})
    caller = edge.caller()
    eventually(lambda: caller.get()[0] == 503)
    assert edge.rule("abort")["state"] == "active"
    assert edge.rule("later") == {"kind": "abort", "state": "waiting", "matched": 0, "applied": 0}


def test_a_rule_ends_by_itself(edge, eventually):
    edge.put({"abort": {"status": 503}, "end": "1h", "id": "blip"})
    caller = edge.caller()
    assert caller.get()[0] == 503
    assert edge.rule("blip")["state"] == "active"
    edge.put({"abort": {"status": 503}, "end": "200ms", "id": "blip"})
    eventually(lambda: caller.get()[0] == 200)
    assert edge.rule("blip")["state"] == "ended"
    assert edge.proxy.control("GET", f"/rules/{edge.path}") == []


def test_a_rule_that_has_ended_stays_so_when_another_is_added_beside_it(edge, eventually):
    blip = {"abort": {"status": 503}, "end": "50ms", "id": "blip"}
    edge.put(blip)
    eventually(lambda: edge.rule("blip")["state"] == "ended")
    edge.put(blip, {"latency": {"delay": "1ms"}, "id": "slow"})
    assert edge.caller().get()[0] == 200
    assert edge.rule("blip")["state"] == "ended"


def test_a_share_ramps_up(edge, eventually):
    edge.put({"abort": {"status": 503}, "ramp": "1h", "id": "more"})
    caller = edge.caller()
    early = [caller.get()[0] for _ in range(20)]
    assert early.count(503) < 10
    edge.put({"abort": {"status": 503}, "ramp": "200ms", "id": "more"})
    eventually(lambda: [caller.get()[0] for _ in range(10)].count(503) == 10)


def test_a_delay_ramps_up_by_its_length(edge):
    edge.put({"latency": {"delay": "1m"}, "ramp": "1h"})
    caller = edge.caller()  # which waits for ten seconds at most
    assert {caller.get()[0] for _ in range(20)} == {200}
    assert edge.rule("latency")["applied"] == 20


def test_nothing_on_the_wire_tells_of_the_proxy(make_edge):
    seen = []

    def serve(peer):
        seen.append(peer.message()[0])
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    edge, callee = make_edge(serve)
    edge.put({"latency": {"delay": "1ms"}})
    answers = [edge.caller().get()[1]]
    callee.close()
    edge.put({"abort": {"status": 503}})
    answers.append(edge.caller().get()[1])
    edge.put()
    answers.append(edge.caller().get()[1])
    caller = edge.caller()
    caller.send(b"nonsense\r\n\r\n")
    answers.append(caller.read_all())
    for wire in (*seen, *answers):
        words = set(re.findall(rb"[a-z]+", wire.lower()))
        assert not words & {b"lab", b"proxy", b"fault", b"rule", b"via", b"forwarded", b"python", b"edge", b"uvloop"}
