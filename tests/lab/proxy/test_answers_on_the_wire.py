"""What callers see of answers that rules hold back, cut, slow down or change."""

import json
import threading
import time

import pytest

LINE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
BODY = b"0123456789"
TEN = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + BODY
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n"


def answering(wire):
    """A callee that answers every request with these bytes."""

    def serve(peer):
        while True:
            peer.message()
            peer.send(wire)

    return serve


def applied(edge, id):
    return edge.rule(id)["applied"]


@pytest.mark.parametrize("when", ["request", "answer"])
def test_a_close_is_a_fin_and_nothing_else(make_edge, when):
    edge, callee = make_edge(answering(TEN))
    edge.put({"close": {"when": when}})
    caller = edge.caller()
    caller.send(LINE)
    assert caller.read_all() == b""
    assert callee.connections == (1 if when == "answer" else 0)
    assert applied(edge, "close") == 1
    assert edge.idle()


def test_a_close_before_the_end_of_the_request_is_a_fin_all_the_same(edge):
    edge.put({"close": {}})
    caller = edge.caller()
    caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n" + b"x" * 100)
    assert caller.read_all() == b""


@pytest.mark.parametrize("reset", [False, True])
def test_a_truncated_answer_has_fewer_bytes_than_its_length(make_edge, reset):
    edge, _ = make_edge(answering(TEN))
    edge.put({"truncate": {"keep": "40%", "reset": reset}})
    caller = edge.caller()
    caller.send(LINE)
    assert caller.read_exactly(len(TEN) - 6) == TEN[:-6]
    if reset:
        with pytest.raises(ConnectionResetError):
            caller.read()
    else:
        assert caller.read() == b""
    assert applied(edge, "truncate") == 1


def test_a_truncated_answer_in_chunks_never_ends_properly(make_edge):
    edge, _ = make_edge(answering(CHUNKS))
    edge.put({"truncate": {"keep_bytes": 6}})
    caller = edge.caller()
    caller.send(LINE)
    wire = caller.read_all()
    assert wire.endswith((b"6\r\n012345\r\n", b"4\r\n0123\r\n2\r\n45\r\n"))
    assert not wire.endswith(b"0\r\n\r\n")


def test_an_answer_shorter_than_what_is_kept_is_not_counted(make_edge):
    edge, _ = make_edge(answering(TEN))
    edge.put({"truncate": {"keep_bytes": 10}})
    caller = edge.caller()
    assert caller.get()[2] == caller.get()[2] == BODY
    assert edge.rule("truncate") == {"kind": "truncate", "state": "active", "matched": 2, "applied": 0}


def test_a_bad_chunk_is_one(make_edge):
    edge, _ = make_edge(answering(TEN))
    edge.put({"bad_chunk": {"after_bytes": 4}})
    caller = edge.caller()
    caller.send(LINE)
    assert caller.read_all() == b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\nzz\r\n"


def test_a_dribble_comes_drop_by_drop(make_edge, eventually):
    edge, _ = make_edge(answering(TEN))
    edge.put({"dribble": {"bytes": 2, "every": "40ms"}})
    caller = edge.caller()

    def drops():
        start = time.perf_counter()
        caller.send(LINE)
        assert caller.read_until(b"\r\n\r\n") + BODY == TEN
        came = []
        while sum(map(len, came)) < 10:
            came.append(caller.read())
        assert time.perf_counter() - start >= 0.19
        assert b"".join(came) == BODY
        return came

    # a reader who is kept from reading finds several drops at once, but not every time
    eventually(lambda: drops() == [b"01", b"23", b"45", b"67", b"89"])


def test_a_caller_may_leave_a_dribble(make_edge, eventually):
    edge, _ = make_edge(answering(TEN))
    edge.put({"dribble": {"bytes": 1, "every": "10s"}})
    caller = edge.caller()
    caller.send(LINE)
    caller.read_until(b"\r\n\r\n")
    caller.close()
    eventually(edge.idle)


@pytest.mark.parametrize("when", ["request", "answer"])
def test_a_hang_says_nothing_until_the_caller_leaves(make_edge, eventually, when):
    edge, callee = make_edge(answering(TEN))
    edge.put({"hang": {"when": when}})
    caller = edge.caller()
    caller.send(LINE)
    connections = 1 if when == "answer" else 0
    eventually(lambda: edge.stats()["active"] == 1 and callee.connections == connections)
    caller.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        caller.read()
    assert edge.stats()["active"] == 1
    assert callee.connections == connections
    caller.close()
    eventually(edge.idle)
    assert edge.stats()["left"] == 1


def test_a_hang_may_end_by_itself(edge):
    edge.put({"hang": {"lasts": "100ms"}})
    caller = edge.caller()
    start = time.perf_counter()
    caller.send(LINE)
    assert caller.read_all() == b""
    assert time.perf_counter() - start >= 0.1


def test_a_narrow_way_takes_its_time(make_edge):
    edge, _ = make_edge(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b"x" * 20_000))
    edge.put({"bandwidth": {"rate": "100kB/s"}})
    callers = [edge.caller(), edge.caller()]
    start = time.perf_counter()
    for caller in callers:
        caller.send(LINE)
    assert [len(caller.message()[1]) for caller in callers] == [20_000, 20_000]
    assert time.perf_counter() - start >= 0.4


def test_a_narrow_way_stops_the_callee_and_not_the_memory(make_edge):
    sent = []

    def serve(peer):
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        peer.socket.settimeout(0.5)
        while True:
            sent.append(peer.socket.send(b"x" * 65536))

    edge, _ = make_edge(serve)
    edge.put({"bandwidth": {"rate": "1MB/s"}})
    caller = edge.caller()
    caller.send(LINE)
    caller.read_exactly(300_000)
    assert sum(sent) < 20_000_000


def test_json_answers_are_rewritten_with_their_length(make_edge):
    content = b'{"id": 7, "total_cents": 1250, "items": [{"sku": "x", "price": 5}]}'
    edge, _ = make_edge(answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX: 1\r\n\r\n" % len(content) + content))
    edge.put({"body": {"rename": {"total_cents": "amount"}, "retype": {"id": "text"}, "drop": ["items.*.price"]}})
    caller = edge.caller()
    for _ in range(2):
        _, head, body = caller.get()
        assert json.loads(body) == {"id": "7", "amount": 1250, "items": [{"sku": "x"}]}
        assert head == b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert applied(edge, "body") == 2


def test_json_answers_in_chunks_are_rewritten_whole(make_edge):
    edge, _ = make_edge(
        answering(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n4\r\n: 1}\r\n0\r\n\r\n')
    )
    edge.put({"body": {"set": {"a": 2}}}, {"body": {"rename": {"a": "b"}}})
    caller = edge.caller()
    caller.send(LINE)
    assert caller.message() == (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", b'{"b":2}')


@pytest.mark.parametrize("wire", [TEN, b"HTTP/1.1 204 No Content\r\n\r\n"])
def test_other_answers_pass_an_edit_as_they_are(make_edge, wire):
    edge, _ = make_edge(answering(wire))
    edge.put({"body": {"drop": ["a"]}})
    caller = edge.caller()
    for _ in range(2):
        caller.send(LINE)
        assert caller.read_exactly(len(wire)) == wire
    assert edge.rule("body")["applied"] == 0


def test_an_answer_too_long_for_an_edit_passes_as_it_is(make_edge):
    content = b'{"a": "' + b"x" * 3_000_000 + b'"}'
    edge, _ = make_edge(answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content))
    edge.put({"body": {"drop": ["a"]}})
    assert edge.caller().get()[2] == content


@pytest.mark.parametrize("framing", ["sized", "chunked", "in two parts", "expecting"])
def test_json_requests_are_rewritten(make_edge, framing):
    seen = []

    def serve(peer):
        while True:
            seen.append(peer.message())
            peer.send(TEN)

    edge, _ = make_edge(serve)
    edge.put({"body": {"of": "request", "retype": {"total": "text"}}})
    caller = edge.caller()
    for _ in range(2):
        if framing == "chunked":
            caller.send(
                b'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n{"total": 12\r\n1\r\n}\r\n'
            )
            caller.send(b"0\r\n\r\n")
        elif framing == "in two parts":
            caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n")
            time.sleep(0.02)
            caller.send(b'{"total": 12}')
        elif framing == "expecting":
            caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\nExpect: 100-continue\r\n\r\n")
            assert caller.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            caller.send(b'{"total": 12}')
        else:
            caller.send(b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n{"total": 12}')
        assert caller.message()[1] == BODY
    for head, body in seen:
        assert body == b'{"total":"12"}'
        assert b"\r\nContent-Length: 14\r\n" in head
        assert b"chunked" not in head
    assert applied(edge, "body") == 2


def test_a_request_too_long_for_an_edit_passes_as_it_is(make_edge):
    seen = []

    def serve(peer):
        seen.append(len(peer.message()[1]))
        peer.send(TEN)

    edge, _ = make_edge(serve)
    edge.put({"body": {"of": "request", "drop": ["a"]}})
    assert edge.caller().post(b'{"a": "' + b"x" * 3_000_000 + b'"}')[0] == 200
    assert seen == [3_000_009]


def test_headers_change_both_ways(make_edge):
    seen = []

    def serve(peer):
        seen.append(peer.message()[0])
        peer.send(b"HTTP/1.1 200 OK\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n")

    edge, _ = make_edge(serve)
    edge.put(
        {"headers": {"of": "request", "set": {"Accept": "text/plain"}, "remove": ["X-API-Key"]}},
        {"headers": {"set": {"Cache-Control": "max-age=60"}, "remove": ["Retry-After", "Nothing"]}},
    )
    _, head, _ = edge.caller().get(more="X-API-Key: k\r\naccept: */*\r\n")
    assert seen == [b"GET / HTTP/1.1\r\nHost: shop\r\nAccept: text/plain\r\n\r\n"]
    assert head == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nCache-Control: max-age=60\r\n\r\n"


def test_the_first_attempts_fail_and_the_next_works(edge):
    edge.put({"fail_first": {"count": 2, "each": "Idempotency-Key"}})
    caller = edge.caller()
    assert [caller.post(b"", more="Idempotency-Key: k\r\n")[0] for _ in range(4)] == [503, 503, 200, 200]
    assert edge.rule("fail_first") == {"kind": "fail_first", "state": "active", "matched": 4, "applied": 2}


@pytest.mark.parametrize("by", ["reset", "close"])
def test_the_first_attempts_can_fail_by_their_connection(make_edge, by):
    edge, callee = make_edge()
    edge.put({"fail_first": {"count": 2, "by": by}})
    for _ in range(2):
        caller = edge.caller()
        caller.send(LINE)
        if by == "reset":
            with pytest.raises(ConnectionResetError):
                caller.read()
        else:
            assert caller.read() == b""
    assert callee.connections == 0
    assert edge.caller().get()[0] == 200
    assert applied(edge, "fail_first") == 2


def test_a_rate_limit_refuses_says_when_to_come_back_and_counts_who_does_not_wait(edge):
    edge.put({"rate_limit": {"rate": "1/min", "burst": 2, "each": "X-API-Key"}})
    caller = edge.caller()
    got = [caller.get(more="X-API-Key: k\r\n") for _ in range(5)]
    assert [status for status, _, _ in got] == [200, 200, 429, 429, 429]
    retry = int(got[2][1].split(b"Retry-After: ")[1].split(b"\r\n")[0])
    assert 59 <= retry <= 60
    assert json.loads(got[2][2])["status"] == 429
    assert caller.get(more="X-API-Key: other\r\n")[0] == 200
    assert edge.rule("rate_limit") == {
        "kind": "rate_limit",
        "state": "active",
        "matched": 6,
        "applied": 3,
        "too_early": 2,
    }


def test_rules_that_shape_work_one_after_another(make_edge):
    content = b'{"a": "0123456789"}'
    edge, _ = make_edge(answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content))
    edge.put(
        {"latency": {"delay": "50ms", "when": "answer"}},
        {"body": {"rename": {"a": "b"}}},
        {"dribble": {"bytes": 4, "every": "10ms"}},
        {"truncate": {"keep_bytes": 9}},
        {"headers": {"set": {"X": "1"}}},
    )
    caller = edge.caller()
    start = time.perf_counter()
    caller.send(LINE)
    assert caller.read_all() == b'HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 18\r\n\r\n{"b":"012'
    assert time.perf_counter() - start >= 0.08
    assert {id: one["applied"] for id, one in edge.stats()["rules"].items()} == dict.fromkeys(
        ["latency", "body", "dribble", "truncate", "headers"], 1
    )


def test_a_slow_answer_does_not_keep_the_callees_connection_longer_than_needed(make_edge, eventually):
    edge, callee = make_edge(answering(TEN))
    edge.put({"dribble": {"bytes": 1, "every": "50ms"}})
    first = edge.caller()
    first.send(LINE)
    eventually(lambda: edge.stats()["callee"]["spare"] == 1)
    edge.put()
    assert edge.caller().get()[2] == BODY
    assert callee.connections == 1
    assert first.message()[1] == BODY


def test_many_callers_each_get_their_own_answer_through_every_shape(make_edge):
    def serve(peer):
        while True:
            head, _ = peer.message()
            content = json.dumps({"path": head.split()[1].decode(), "fill": "x" * 3000}).encode()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content)

    edge, _ = make_edge(serve)
    edge.put(
        {"latency": {"median": "2ms", "p99": "20ms"}, "match": {"share": "50%"}},
        {"body": {"set": {"fill": "y"}}, "match": {"share": "30%"}, "seed": 1},
        {"dribble": {"bytes": 900, "every": "1ms"}, "match": {"share": "30%"}, "seed": 2},
        {"latency": {"delay": "2ms", "when": "answer"}, "match": {"share": "30%"}, "seed": 3},
        {"bandwidth": {"rate": "10MB/s"}, "match": {"share": "30%"}, "seed": 4},
    )
    wrong = []

    def call(name):
        caller = edge.caller()
        for number in range(60):
            path = f"/{name}/{number}"
            if json.loads(caller.get(path)[2])["path"] != path:
                wrong.append(path)

    threads = [threading.Thread(target=call, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert edge.stats()["answers"] == {"200": 480}
    assert edge.idle()


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [{"latency": {"delay": "2ms"}}],
        [{"latency": {"delay": "2ms", "when": "answer"}}],
        [{"headers": {"set": {"X": "1"}}}],
        [{"body": {"set": {"a": 2}}}],
        [{"abort": {"body": "no"}}],
    ],
    ids=["no rule", "a held request", "a held answer", "another header", "another body", "an abort"],
)
def test_head_and_body_of_a_short_answer_go_out_together(make_edge, rules):
    edge, _ = make_edge(answering(b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a": 1}'))
    edge.put(*rules)
    caller = edge.caller()
    for _ in range(5):
        caller.send(LINE)
        head, _, body = caller.read().partition(b"\r\n\r\n")
        assert body
        assert head.lower().endswith(b"content-length: %d" % len(body)) or b"X: 1" in head
