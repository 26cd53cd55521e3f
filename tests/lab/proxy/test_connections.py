"""Connections are kept and used again; either side may leave at any moment."""

import contextlib
import select
import socket
import struct
import threading
import time

import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_one_connection_to_the_callee_serves_many_callers(make_edge):
    edge, callee = make_edge()
    for _ in range(5):
        caller = edge.caller()
        for _ in range(5):
            assert caller.get()[0] == 200
        caller.close()
    assert callee.connections == 1
    assert edge.stats()["callee"] == {"connections": 1, "spare": 1, "opened": 1}


def test_a_callee_that_wants_its_connection_closed_gets_a_new_one(make_edge):
    def serve(peer):
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")

    edge, callee = make_edge(serve)
    caller = edge.caller()
    for _ in range(3):
        status, head, _ = caller.get()
        assert status == 200
        assert b"close" not in head
    assert callee.connections == 3


def dies_once(seen):
    """Serves, but the second request is read and not answered."""

    def serve(peer):
        seen.append(peer.message())
        peer.send(OK)
        if len(seen) == 1:
            seen.append(peer.message())
        else:
            peer.read_all()

    return serve


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_kept_connection_that_dies_before_any_answer_is_replaced(make_edge, method):
    seen = []
    edge, callee = make_edge(dies_once(seen))
    caller = edge.caller()
    assert caller.get()[0] == 200
    caller.send(f"{method} /things/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody".encode())
    assert caller.message()[0].startswith(b"HTTP/1.1 200")
    assert callee.connections == 2
    assert seen[1] == seen[2]
    assert edge.stats()["retried"] == 1


def test_a_post_is_never_sent_twice_for_somebody_who_sent_it_once(make_edge):
    seen = []
    edge, _ = make_edge(dies_once(seen))
    caller = edge.caller()
    assert caller.get()[0] == 200
    assert caller.post(b"body")[0] == 502
    assert len(seen) == 2
    assert edge.stats()["retried"] == 0
    assert caller.get()[0] == 200


def test_an_idle_connection_the_callee_has_closed_is_not_used(make_edge, eventually):
    def serve(peer):
        peer.message()
        peer.send(OK)

    edge, callee = make_edge(serve)
    caller = edge.caller()
    for number in range(1, 20):
        assert caller.get()[0] == 200
        assert callee.connections == number
        eventually(lambda: edge.stats()["callee"]["connections"] == 0)
    assert edge.stats()["retried"] == 0


def test_closing_idle_connections_at_any_moment_is_never_seen_by_a_caller(make_edge):
    served = []

    def serve(peer):
        with contextlib.suppress(OSError, EOFError):
            for _ in range(len(served) % 7 + 1):
                peer.message()
                served.append(1)
                peer.send(OK)

    edge, _ = make_edge(serve)
    caller = edge.caller()
    for _ in range(1500):
        assert caller.get()[0] == 200


def test_a_new_connection_that_dies_is_a_bad_gateway_and_not_tried_again(make_edge):
    def serve(peer):
        peer.message()

    edge, callee = make_edge(serve)
    caller = edge.caller()
    status, _, body = caller.get()
    assert (status, body) == (502, b"Bad Gateway\n")
    assert callee.connections == 1
    assert not caller.gone()
    assert edge.stats()["unreachable"] == 1


def test_a_request_too_long_to_be_kept_is_not_tried_again(make_edge):
    def serve(peer):
        peer.message()
        peer.send(OK)
        peer.read_until(b"\r\n\r\n")
        peer.read_exactly(300_000)

    edge, callee = make_edge(serve)
    caller = edge.caller()
    assert caller.get()[0] == 200
    assert caller.post(b"x" * 300_000)[0] == 502
    assert callee.connections == 1


def test_nobody_at_the_other_end_is_a_bad_gateway_without_a_name(make_edge):
    edge, callee = make_edge()
    callee.close()
    caller = edge.caller()
    status, head, body = caller.get()
    date = next(line for line in head.split(b"\r\n") if line.startswith(b"Date: "))
    assert head == (
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\n" + date + b"\r\nContent-Length: 12\r\n\r\n"
    )
    assert body == b"Bad Gateway\n"
    assert status == 502
    assert not caller.gone()


def test_a_callee_may_restart(make_edge, make_callee):
    edge, callee = make_edge()
    caller = edge.caller()
    assert caller.get()[0] == 200
    callee.close()
    assert caller.get()[0] == 502
    again = make_callee()
    edge.lead_to(again.port)
    assert caller.get()[0] == 200


def test_a_new_target_gets_new_requests_while_old_ones_finish(make_edge, make_callee):
    go_on = threading.Event()

    def slow(peer):
        peer.message()
        assert go_on.wait(5)
        peer.send(OK)

    def other(peer):
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew")

    edge, old = make_edge(slow)
    first = edge.caller()
    first.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    while not old.connections:
        time.sleep(0.005)
    edge.lead_to(make_callee(other).port)
    assert edge.caller().get()[2] == b"new"
    go_on.set()
    assert first.message()[1] == b"ok"
    assert edge.stats()["callee"]["spare"] <= 1


@pytest.mark.parametrize("how", ["FIN", "RST"])
def test_a_caller_that_leaves_takes_its_request_along(make_edge, eventually, how):
    begun, ended = threading.Event(), threading.Event()

    def serve(peer):
        peer.message()
        begun.set()
        with contextlib.suppress(OSError):
            peer.read_all()
        ended.set()

    edge, _ = make_edge(serve)
    caller = edge.caller()
    caller.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert begun.wait(5)
    if how == "RST":
        caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    caller.close()
    assert ended.wait(5)
    stats = eventually(lambda: (now := edge.stats())["active"] == 0 and now)
    assert stats["left"] == 1
    assert stats["connections"] == 0
    assert stats["callee"]["connections"] == 0


def test_a_caller_that_leaves_in_the_middle_of_its_body_leaves_nothing(make_edge, eventually):
    begun, ended = threading.Event(), threading.Event()

    def serve(peer):
        peer.read_until(b"half")
        begun.set()
        with contextlib.suppress(OSError):
            peer.read_all()
        ended.set()

    edge, _ = make_edge(serve)
    caller = edge.caller()
    caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
    assert begun.wait(5)
    caller.close()
    assert ended.wait(5)
    eventually(edge.idle)


def test_a_caller_that_leaves_in_the_middle_of_an_answer_stops_the_callee(make_edge, eventually):
    ended = threading.Event()

    def serve(peer):
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                peer.send(b"1\r\nx\r\n")
                time.sleep(0.001)
        ended.set()

    edge, _ = make_edge(serve)
    caller = edge.caller()
    caller.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    caller.read_until(b"1\r\nx\r\n")
    caller.close()
    assert ended.wait(5)
    eventually(edge.idle)


@pytest.mark.parametrize("how", ["FIN", "RST"])
def test_a_callee_that_leaves_in_the_middle_of_the_request_is_a_bad_gateway(make_edge, how):
    def serve(peer):
        peer.read_until(b"half")
        if how == "RST":
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    edge, callee = make_edge(serve)
    caller = edge.caller()
    caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
    head, body = caller.message()
    assert head.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"\r\nConnection: close\r\n" in head
    assert body == b"Bad Gateway\n"
    caller.send(b"x" * 96)
    assert caller.read() == b""
    assert callee.connections == 1
    assert edge.idle()


def test_a_callee_that_leaves_in_the_middle_of_its_answer_is_seen_by_the_caller(make_edge):
    def serve(peer):
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    edge, _ = make_edge(serve)
    caller = edge.caller()
    caller.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert caller.read_all() == b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    assert edge.idle()


def test_a_callee_that_leaves_in_the_middle_of_chunks_does_not_look_complete(make_edge):
    def serve(peer):
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")

    edge, _ = make_edge(serve)
    caller = edge.caller()
    caller.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert caller.read_all() == b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"


def test_callers_that_come_and_go_leave_nothing(make_edge, eventually):
    def serve(peer):
        while True:
            peer.message()
            time.sleep(0.002)
            peer.send(OK)

    edge, _ = make_edge(serve)
    for number in range(200):
        caller = edge.caller()
        if number % 4:
            caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"[: 20 + number % 40])
        if number % 3 == 0:
            caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.close()
    eventually(lambda: (now := edge.stats())["active"] == now["connections"] == 0)
    # a connection that was being opened for somebody who left is kept for others
    eventually(lambda: (now := edge.stats()["callee"])["connections"] == now["spare"])
    assert edge.caller().get()[0] == 200


# ── time-outs ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def impatient(make_proxy, make_callee):
    """An edge whose time-outs are a fifth of a second."""

    made = []

    def make(serve):
        proxy = make_proxy(timeouts=dict.fromkeys(["head", "body", "idle", "answer", "spare", "connect"], 0.2))
        made.append(proxy.edge(make_callee(serve).port))
        return made[-1]

    yield make
    for edge in made:
        edge.close()


def silent(peer):
    peer.read_all()


@pytest.mark.parametrize(
    "half", [b"G", b"GET / HTTP/1.1\r\nHost: a\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"]
)
def test_half_a_request_is_not_waited_for_forever(impatient, half):
    edge = impatient(silent)
    caller = edge.caller()
    caller.send(half)
    assert caller.read_all().startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert edge.idle()


def test_a_request_that_drips_in_is_not_waited_for_forever(impatient):
    caller = impatient(silent).caller()
    for _ in range(200):
        caller.send(b"A")
        if select.select([caller.socket], [], [], 0.02)[0]:
            break
    assert caller.read_until(b"\r\n").startswith(b"HTTP/1.1 408 ")


def test_an_idle_caller_is_let_go_without_a_word(impatient):
    assert impatient(silent).caller().read_all() == b""


def test_a_callee_that_does_not_answer_is_a_gateway_timeout(impatient):
    edge = impatient(silent)
    caller = edge.caller()
    assert caller.get()[0] == 504
    assert edge.idle()


def test_a_callee_that_stops_in_the_middle_is_cut_off(impatient):
    def serve(peer):
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        peer.read_all()

    caller = impatient(serve).caller()
    caller.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert caller.read_all().endswith(b"half")


def test_connections_nobody_uses_are_closed(impatient, eventually):
    def serve(peer):
        peer.message()
        peer.send(OK)
        peer.read_all()

    edge = impatient(serve)
    assert edge.caller().get()[0] == 200
    eventually(lambda: edge.stats()["callee"]["connections"] == 0)
