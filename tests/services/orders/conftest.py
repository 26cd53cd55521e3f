"""A payment partner that does as told, and the shop that pays there."""

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from postgres import Postgres
from sqlalchemy import Engine, NullPool, create_engine, text

ORDER: dict[str, Any] = {
    "items": [{"product_id": "guji-uraga-250g", "quantity": 2}],
    "customer": {"email": "lena@example.com", "name": "Lena Vogel", "country": "DE"},
}


@dataclass
class Call:
    """One call the partner got."""

    at: float
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class FakePartner:
    """Paylane as its documentation says, until told otherwise; remembers idempotency keys of version 2."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    charges: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[Call], Any] | None = None
    delay_s: float = 0.0
    held_after: int = 0
    told: threading.Event | None = None
    change: Callable[[dict[str, Any]], Any] = lambda told: told
    lock: threading.Lock = field(default_factory=threading.Lock)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    times: int = 0
    """How often all was forgotten; a slow call from before that books nothing any more."""

    def behave(self) -> None:
        """As documented again, and forget everything."""
        self.times += 1
        self.calls.clear()
        self.charges.clear()
        self.kept.clear()
        self.answer, self.delay_s, self.told, self.change = None, 0.0, None, lambda told: told

    def always(self, status: int, **headers: str) -> None:
        """Answer every call with this status."""
        self.then((status, headers))

    def then(self, *answers: Any) -> None:
        """Answer with these (status, headers), "reset" or None (as documented) in turn; the last one stays."""
        left = list(answers)
        self.answer = lambda call: left.pop(0) if len(left) > 1 else left[0]

    def hold(self, after: int = 0) -> threading.Event:
        """Answer no call beyond so many until what this returns is set."""
        self.held_after, self.told = after, threading.Event()
        return self.told

    def serve(self, call: Call) -> Any:
        """What to answer: "reset", or status, headers and body."""
        with self.lock:
            self.calls.append(call)
            told, times = self.answer(call) if self.answer else None, self.times
            held = self.told if len(self.calls) > self.held_after else None
        if held is not None:
            held.wait(30)
        if self.delay_s:
            time.sleep(self.delay_s)
        if told == "reset" or times != self.times:
            return "reset"
        if told is not None:
            status, headers = told
            return status, {name.replace("_", "-"): value for name, value in headers.items()}, {"title": "no"}
        with self.lock:
            return 201, {}, self.change(self._book(call))

    def _book(self, call: Call) -> dict[str, Any]:
        if call.path.endswith(("/refund", "/refunds")):
            return {"id": f"re_{len(self.calls)}", "status": "succeeded"}
        if call.path == "/v1/charges":
            told = {"id": f"ch_{len(self.charges) + 1}", "status": "succeeded", "reference": call.body["reference"]}
            self.charges.append(told | {"amount": call.body["amount"], "currency": call.body["currency"]})
            return dict(self.charges[-1])
        key = call.headers["idempotency-key"]
        if key not in self.kept:
            told = {"id": f"pay_{len(self.charges) + 1}", "status": "captured", "reference": call.body["reference"]}
            self.charges.append(told | {"amount": call.body["amount"]})
            self.kept[key] = dict(self.charges[-1])
        return dict(self.kept[key])


@pytest.fixture(scope="module")
def partner_server(free_port: Callable[[], int]) -> Iterator[FakePartner]:
    """The running partner."""
    partner = FakePartner()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = partner.serve(Call(time.monotonic(), self.path, headers, json.loads(raw or b"{}")))
            if answer == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            status, more, told = answer
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
            with contextlib.suppress(OSError):  # the caller may have left
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def finish(self) -> None:
            with contextlib.suppress(OSError, ValueError):
                super().finish()

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", free_port()), Door)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    partner.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield partner
    server.shutdown()
    server.server_close()


@pytest.fixture
def partner(partner_server: FakePartner) -> FakePartner:
    """The partner, behaving."""
    partner_server.behave()
    return partner_server


@dataclass(frozen=True)
class Data:
    """A shop's database, for looking and meddling behind the shop's back."""

    url: str
    """As the shop is told it."""
    engine: Engine

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    def do(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Run one statement, committed; what it returns."""
        with self.engine.begin() as connection:
            done = connection.execute(text(statement), values)
            return [tuple(row) for row in done] if done.returns_rows else []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of how the database behaves run on both; a module says ON_POSTGRESQL = False when it tests other things."""
    if "new_data" in metafunc.fixturenames:
        both = ["sqlite", pytest.param("postgresql", marks=pytest.mark.docker)]
        wanted = both if getattr(metafunc.module, "ON_POSTGRESQL", True) else ["sqlite"]
        metafunc.parametrize("new_data", wanted, indirect=True, scope="module")


@pytest.fixture(scope="module")
def new_data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Data]]:
    """Makes empty databases, of each kind that orders works with."""
    made: list[Data] = []

    def make() -> Data:
        if request.param == "sqlite":
            file = tmp_path_factory.mktemp("data") / "shop.db"
            url, plain = f"sqlite+aiosqlite:///{file}", f"sqlite:///{file}"
        else:
            server: Postgres = request.getfixturevalue("postgres")
            url = plain = f"postgresql+psycopg://{server.login}/{server.new_database()}"
        made.append(Data(url, create_engine(plain, poolclass=NullPool)))
        return made[-1]

    yield make
    for data in made:
        data.engine.dispose()


@pytest.fixture(scope="module")
def database(new_data: Callable[[], Data]) -> Data:
    """Where the module's shop keeps its data; made ready by the shop itself at start."""
    return new_data()


@pytest.fixture(scope="module")
def shop_server(start: Any, partner_server: FakePartner, sink: Any, database: Data) -> Any:
    """The running shop."""
    return start(
        "orders", PARTNER_URL=partner_server.url, DATABASE_URL=database.url, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url
    )


@pytest.fixture(scope="module")
def defaults(shop_server: Any) -> dict[str, Any]:
    """The settings it starts with."""
    told: dict[str, Any] = shop_server.patch()["settings"]
    return told


@pytest.fixture
def shop(shop_server: Any, partner: FakePartner, defaults: dict[str, Any]) -> Any:
    """The shop with default settings and a partner that behaves."""
    shop_server.patch(**defaults)
    return shop_server


Place = Callable[..., httpx.Response]


@pytest.fixture
def place(shop: Any) -> Place:
    """Check out: `place(items=…, key=…, customer_id=…)` overrides parts of an ordinary order."""

    def checkout(
        *, key: str | None = None, customer_id: str | None = None, client: str | None = None, **more: Any
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        headers |= {"X-Client": client} if client else {}
        headers |= {"Customer-Id": customer_id} if customer_id else {}
        answer: httpx.Response = shop.client.post("/orders", json=ORDER | more, headers=headers)
        return answer

    return checkout
