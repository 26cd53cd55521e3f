"""Every command on every page of the documentation is run as printed, in order, as a stranger would run it."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from doc_commands import Ran, Stranger, files, pages, printed
from doc_stand_ins import BEFORE, IN_PLACE, MAY_FAIL, NOT_RUN

HANDY = {
    "update.txt": "A third of our customers cannot order. It is steady. We look into it. Next update at 10:30.",
    "order.json": '{"customer": {"name": "Ada", "email": "ada@example.com"}, "items": [{"sku": "ETH-250"}]}',
}
"""Files that pages speak of and leave to their reader."""


def run_here(page: Path) -> list[str]:
    """What is run of a page: the commands as printed, or what stands in for them."""
    instead = IN_PLACE.get(str(page), {})
    return [instead[one][0] if one in instead else one for one in printed(page) if one not in NOT_RUN]


WITH_COMMANDS = [page for page in pages() if run_here(page)]


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes what is sent to it, as any OTLP collector."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shop's database is built once for all pages."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def stranger(tmp_path: Path, cache: Path) -> Iterator[Stranger]:
    stranger = Stranger(tmp_path)
    stranger.clone()
    seats = [f"class/seat-{number}" for number in (1, 2, 3)]
    for home in (".local/state/faultlab", "labs/anna", "labs/ben", "lesson", *seats):
        (stranger.home / home).mkdir(parents=True)
        (stranger.home / home / "cache").symlink_to(cache)
    yield stranger
    stranger.leave()


def as_it_should(ran: Ran) -> bool:
    """Whether a command did what a reader expects."""
    ends = {0, 1} if any(one in ran.command for one in MAY_FAIL) else {124} if "timeout 3" in ran.command else {0}
    return ran.code in ends and "Traceback" not in ran.out + ran.err


@pytest.mark.e2e
@pytest.mark.docs
@pytest.mark.timeout(900)
@pytest.mark.parametrize("of", WITH_COMMANDS, ids=str)
def test_every_command_of_a_page_does_what_it_is_for(of: Path, stranger: Stranger, collector: str) -> None:
    for name, text in {**HANDY, **{f"faultlab/{name}": text for name, text in HANDY.items()}, **files(of)}.items():
        stranger.write(name, text)
    given = [f"export COLLECTOR={collector} LESSON={stranger.home}/lesson", *BEFORE.get(str(of), ())]
    commands = [*given, *run_here(of)]
    *ran, stopped = stranger.run([*commands, "lab stop"])
    assert [one.command for one in ran] == commands
    assert stopped.code in (0, 3), stopped  # 3: the page had ended it already, or never began one
    wrong = [str(one) for one in ran if not as_it_should(one)]
    assert not wrong, "\n\n".join(wrong)
