"""The whole journey through rate-limit, by commands alone, with answers found by looking."""

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from solver import CHECKOUT, Solver, solve_rate_limit
from whole_lab import WholeLab, eventually, listening

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def update_for(share: float, later: str) -> str:
    """An honest status update, with this run's own number in it."""
    return (
        f"Customers who press 'order' get an error: about {share * 100:.0f} % of checkouts fail since the mail. "
        "Looking at coffee and tracking earlier orders works as usual. "
        "The share of failed checkouts has been steady over the last minutes. "
        "Our checkout team is now taking orders in and charging the cards a little later. "
        f"You will hear from us again at {later}."
    )


# the two that teach something here; that each of the others fails is shown by the scenario's proof
WRONG = ("retry", "let-fewer-in")


class Journey:
    """One run of the scenario from start to debrief, and everything that was seen on the way."""

    def __init__(self, lab: WholeLab) -> None:
        self.lab = lab
        self.started = lab.start("rate-limit", "--seed", "1", "--windows", "prove")
        self.tree = lab.tree()
        self.ports = listening(self.tree)
        self.addresses = {
            one.laddr.ip
            for each in self.tree
            for one in each.net_connections("inet")
            if one.status == psutil.CONN_LISTEN
        }
        self.partner_before = self.partner_counts()
        self.solver: Solver = solve_rate_limit(lab)
        self.incident_share = self.solver.red("incident", service="gateway", route=CHECKOUT)["error_share"]
        checkouts = ("metrics", "--service", "gateway", "--route", CHECKOUT)
        start, end = lab.get(*checkouts, "--since", "incident")["window"]
        self.quiet = self.solver.red("-10s", edge="orders->partner")
        self.right = self.solver.fix_and_prove("queue-payments")
        # counted when the window ended a load test ago: what services saw just now is still on its way
        self.shown = lab.get(*checkouts, "--since", f"{start:.3f}", "--until", f"{end:.3f}")
        self.records = [json.loads(line) for line in lab.run("export", "records").out.splitlines()]
        self.solver.answer("fix", "done")
        self.solver.answer("after", f"{self.right['after']['longest_wait_s']} s")
        later = time.strftime("%H:%M", time.localtime(time.time() + 1800))
        self.updated = self.solver.answer("update", update_for(self.incident_share, later))
        self.solver.answer("next", self.solver.letter("next", "until the last order is paid"))
        self.questions = {row["id"]: row for row in lab.get("diagnose")}
        self.report = lab.get("report")
        lab.get("fix", "retry")
        self.hammering = self.after(10)
        self.partner_after = self.partner_counts()
        self.wrong = {name: self.solver.fix_and_prove(name) for name in WRONG if name != "retry"}
        self.wrong["retry"] = self.solver.fix_and_prove("retry")

    def after(self, seconds: int) -> dict[str, Any]:
        """RED of the edge to the partner over the `seconds` that follow."""
        began = time.time()
        assert eventually(lambda: time.time() - began > seconds + 1, seconds + 5)
        return self.solver.red(f"-{seconds}s", edge="orders->partner")

    def partner_counts(self) -> dict[str, float]:
        """The partner's own counters, which no learner sees: refusals by reason."""
        import urllib.request

        (port,) = listening([psutil.Process(self.lab.get("status")["processes"]["partner"])])
        (token,) = (self.lab.home / "run").rglob("admin.token")
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics")
        asked.add_header("Authorization", f"Bearer {token.read_text()}")
        with urllib.request.urlopen(asked, timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        refused = [line for line in lines if line.startswith("partner_refused_total{")]
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in refused}


@pytest.fixture(scope="module")
def journey(lab_of_all: WholeLab) -> Journey:
    return Journey(lab_of_all)


def test_the_solver_gets_full_marks(journey: Journey) -> None:
    missed = {
        name: (row["answer"], row["feedback"], row["checklist"])
        for name, row in journey.questions.items()
        if row["earned"] < row["points"]
    }
    assert missed == {}
    assert journey.report["data"]["score"]["passed"]


def test_the_right_mitigation_passes(journey: Journey) -> None:
    assert journey.right["verdict"] == "passed", journey.right["why"]


@pytest.mark.parametrize("name", WRONG)
def test_every_wrong_mitigation_fails_and_says_why(journey: Journey, name: str) -> None:
    assert journey.wrong[name]["verdict"] == "failed"
    assert journey.wrong[name]["why"]


def test_turning_customers_away_fails_by_what_they_did_not_get(journey: Journey) -> None:
    missed = [slo["text"] for slo in journey.wrong["let-fewer-in"]["slos"] if not slo["ok"]]
    assert any("paid" in text for text in missed)


def test_the_verdict_compares_before_and_after(journey: Journey) -> None:
    before, after = journey.right["before"], journey.right["after"]
    assert before["error_share"] > 0.1 > after["error_share"]
    assert {"p50", "p95", "p99", "rate", "error_share", "paid"} <= set(before) & set(after)


def test_locusts_own_files_are_kept(journey: Journey) -> None:
    files = journey.right["files"]
    assert "<html" in Path(files["html"]).read_text(encoding="utf-8")[:500].lower()
    assert Path(files["csv"]).exists()


def test_the_partners_quota_is_what_refuses(journey: Journey) -> None:
    (reason,) = [key for key, value in journey.partner_after.items() if value > journey.partner_before.get(key, 0)]
    assert "quota" in reason


def test_retries_multiply_the_refusals_and_lower_the_errors_of_nobody(journey: Journey) -> None:
    def refused_per_s(red: dict[str, Any]) -> float:
        return float(red["statuses"].get("429", 0)) / (red["requests"] / red["rate_rps"])

    assert refused_per_s(journey.hammering) > 1.8 * refused_per_s(journey.quiet)
    assert journey.hammering["error_share"] > journey.quiet["error_share"] - 0.05


def test_the_number_asked_for_is_what_independent_code_computes_from_the_records(journey: Journey) -> None:
    start, end = journey.shown["window"]
    spans = [
        record
        for record in journey.records
        if record["record"] == "span"
        and (record["service"], record["kind"]) == ("gateway", "server")
        and f"{record['attributes']['http.request.method']} {record['attributes'].get('http.route')}" == CHECKOUT
        and start <= round(record["end_s"], 6) < end
    ]
    failed = [span for span in spans if int(span["attributes"]["http.response.status_code"]) >= 500]
    durations = sorted(span["duration_ms"] for span in spans)
    assert len(spans) == journey.shown["red"]["requests"]
    assert len(failed) / len(spans) == pytest.approx(journey.shown["red"]["error_share"])
    rank = math.ceil(0.95 * len(durations))
    assert durations[rank - 1] == pytest.approx(journey.shown["red"]["p95_ms"], rel=1e-3)


def test_the_exported_load_is_a_locustfile(journey: Journey) -> None:
    text = journey.lab.run("export", "locust").out
    compile(text, "locustfile.py", "exec")
    assert "FastHttpUser" in text


def test_the_debrief_speaks_of_this_run(journey: Journey) -> None:
    said = journey.lab.run("report", "--markdown").out
    assert "Take this to work on Monday" in said
    assert "${" not in said


def test_nothing_in_processes_names_the_fault_or_the_scenario(journey: Journey) -> None:
    for process in journey.tree:
        if not process.is_running() or process.pid == journey.tree[0].pid:
            continue
        shown = " ".join(process.cmdline()) + " ".join(f"{k}={v}" for k, v in process.environ().items())
        for own in (str(journey.lab.home), sys.executable, sys.prefix, str(Path(__file__).parents[2])):
            shown = shown.replace(own, "")  # a clone may have any name
        for word in ("rate-limit", "fault", "quota", "scenario"):
            assert word not in shown.lower(), f"{word!r} shows in {process.name()}"


def test_nothing_listens_beyond_this_machine(journey: Journey) -> None:
    assert journey.addresses == {"127.0.0.1"}


def test_stop_leaves_no_process_no_port_and_no_temporary_file(journey: Journey) -> None:
    said = journey.lab.run("stop")
    assert said.code == 0, said.err
    assert eventually(lambda: not any(process.is_running() for process in journey.tree))
    assert journey.lab.processes() == []
    assert list((journey.lab.home / "run").iterdir()) == []
    assert not (journey.lab.home / "console.json").exists()


def test_progress_outlives_the_lab(journey: Journey) -> None:
    (row,) = journey.lab.get("progress")["scenarios"]
    assert row["id"] == "rate-limit"
    assert row["passed"]
