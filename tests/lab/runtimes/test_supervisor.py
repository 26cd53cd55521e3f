"""The supervisor in a service's container does what the holder of the token asks, and tells what happened."""

import asyncio
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from aiohttp import web

from lab.core import ports
from lab.core.errors import EnvironmentLacks, LabError, NotFound, UsageError
from lab.processes.spawn import Spawner
from lab.runtimes.control import Control
from lab.runtimes.service_files import ServiceFile
from lab.runtimes.supervised import Supervised
from lab.runtimes.supervisor import application

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
SHOP = """
import http.server, json, os
class Door(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        told = {"nonce": os.environ["INSTANCE_NONCE"], "env": dict(os.environ)}
        body = json.dumps(told).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Door).serve_forever()
"""


def service(command: tuple[str, ...] = ("python", "-c", SHOP)) -> ServiceFile:
    """A service whose whole answer is its environment."""
    return ServiceFile(
        name="shop",
        title="Shop",
        version="1",
        command=command,
        factory=None,
        port=1,
        health="/health",
        third_party=False,
        edges={"bank": "BANK_URL"},
        database_env=None,
        seed=(),
        settings={},
    )


@dataclass
class Supervisor:
    """A running one, and a client that holds its token."""

    url: str
    control: Control
    port: int

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        return await self.control.json(method, self.url + path, body, within_s=40)

    async def env(self) -> dict[str, str]:
        """The environment of the service that runs now."""
        told: dict[str, Any] = await self.control.json("GET", f"http://127.0.0.1:{self.port}/health")
        return dict(told["env"])

    async def events(self, until: Callable[[list[Any]], object] = bool) -> list[Any]:
        """What happened, once it has."""
        found: list[Any] = []
        for _ in range(100):
            after = found[-1]["number"] if found else 0
            found += (await self.ask("GET", f"/service?after={after}&wait_s=0.2"))["events"]
            if until(found):
                return found
        raise AssertionError("it never happened")


@asynccontextmanager
async def supervising(folder: Path, one: ServiceFile, **env: str) -> AsyncIterator[Supervisor]:
    (port,) = ports.pick(1)
    token = folder / "token"
    token.write_text(secrets.token_hex(8), encoding="utf-8")
    supervised = Supervised(one, Spawner(), folder, {"HOST": "127.0.0.1", "PORT": str(port), **env})
    runner = web.AppRunner(application(supervised, token), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    control = Control(token.read_text())
    yield Supervisor(f"http://127.0.0.1:{runner.addresses[0][1]}", control, port)
    await supervised.close()
    await control.close()
    await runner.cleanup()


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    secret = {"BANK_URL": "http://bank.mesh:1", "SECRET": "of the container"}
    async with supervising(tmp_path, service(), **secret) as one:
        yield one


@pytest.fixture
async def running(supervisor: Supervisor) -> Supervisor:
    await supervisor.ask("PUT", "/service", {"env": {"INSTANCE_NONCE": "n-1"}})
    return supervisor


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/service"), ("PUT", "/service"), ("DELETE", "/service"), ("POST", "/service/kill"), ("GET", "/")],
)
async def test_without_the_token_there_is_nothing(running: Supervisor, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}):
        async with aiohttp.request(method, running.url + path, headers=headers, json={}) as answer:
            assert answer.status == 404
            assert answer.content_type == "application/problem+json"
            assert (await answer.json())["title"] == "Not Found"
    assert (await running.ask("GET", "/service"))["pid"] is not None


async def test_docker_may_ask_whether_it_is_alive(supervisor: Supervisor) -> None:
    async with aiohttp.request("GET", supervisor.url + "/health") as answer:
        assert answer.status == 200
        assert set(await answer.json()) == {"supervises", "boot"}


async def test_before_the_lab_has_left_a_token_nobody_gets_in(tmp_path: Path) -> None:
    async with supervising(tmp_path, service()) as one:
        (tmp_path / "token").unlink()
        with pytest.raises(NotFound):
            await one.ask("GET", "/service")


async def test_the_service_sees_its_session_and_its_own_addresses_and_nothing_else(running: Supervisor) -> None:
    env = await running.env()
    assert env["INSTANCE_NONCE"] == "n-1"
    assert env["BANK_URL"] == "http://bank.mesh:1"
    assert "SECRET" not in env
    assert not [name for name in env if name.startswith("LAB_")]


async def test_a_killed_service_is_back_and_the_lab_is_told_to_set_it_up_again(running: Supervisor) -> None:
    before = (await running.ask("GET", "/service"))["pid"]
    await running.ask("POST", "/service/kill", {"stay_down": False})
    events = await running.events(until=lambda found: any(one["kind"] == "restarted" for one in found))
    assert [one["text"] for one in events if one["kind"] == "told"] == ["shop ended (exit -9) and is being restarted"]
    status = await running.ask("GET", "/service")
    assert status["pid"] not in (before, None)
    assert (await running.env())["INSTANCE_NONCE"] == "n-1"


async def test_one_that_shall_stay_down_does_until_it_is_brought_back(running: Supervisor) -> None:
    await running.ask("POST", "/service/kill", {"stay_down": True})
    await running.events()
    with pytest.raises(LabError):
        await running.env()
    await running.ask("POST", "/service/bring_back", {})
    assert (await running.env())["INSTANCE_NONCE"] == "n-1"


async def test_one_that_is_started_held_back_comes_when_it_is_brought_back(supervisor: Supervisor) -> None:
    await supervisor.ask("PUT", "/service", {"env": {"INSTANCE_NONCE": "n-1"}, "stay_down": True})
    with pytest.raises(LabError):
        await supervisor.env()
    await supervisor.ask("POST", "/service/bring_back", {})
    assert (await supervisor.env())["INSTANCE_NONCE"] == "n-1"
    assert [one["kind"] for one in await supervisor.events()] == ["restarted"]


async def test_a_paused_one_stands_and_goes_on_as_the_same(running: Supervisor) -> None:
    pid = (await running.ask("GET", "/service"))["pid"]
    await running.ask("POST", "/service/pause", {})
    for _ in range(500):
        if psutil.Process(pid).status() == psutil.STATUS_STOPPED:
            break
        await asyncio.sleep(0.01)
    assert psutil.Process(pid).status() == psutil.STATUS_STOPPED
    await running.ask("POST", "/service/resume", {})
    assert (await running.env())["INSTANCE_NONCE"] == "n-1"
    assert (await running.ask("GET", "/service"))["pid"] == pid


async def test_another_start_takes_the_place_of_the_first(running: Supervisor) -> None:
    first = (await running.ask("GET", "/service"))["pid"]
    await running.ask("PUT", "/service", {"env": {"INSTANCE_NONCE": "n-2"}})
    assert (await running.env())["INSTANCE_NONCE"] == "n-2"
    assert not psutil.pid_exists(first)


async def test_a_stopped_service_is_gone_and_can_be_stopped_again(running: Supervisor) -> None:
    pid = (await running.ask("GET", "/service"))["pid"]
    for _ in range(2):
        await running.ask("DELETE", "/service")
    assert not psutil.pid_exists(pid)
    with pytest.raises(EnvironmentLacks, match="not running"):
        await running.ask("POST", "/service/kill", {})


async def test_what_happened_in_one_session_is_no_news_in_the_next(running: Supervisor) -> None:
    await running.ask("POST", "/service/kill", {"stay_down": False})
    await running.events(until=lambda found: any(one["kind"] == "restarted" for one in found))
    await running.ask("DELETE", "/service")
    await running.ask("PUT", "/service", {"env": {"INSTANCE_NONCE": "n-2"}})
    assert (await running.ask("GET", "/service?after=0&wait_s=0.1"))["events"] == []


async def test_a_service_that_cannot_start_is_told_in_its_own_words(tmp_path: Path) -> None:
    broken = ("python", "-c", "import sys; sys.exit('the database does not open')")
    async with supervising(tmp_path, service(broken)) as one:
        with pytest.raises(EnvironmentLacks, match="the database does not open"):
            await one.ask("PUT", "/service", {"env": {"INSTANCE_NONCE": "n-1"}})
        assert (await one.ask("GET", "/service"))["pid"] is None


@pytest.mark.parametrize("body", ["[]", '{"env": 1}', '{"env": {"A": 1}}', "{", "{}"])
async def test_nonsense_is_refused_in_one_sentence(supervisor: Supervisor, body: str) -> None:
    headers = {"Authorization": f"Bearer {supervisor.control._token}", "Content-Type": "application/json"}
    async with aiohttp.request("PUT", supervisor.url + "/service", data=body, headers=headers) as answer:
        told = await answer.json(content_type=None)
        assert (answer.status, told["kind"]) == (422, "UsageError")


async def test_what_nobody_can_do_is_refused(running: Supervisor) -> None:
    with pytest.raises(NotFound, match="dance"):
        await running.ask("POST", "/service/dance", {})
    with pytest.raises(UsageError):
        await running.ask("GET", "/service?after=x")


async def test_asking_what_happened_waits_only_as_long_as_it_says(running: Supervisor) -> None:
    assert (await running.ask("GET", "/service?after=0&wait_s=0.1"))["events"] == []


def test_a_service_that_does_not_exist_is_refused_when_it_starts() -> None:
    for words, said in ((["orderz"], "Did you mean 'orders'?"), ([], "Name one service.")):
        done = subprocess.run(
            [sys.executable, "-m", "lab.runtimes.supervisor", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
