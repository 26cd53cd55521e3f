"""A real proxy process, callees that are threads with a socket, callers that are sockets."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from proxy_process import ProxyProcess

EDGES = 600
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"

Serve = Callable[["Peer"], None]


def _eventually(check: Callable[[], Any], within_s: float = 5.0) -> Any:
    until = time.monotonic() + within_s
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < until, f"never became true: {check}"
        time.sleep(0.005)


class Peer:
    """One end of a TCP connection, as bytes."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.socket.settimeout(10)
        self.held = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self) -> bytes:
        """Whatever comes next; empty at FIN. Raises ConnectionResetError at RST."""
        if self.held:
            data, self.held = self.held, b""
            return data
        return self.socket.recv(65536)

    def read_until(self, end: bytes) -> bytes:
        """Everything up to and including `end`."""
        data = b""
        while end not in data:
            part = self.read()
            if not part:
                raise EOFError(f"ended after {data!r}")
            data += part
        at = data.index(end) + len(end)
        self.held = data[at:] + self.held
        return data[:at]

    def read_exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = self.read()
            if not part:
                raise EOFError(f"ended after {len(data)} of {count} bytes: {data[-200:]!r}")
            data += part
        self.held = bytes(data[count:]) + self.held
        return bytes(data[:count])

    def read_all(self) -> bytes:
        """Everything up to FIN."""
        data = b""
        while part := self.read():
            data += part
        return data

    def message(self, *, head_only: bool = False) -> tuple[bytes, bytes]:
        """One HTTP message's head and body, by Content-Length or chunks."""
        head = self.read_until(b"\r\n\r\n")
        fields = head.lower()
        if head_only:
            return head, b""
        if b"\r\ntransfer-encoding: chunked" in fields:
            body = b""
            while size := int(self.read_until(b"\r\n"), 16):
                body += self.read_exactly(size)
                assert self.read_exactly(2) == b"\r\n"
            assert self.read_exactly(2) == b"\r\n"
            return head, body
        if b"\r\ncontent-length:" in fields:
            return head, self.read_exactly(int(fields.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0]))
        return head, b""

    def get(self, path: str = "/", more: str = "", method: str = "GET") -> tuple[int, bytes, bytes]:
        """Send a request without a body; status, head and body of the answer."""
        self.send(f"{method} {path} HTTP/1.1\r\nHost: shop\r\n{more}\r\n".encode())
        head, body = self.message(head_only=method == "HEAD")
        return int(head.split()[1]), head, body

    def post(self, body: bytes, path: str = "/", more: str = "") -> tuple[int, bytes, bytes]:
        """Send a request with a body; status, head and body of the answer."""
        head = f"POST {path} HTTP/1.1\r\nHost: shop\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        self.send(head.encode() + body)
        answer, content = self.message()
        return int(answer.split()[1]), answer, content

    def gone(self) -> bool:
        """Whether the other end has closed, without waiting for it."""
        self.socket.setblocking(False)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self.socket.settimeout(10)

    def close(self) -> None:
        self.socket.close()


def answer_ok(peer: Peer) -> None:
    """Serve requests one after another with 200 until the connection ends."""
    while True:
        peer.message()
        peer.send(OK)


class Callee:
    """A server that does with each connection what the test says, and remembers what it was sent."""

    def __init__(self, serve: Serve = answer_ok) -> None:
        self.serve = serve
        self.connections = 0
        self.peers: list[Peer] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._closing = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            peer = Peer(connection)
            self.peers.append(peer)
            threading.Thread(target=self._run, args=(peer,), daemon=True).start()

    def _run(self, peer: Peer) -> None:
        with contextlib.suppress(OSError, EOFError), peer.socket:
            self.serve(peer)

    def close(self) -> None:
        """Stop listening and end every connection."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in self.peers:
            with contextlib.suppress(OSError):
                peer.socket.shutdown(socket.SHUT_RDWR)


class Proxy(ProxyProcess):
    """A proxy that has an edge for every test."""

    def __init__(self, edges: int = 1, **config: Any) -> None:
        super().__init__({f"gateway->orders-{number}": 9 for number in range(edges)}, **config)
        self.free = iter(self.listens)

    def edge(self, callee_port: int) -> "EdgeUnderTest":
        """An edge no other test has used, leading to that port."""
        edge = EdgeUnderTest(self, next(self.free))
        edge.lead_to(callee_port)
        return edge


class EdgeUnderTest:
    """One edge of a running proxy."""

    def __init__(self, proxy: ProxyProcess, name: str) -> None:
        self.proxy = proxy
        self.name = name
        self.port = proxy.listens[name]
        self._callers: list[Peer] = []

    @property
    def path(self) -> str:
        return quote(self.name, safe="")

    def lead_to(self, port: int) -> None:
        self.proxy.control("PUT", "/edges", {self.name: {"host": "127.0.0.1", "port": port}})

    def caller(self) -> Peer:
        """A new connection from the caller's side."""
        peer = Peer(socket.create_connection(("127.0.0.1", self.port), timeout=10))
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._callers.append(peer)
        return peer

    def put(self, *rules: dict[str, Any]) -> Any:
        """Put these rules in force."""
        return self.proxy.control("PUT", f"/rules/{self.path}", list(rules))

    def stats(self) -> dict[str, Any]:
        return dict(self.proxy.control("GET", "/stats")[self.name])

    def rule(self, id: str) -> dict[str, Any]:
        return dict(self.stats()["rules"][id])

    def idle(self) -> bool:
        """Whether nothing is under way."""
        return bool(self.stats()["active"] == 0)

    def close(self) -> None:
        for peer in self._callers:
            peer.close()


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Gives the first true value of a check; fails when there is none in time."""
    return _eventually


@pytest.fixture(scope="session", params=["uvloop", "asyncio"])
def proxy(request: pytest.FixtureRequest) -> Iterator[Proxy]:
    """A proxy on either event loop, with plenty of edges."""
    running = Proxy(edges=EDGES, loop=request.param)
    yield running
    running.close()


@pytest.fixture
def make_proxy() -> Iterator[Callable[..., Proxy]]:
    """Starts proxies of this test's own."""
    started: list[Proxy] = []

    def make(**config: Any) -> Proxy:
        started.append(Proxy(**config))
        return started[-1]

    yield make
    for running in started:
        running.close()


@pytest.fixture
def make_callee() -> Iterator[Callable[..., Callee]]:
    """Starts callees."""
    started: list[Callee] = []

    def make(serve: Serve = answer_ok) -> Callee:
        started.append(Callee(serve))
        return started[-1]

    yield make
    for callee in started:
        callee.close()


@pytest.fixture
def make_edge(
    proxy: Proxy, make_callee: Callable[..., Callee]
) -> Iterator[Callable[..., tuple[EdgeUnderTest, Callee]]]:
    """Makes an edge and the callee it leads to."""
    made: list[EdgeUnderTest] = []

    def make(serve: Serve = answer_ok) -> tuple[EdgeUnderTest, Callee]:
        callee = make_callee(serve)
        made.append(proxy.edge(callee.port))
        return made[-1], callee

    yield make
    for edge in made:
        edge.put()
        edge.close()


@pytest.fixture
def edge(make_edge: Callable[..., tuple[EdgeUnderTest, Callee]]) -> EdgeUnderTest:
    """An edge that leads to a callee that answers 200 `ok`."""
    return make_edge()[0]
