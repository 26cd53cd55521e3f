"""Calls to a peer: what counts as an answer, and the name of every way to get none."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from services.chassis import CallFailed


@pytest.fixture
def raw_peer() -> Iterator[Any]:
    """A peer that answers every connection with these bytes and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    sent: list[bytes] = [b""]

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(sent[0])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()

    def say(answer: bytes) -> str:
        sent[0] = answer
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield say
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def failure(running: Any, **how: Any) -> str:
    """The kind of failure of one call."""
    client = running.app.service.resources
    with pytest.raises(CallFailed) as caught:
        running.call(client.send("GET", "/x", **{"timeout_s": 5.0} | how))
    assert caught.value.peer == "peer"
    return caught.value.kind


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", "connection_reset"),
        (b"nonsense\r\n\r\n", "bad_response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "bad_response"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "bad_response"),
    ],
)
def test_a_broken_answer_has_a_name(serve: Any, raw_peer: Any, answer: bytes, kind: str) -> None:
    assert failure(serve(peer_url=raw_peer(answer))) == kind


def test_nobody_there_is_connection_refused(serve: Any, free_port: Any) -> None:
    assert failure(serve(peer_url=f"http://127.0.0.1:{free_port()}")) == "connection_refused"


def test_a_reset_is_connection_reset(serve: Any, orders: Any) -> None:
    orders.then("reset")
    assert failure(serve(peer_url=orders.url)) == "connection_reset"


def test_a_slow_answer_is_timeout(serve: Any, orders: Any) -> None:
    told = orders.hold()
    assert failure(serve(peer_url=orders.url), timeout_s=0.05) == "timeout"
    told.set()


def test_no_free_connection_is_pool_timeout_and_nothing_is_sent(serve: Any, orders: Any) -> None:
    running = serve(peer_url=orders.url, pool_size=1)
    client = running.app.service.resources
    told = orders.hold()

    async def both() -> tuple[Any, str]:
        first = asyncio.ensure_future(client.send("GET", "/a", timeout_s=10))
        await asyncio.sleep(0)
        with pytest.raises(CallFailed) as refused:
            await client.send("GET", "/b", timeout_s=10, pool_timeout_s=0.05)
        told.set()
        return await first, refused.value.kind

    first, kind = running.call(both())
    assert first.status == 200
    assert kind == "pool_timeout"
    assert [asked.path for asked in orders.asked] == ["/a"]


def test_any_status_is_an_answer(serve: Any, orders: Any) -> None:
    orders.always(503, b'{"why":"busy"}', Retry_After="3")
    client = serve(peer_url=orders.url)
    reply = client.call(client.app.service.resources.send("GET", "/x", timeout_s=5))
    assert (reply.status, reply.json(), reply.headers["retry-after"]) == (503, {"why": "busy"}, "3")


def test_a_path_is_filled_in_and_encoded(serve: Any, orders: Any) -> None:
    orders.always(200)
    running = serve(peer_url=orders.url)
    send = running.app.service.resources.send
    running.call(send("GET", "/a/{b}/c", path={"b": "x/y z"}, query="q=1%2B1", timeout_s=5))
    assert orders.asked[0].path == "/a/x%2Fy%20z/c?q=1%2B1"


def test_an_idempotent_call_is_never_sent_again_in_secret(serve: Any, orders: Any) -> None:
    orders.always(200)
    running = serve(peer_url=orders.url)
    send = running.app.service.resources.send
    running.call(send("GET", "/warm", timeout_s=5))
    orders.then("reset")
    assert failure(running) == "connection_reset"
    assert len(orders.asked) == 1


def test_connections_are_kept(serve: Any) -> None:
    accepted = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve_one() -> None:
        connection, _ = listener.accept()
        accepted.append(connection)
        with connection:
            for _ in range(3):
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    thread = threading.Thread(target=serve_one, daemon=True)
    thread.start()
    running = serve(peer_url=f"http://127.0.0.1:{listener.getsockname()[1]}")
    for _ in range(3):
        assert running.call(running.app.service.resources.send("GET", "/x", timeout_s=5)).status == 200
    thread.join(5)
    listener.close()
    assert len(accepted) == 1
