"""Ambiguous framing is refused; any split of the same bytes means the same."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.proxy.bodies import Body, ChunkedBody, EndlessBody, FramingError, SizedBody, chunk
from lab.proxy.heads import read_answer_head, read_request_head

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
REFUSED = {
    "two lengths that differ": POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "two lengths that agree": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "a list of lengths": POST + b"Content-Length: 3, 3\r\n\r\nabc",
    "a signed length": POST + b"Content-Length: +3\r\n\r\nabc",
    "a negative length": POST + b"Content-Length: -3\r\n\r\nabc",
    "an empty length": POST + b"Content-Length: \r\n\r\n",
    "a length beyond all bounds": POST + b"Content-Length: 99999999999999999999\r\n\r\n",
    "length and chunks": POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "two codings": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "another coding": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a disguised coding": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a coding before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n\r\n",
    "a chunk size with a prefix": POST + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "a negative chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
    "a chunk size beyond all bounds": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 17 + b"\r\n",
    "a chunk longer than its size": POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
    "a bare line feed after a size": POST + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
    "a line feed in an extension": POST + b"Transfer-Encoding: chunked\r\n\r\n3;a\n\r\nabc\r\n0\r\n\r\n",
    "a flood of extension": POST + b"Transfer-Encoding: chunked\r\n\r\n3;" + b"a" * 5000,
    "a flood of trailers": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * 5000,
    "a trailer that is none": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nno trailer\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: a\n\n",
    "a bare line feed": b"GET / HTTP/1.1\r\nHost: a\nA: b\r\n\r\n",
    "a bare carriage return": b"GET / HTTP/1.1\r\nHost: a\rA: b\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    "a zero byte": b"GET / HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n",
    "a space in a header's name": b"GET / HTTP/1.1\r\nHost: a\r\nA B: c\r\n\r\n",
    "an unknown method": b"FETCH / HTTP/1.1\r\nHost: a\r\n\r\n",
    "no version": b"GET /\r\nHost: a\r\n\r\n",
    "a later version": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "the beginning of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tunnel": b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a target that is no path": b"GET a HTTP/1.1\r\nHost: a\r\n\r\n",
    "an unknown expectation": POST + b"Expect: a-miracle\r\nContent-Length: 1\r\n\r\na",
    "the beginning of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a flood of headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 12000,
    "a flood of small headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 300 + b"\r\n",
    "an endless header": b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 70_000,
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_what_can_be_read_in_two_ways_gets_400_and_the_end(edge, raw):
    caller = edge.caller()
    caller.send(raw)
    answer = caller.read_all()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\nConnection: close" in head
    assert body == b"Bad Request\n"
    assert edge.stats()["refused"] == 1
    assert edge.idle()


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_nothing_that_is_refused_is_followed_by_a_hidden_request(make_edge, raw):
    seen = []

    def serve(peer):
        while True:
            seen.append(peer.read_until(b"\r\n\r\n"))
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    edge, _ = make_edge(serve)
    caller = edge.caller()
    caller.send(raw + b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n")
    caller.read_all()
    assert not any(b"/hidden" in head for head in seen)


ANSWERS = {
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "a switch nobody asked for": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "a flood of headers": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 12000,
    "a flood of small headers": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300 + b"\r\n",
    "two codings": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a bare line feed": b"HTTP/1.1 200 OK\r\nContent-Length: 2\nA: b\r\n\r\nok",
    "a bad chunk at once": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("raw", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_can_be_read_in_two_ways_is_not_passed_on(make_edge, raw):
    def serve(peer):
        peer.message()
        peer.send(raw)
        peer.read_all()

    edge, _ = make_edge(serve)
    caller = edge.caller()
    if raw.endswith(b"zz\r\n"):
        caller.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert caller.read_all() in (b"", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    else:
        assert caller.get()[0] == 502
    assert edge.stats()["unreachable"] == 1


def test_bytes_after_an_answer_cost_the_callees_connection(make_edge):
    def serve(peer):
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        peer.read_all()

    edge, callee = make_edge(serve)
    caller = edge.caller()
    assert caller.get()[2] == b"ok"
    assert caller.get()[2] == b"ok"
    assert callee.connections == 2


# ── readers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def splits(raw: bytes) -> st.SearchStrategy[list[bytes]]:
    """Every way to cut the bytes into parts."""
    cuts = st.sets(st.integers(1, max(1, len(raw) - 1)), max_size=8).map(sorted)
    return cuts.map(lambda at: [raw[a:b] for a, b in zip([0, *at], [*at, len(raw)], strict=True)])


def read(body: Body, parts: list[bytes]) -> tuple[bytes, bool, bytes] | str:
    found, rest, complete = b"", b"", False
    try:
        for part in parts:
            if complete:
                rest += part
                continue
            payload, complete, rest = body.feed(part)
            found += payload
    except FramingError:
        return "refused"
    return found, complete, rest


chunked_bodies = st.one_of(
    st.lists(st.binary(min_size=1, max_size=40), max_size=4).map(
        lambda chunks: b"".join(map(chunk, chunks)) + b"0\r\n\r\n" + b"next"
    ),
    st.binary(max_size=60),
    st.lists(st.sampled_from([b"3", b"0", b"\r\n", b"\r", b"\n", b"abc", b";x", b"A: b", b"F"]), max_size=12).map(
        b"".join
    ),
)


@settings(max_examples=400)
@given(st.data())
def test_any_split_of_chunks_gives_the_same_body(data):
    raw = data.draw(chunked_bodies)
    parts = data.draw(splits(raw))
    assert read(ChunkedBody(), parts) == read(ChunkedBody(), [raw])


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=6), st.binary(max_size=20))
def test_chunks_read_back_as_what_was_chunked(chunks, after):
    raw = b"".join(map(chunk, chunks)) + b"0\r\n\r\n" + after
    assert read(ChunkedBody(), [raw]) == (b"".join(chunks), True, after)


@given(st.data())
def test_any_split_of_a_sized_body_gives_the_same_body(data):
    raw = data.draw(st.binary(min_size=1, max_size=60))
    length = data.draw(st.integers(1, len(raw)))
    assert read(SizedBody(length), data.draw(splits(raw))) == (raw[:length], True, raw[length:])


def test_a_body_without_end_is_never_complete():
    assert EndlessBody().feed(b"abc") == (b"abc", False, b"")


@pytest.fixture
def echo_edge(make_edge):
    def serve(peer):
        while True:
            head, body = peer.message()
            content = head.split()[1] + body
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content)

    return make_edge(serve)[0]


# one edge serves every example: each uses a connection of its own
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_split_of_a_request_on_the_wire_gives_the_same_answer(echo_edge, data):
    raw = data.draw(
        st.sampled_from(
            [
                b"POST /a HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhello",
                b"POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"2\r\nhe\r\n3;x\r\nllo\r\n0\r\nT: 1\r\n\r\n",
                b"\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n",
            ]
        )
    )
    caller = echo_edge.caller()
    for part in data.draw(splits(raw)):
        caller.send(part)
    _, body = caller.message()
    path = raw.split()[1]
    assert body == path + (b"" if path == b"/c" else b"hello")
    caller.close()


@given(st.binary(max_size=80))
def test_no_bytes_make_the_readers_fail_in_another_way(raw):
    for reader in (read_request_head, lambda head: read_answer_head(head, b"GET")):
        for head in (raw, b"GET / HTTP/1.1\r\n" + raw + b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + raw + b"\r\n\r\n"):
            with contextlib.suppress(FramingError):
                reader(head)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.binary(max_size=200), st.sampled_from(list(REFUSED.values())).flatmap(lambda raw: st.just(raw[:-1])))
)
def test_no_bytes_stop_others_from_being_served(echo_edge, raw):
    stranger = echo_edge.caller()
    with contextlib.suppress(OSError):
        stranger.send(raw)
    caller = echo_edge.caller()
    assert caller.get("/still-here")[2] == b"/still-here"
    caller.close()
    stranger.close()
