"""One incident in containers, from start to verdict, with everything that an engine can do to it on the way.

The steps build on each other and a start takes a while, so one run is made, and what was seen is judged by the tests.
"""

import json
import os
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contained_lab import Contained, docker, leftovers, wait_until
from solver import Solver

from lab.core import ports
from lab.runtimes.site import FIRST_EDGE_PORT, SUPERVISOR_PORT

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
INNER = ("gateway", "orders", "partner", "db")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SINK = """
import http.server, json
class Door(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for block in told.get("resourceSpans", ()) or told.get("resourceLogs", ()):
            for one in block["resource"]["attributes"]:
                if one["key"] == "service.name":
                    print(self.path, one["value"]["stringValue"], flush=True)
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"{}")
http.server.ThreadingHTTPServer(("0.0.0.0", 4318), Door).serve_forever()
"""
KNOCK = """
import socket, sys
for place in sys.argv[1:]:
    host, port = place.rsplit(":", 1)
    with socket.socket() as knocking:
        knocking.settimeout(1)
        if knocking.connect_ex((host, int(port))) == 0:
            print(place)
"""


class Journey:
    """The run, and what was seen of it."""

    def __init__(self, lab: Contained) -> None:
        self.lab = lab
        self.started = lab.get("start", "rate-limit", "--runtime", "compose", "--seed", "1", "--windows", "prove",
                               within_s=600)  # fmt: skip
        self.status = lab.get("status")
        self._another_collector()
        self._prometheus()
        self.inside = {name: self._looked_inside(name) for name in ("lab", *INNER)}
        self.password = lab.inside("lab", "cat /run/faultlab/database/operator.password")
        self.reached_from_outside = self._knocked_from_outside()
        self.tables = lab.get("sql", "--tables")["tables"]
        self.count = lab.get("sql", "SELECT count(*) FROM orders")["rows"][0][0]
        self.plan = lab.get("sql", "--explain", "SELECT * FROM orders WHERE coupon_code = 'OPENING25'")["plan"]
        self.refused = lab.run("sql", "DELETE FROM refunds", "--json")
        self.request = lab.get("request", "GET", "/api/v1/products?limit=1")
        self.locustfile = lab.run("export", "locust").out
        self._compared()
        self._answered()
        self.crashes = {name: self._crashed(name) for name in INNER}
        self.service_crash = self._service_crashed()
        self.pauses = {name: self._paused(name) for name in INNER}
        self._console_killed()
        self._everything_restarted()
        self._fixed_and_proved()
        self.progress = lab.get("progress")
        self.stopped = lab.get("stop")
        self.left = leftovers(lab.project)

    def _another_collector(self) -> None:
        docker(
            "run", "--detach", "--rm", "--name", f"{self.lab.project}-sink", "--network", f"{self.lab.project}_outside",
            "--network-alias", "sink.test", "--label", f"faultlab.lab={self.lab.project}", self.lab.more["LAB_IMAGE"],
            "python", "-c", SINK,
        )  # fmt: skip

    def _prometheus(self) -> None:
        (self.prometheus_port,) = ports.pick(1)
        command = ["docker", "compose", "--project-name", self.lab.project, "--profile", "observability"]
        own = {"LAB_ID": self.lab.project, "PROMETHEUS_PORT": str(self.prometheus_port)}
        own["PROMETHEUS_VERSION"] = "latest"  # the one that CI has
        for name, key in (("console", "LAB_PORT"), ("gateway", "GATEWAY_PORT")):
            own[key] = self.status["addresses"][name].rpartition(":")[2]
        done = subprocess.run(
            [*command, "up", "--detach", "--no-deps", "prometheus"],
            env={**self.lab.env(), **own},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def _looked_inside(self, name: str) -> dict[str, str]:
        looked = {
            "user": "id -u",
            "capabilities": "grep CapEff /proc/self/status",
            "privileges": "grep NoNewPrivs /proc/self/status",
            "written": "for place in / /opt /usr /etc /run/faultlab/control /run/faultlab/database; do "
            "(touch $place/probe && rm $place/probe && echo $place) 2>/dev/null; done; true",
            "sockets": "find / -name 'docker*.sock' -not -path '/proc/*' 2>/dev/null; true",
            "processes": "cat /proc/[0-9]*/cmdline | tr '\\0' ' '",
            "environments": "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'",
        }
        return {what: self.lab.inside(name, script) for what, script in looked.items()}

    def _knocked_from_outside(self) -> list[str]:
        """From a container of somebody else, on another network of the same engine: what answers."""
        doors = (7700, SUPERVISOR_PORT, 8000, 8001, 8002, FIRST_EDGE_PORT, FIRST_EDGE_PORT + 1, 9100, 5432)
        addresses = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        places = []
        for name in ("lab", *INNER):
            for address in docker("inspect", "--format", addresses, self.lab.container(name)).split():
                places += [f"{address}:{door}" for door in doors]
        gateways = "{{range .NetworkSettings.Networks}}{{.Gateway}} {{end}}"
        host = docker("inspect", "--format", gateways, self.lab.container("lab")).split()[0]
        published = [url.rpartition(":")[2] for url in self.status["addresses"].values()]
        self.beyond_loopback = [port for port in published if _open(host, int(port))]
        places += [f"{host}:{port}" for port in published]
        return docker("run", "--rm", "python:3.13-slim", "python", "-c", KNOCK, *places, within_s=300).split()

    def _compared(self) -> None:
        """The same half minute, as the console and as Prometheus tell it."""
        wait_until(self._prometheus_knows_enough, 120, what="more than half a minute of Prometheus")
        self.console_says = self.lab.get("metrics", "--service", "gateway", "--since", "-30s")["red"]
        self.prometheus_says = {
            name: self._asked_prometheus(f'service:{name}{{service="gateway"}}')
            for name in ("errors:ratio30s", "duration_seconds:p95_30s", "requests:rate30s")
        }
        self.alerts = self._asked("alerts")["data"]["alerts"]

    def _prometheus_knows_enough(self) -> bool:
        """Whether it read the services well before the half minute that is compared."""
        services = urllib.parse.quote('up{job="shop"} offset 34s == 1')
        try:
            return len(self._asked(f"query?query={services}")["data"]["result"]) == 2
        except OSError:  # it is not up yet
            return False

    def _asked_prometheus(self, query: str) -> float:
        found = self._asked(f"query?query={urllib.parse.quote(query)}")["data"]["result"]
        return float(found[0]["value"][1])

    def _asked(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.prometheus_port}/api/v1/{path}", timeout=10) as answer:
            return json.load(answer)

    def _answered(self) -> None:
        self.solver = Solver(self.lab)
        letter = self.solver.letter("whose", "rate that our contract")
        assert self.solver.answer("whose", letter)["verdict"] == "right"
        self.lab.get("fix", "queue-payments")

    def _new(self, before: list[str]) -> list[str]:
        return self.lab.said()[len(before) :]

    def _crashed(self, name: str) -> list[str]:
        """The container's first process is killed; what the lab said until the shop was well again."""
        before = self.lab.said()
        began = self.lab.state(name)["StartedAt"]
        self.lab.crash(name)
        wait_until(lambda: self.lab.state(name)["StartedAt"] != began, what=f"{name}'s restart")
        said = "The database was restarted" if name == "db" else f"The container of {name} was restarted"
        wait_until(lambda: any(said in text for text in self._new(before)), what=f"word of {name}")
        wait_until(lambda: self._order_is_queued(), what=f"an order after {name}'s crash")
        return self._new(before)

    def _order_is_queued(self) -> bool:
        """Whether the fix that is in force still is: an order is accepted, to be paid later."""
        body = json.dumps(
            {
                "items": [{"product_id": "guji-uraga-250g", "quantity": 1}],
                "customer": {"email": "me@example.com", "name": "Me", "country": "DE"},
            }
        )
        said = self.lab.run("request", "POST", "/api/v1/orders", "--body", body, "--json")
        return said.code == 0 and said.json["status"] == 202

    def _service_crashed(self) -> list[str]:
        before = self.lab.said()
        pid = self.lab.get("status")["processes"]["orders"]
        self.lab.inside("orders", f"kill -9 {pid}")
        wait_until(lambda: self.lab.get("status")["processes"].get("orders") not in (pid, None))
        wait_until(lambda: self._order_is_queued(), what="an order after the service's crash")
        return self._new(before)

    def _paused(self, name: str) -> list[str]:
        before = self.lab.said()
        docker("pause", self.lab.container(name))
        try:
            silent = "The database does not answer" if name == "db" else f"The container of {name} does not answer"
            wait_until(lambda: silent in self._new(before), what=silent)
        finally:
            docker("unpause", self.lab.container(name))
        wait_until(lambda: any("answers again" in text for text in self._new(before)), what=f"{name} again")
        wait_until(self.lab.shop_answers, what=f"the shop after {name}'s pause")
        return self._new(before)

    def _console_killed(self) -> None:
        docker("pause", self.lab.container("lab"))
        self.console_paused = self.lab.run("status")
        docker("unpause", self.lab.container("lab"))
        docker("kill", self.lab.container("lab"))  # the engine takes this for a wish and does not restart it
        self.console_gone = self.lab.run("status")
        self.resumed = self.lab.get("start", "--windows", "prove", within_s=300)
        self.kept = next(row for row in self.lab.get("diagnose") if row["id"] == "whose")

    def _everything_restarted(self) -> None:
        docker("restart", "--time", "1", *(self.lab.container(name) for name in ("lab", *INNER)), within_s=120)
        address = self.started["addresses"]["console"]
        wait_until(lambda: _answers(f"{address}/health"), what="the console after a restart")
        self.after_restart = self.lab.run("status")
        self.resumed_again = self.lab.get("start", "--windows", "prove", within_s=300)
        self.kept_again = next(row for row in self.lab.get("diagnose") if row["id"] == "whose")

    def _fixed_and_proved(self) -> None:
        self.verdict = Solver(self.lab).fix_and_prove("queue-payments")
        self.forwarding = self.lab.get("status")["forwarding"]
        self.collected = set(docker("logs", f"{self.lab.project}-sink").splitlines())


def _open(host: str, port: int) -> bool:
    with socket.socket() as knocking:
        knocking.settimeout(1)
        return knocking.connect_ex((host, port)) == 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    home = tmp_path_factory.mktemp("journey") / "home"
    home.mkdir()
    earlier = {"session": "earlier", "scenario": "slow-partner", "title": "The shop that hangs", "share": 0.4,
               "passed": False, "skills": ["latency"], "at_s": 1.0}  # fmt: skip
    (home / "progress.jsonl").write_text(json.dumps(earlier) + "\n", encoding="utf-8")
    lab = Contained(home, OTEL_EXPORTER_OTLP_ENDPOINT="http://sink.test:4318")
    try:
        yield Journey(lab)
    finally:
        subprocess.run(["docker", "rm", "--force", f"{lab.project}-sink"], capture_output=True, check=False)
        lab.clean_up()


def test_the_incident_opens_in_containers(journey: Journey) -> None:
    assert (journey.started["state"], journey.started["runtime"]) == ("open", "compose")
    assert journey.started["addresses"]["gateway"].startswith("http://127.0.0.1:")


def test_the_learner_sees_public_addresses_only(journey: Journey) -> None:
    public = journey.status["addresses"]["gateway"]
    assert journey.request["status"] == 200
    assert journey.request["url"].startswith(public)
    assert public in journey.request["curl"]
    assert public in journey.locustfile
    assert "http://gateway:8000" not in journey.locustfile


def test_the_clock_in_texts_is_the_learners(journey: Journey) -> None:
    opened = time.strftime("%H:%M", time.localtime(journey.status["pager_at"]))
    assert opened in journey.status["pager"]


def test_the_database_is_read_like_the_other_one(journey: Journey) -> None:
    assert {"orders", "products", "customers"} <= {table["name"] for table in journey.tables}
    assert "alembic_version" not in {table["name"] for table in journey.tables}
    assert journey.count >= 100_000
    assert journey.refused.code == 2
    assert "Only reading is allowed" in journey.refused.err


def test_a_plan_is_postgresqls_own(journey: Journey) -> None:
    assert journey.plan[0].startswith("Seq Scan on orders (actual time=")
    removed = [int(line.rpartition(":")[2]) for line in journey.plan if "Rows Removed by Filter" in line]
    assert removed[0] > 99_000


@pytest.mark.parametrize("name", ["lab", *INNER])
def test_nobody_in_a_container_has_any_power(journey: Journey, name: str) -> None:
    seen = journey.inside[name]
    assert seen["user"] != "0"
    assert seen["user"] == "10001" or name == "db"
    assert seen["capabilities"].split()[-1] == "0000000000000000"
    assert seen["privileges"].split()[-1] == "1"
    assert seen["sockets"] == ""


def test_only_the_lab_writes_anywhere_and_only_to_its_volumes(journey: Journey) -> None:
    written = {name: seen["written"].split() for name, seen in journey.inside.items()}
    assert written.pop("lab") == ["/run/faultlab/control", "/run/faultlab/database"]
    assert set(map(tuple, written.values())) == {()}


def test_no_secret_is_in_a_command_or_an_environment(journey: Journey) -> None:
    assert len(journey.password) > 10
    for name, seen in journey.inside.items():
        for secret in (journey.started["key"], journey.password):
            assert secret not in seen["processes"] + seen["environments"], name
        for line in seen["environments"].splitlines():
            assert not line.startswith(("POSTGRES_PASSWORD=", "PGPASSWORD=")), name


def test_no_service_knows_of_the_lesson(journey: Journey) -> None:
    for name in INNER:
        seen = journey.inside[name]["processes"] + journey.inside[name]["environments"]
        for word in ("rate-limit", "quota", "scenario", "fault=", "baseline"):
            assert word not in seen, f"{word} in {name}"


def test_from_outside_nothing_answers(journey: Journey) -> None:
    assert journey.reached_from_outside == []
    assert journey.beyond_loopback == []


def test_prometheus_and_the_console_agree_on_errors_within_five_points(journey: Journey) -> None:
    console = journey.console_says
    assert console["error_share"] > 0.05
    assert journey.prometheus_says["errors:ratio30s"] == pytest.approx(console["error_share"], abs=0.05)
    assert journey.prometheus_says["requests:rate30s"] == pytest.approx(console["rate_rps"], rel=0.2)


def test_prometheus_and_the_console_agree_on_p95_within_a_bucket(journey: Journey) -> None:
    def bucket(seconds: float) -> int:
        return sum(seconds > bound for bound in BUCKETS)

    estimated = bucket(journey.prometheus_says["duration_seconds:p95_30s"])
    assert abs(estimated - bucket(journey.console_says["p95_ms"] / 1000)) <= 1


def test_a_broken_promise_is_an_alert(journey: Journey) -> None:
    assert "TooManyErrors" in {alert["labels"]["alertname"] for alert in journey.alerts}


def test_another_collector_gets_spans_and_logs_of_our_services(journey: Journey) -> None:
    assert journey.collected == {
        f"/v1/{signal} {service}" for signal in ("traces", "logs") for service in ("gateway", "orders")
    }
    assert journey.forwarding["sent"] > 10


@pytest.mark.parametrize("name", INNER)
def test_a_container_that_dies_is_said_and_comes_back_as_it_was(journey: Journey, name: str) -> None:
    if name == "db":
        assert any("The database was restarted" in text for text in journey.crashes[name])
    else:
        assert f"The container of {name} was restarted; {name} is being started in it again" in journey.crashes[name]


def test_a_service_that_dies_in_its_container_comes_back_with_its_settings(journey: Journey) -> None:
    assert "orders ended (exit -9) and is being restarted" in journey.service_crash


@pytest.mark.parametrize("name", INNER)
def test_a_container_that_is_paused_is_said_and_goes_on(journey: Journey, name: str) -> None:
    who = "The database" if name == "db" else f"The container of {name}"
    told = [text for text in journey.pauses[name] if text.startswith(who)]
    assert told == [f"{who} does not answer", f"{who} answers again"]


def test_a_paused_console_is_told_with_what_lets_it_go_on(journey: Journey) -> None:
    assert journey.console_paused.code == 4
    assert "it is paused" in " ".join(journey.console_paused.err.split())
    assert f"docker unpause {journey.lab.container('lab')}" in " ".join(journey.console_paused.err.split())


def test_after_the_console_was_killed_the_same_scenario_goes_on_with_the_answers(journey: Journey) -> None:
    assert journey.console_gone.code == 4
    assert "brings it back where you were" in " ".join(journey.console_gone.err.split())
    assert (journey.resumed["scenario"], journey.resumed["seed"], journey.resumed["resumed"]) == ("rate-limit", 1, True)
    assert (journey.kept["state"], journey.kept["earned"]) == ("right", 10)
    assert journey.resumed["mitigation"] is None
    assert journey.resumed["addresses"] == journey.started["addresses"], "open pages go on"


def test_after_everything_was_restarted_too(journey: Journey) -> None:
    assert journey.after_restart.code == 3
    assert "stopped unexpectedly" in journey.after_restart.err
    assert journey.resumed_again["resumed"] is True
    assert journey.kept_again["earned"] == 10


def test_the_right_fix_passes_its_load_test(journey: Journey) -> None:
    assert journey.verdict["verdict"] == "passed", journey.verdict["why"]


def test_progress_of_before_counts_on_and_comes_home(journey: Journey) -> None:
    assert {run["scenario"] for run in journey.progress["runs"]} == {"slow-partner", "rate-limit"}
    home = journey.lab.home
    lines = [json.loads(line) for line in (home / "progress.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {line["scenario"] for line in lines} == {"slow-partner", "rate-limit"}
    assert [line["session"] for line in lines].count("earlier") == 1


def test_the_report_and_locusts_files_come_home(journey: Journey) -> None:
    page = Path(journey.stopped["report"])
    assert journey.lab.home in page.parents
    assert "The campaign that broke checkout" in page.read_text(encoding="utf-8")
    told = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    files = told["data"]["loads"][-1]["files"]
    assert os.path.exists(files["html"])
    assert journey.lab.get("report")["data"]["verdict"] == "passed"


def test_nothing_is_left_after_stop(journey: Journey) -> None:
    assert journey.left == []
    assert not (journey.lab.home / "console.json").exists()
