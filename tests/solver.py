"""A learner in code: looks at what `lab … --json` shows, and answers. It never reads a scenario's files."""

from collections.abc import Callable
from typing import Any

from whole_lab import WholeLab, eventually

CHECKOUT = "POST /api/v1/orders"
WINDOW = "GET /api/v1/products"
WAIT = "wait for database connection"


class Solver:
    """Looks, concludes, answers; one method a kind of question."""

    def __init__(self, lab: WholeLab) -> None:
        self.lab = lab
        self.asked = {question["id"]: question for question in lab.get("diagnose")}

    def red(self, since: str, until: str | None = None, **scope: str) -> dict[str, Any]:
        """RED of a scope over a window, as `lab metrics` shows it."""
        words = ["metrics", "--since", since]
        if until is not None:
            words += ["--until", until]
        for name, value in scope.items():
            words += [f"--{name}", value]
        found: dict[str, Any] = self.lab.get(*words)["red"]
        return found

    def trend(self, measure: Callable[[dict[str, Any]], float], **scope: str) -> str:
        """Better, worse or steady, from the two halves of the incident's last minute."""
        status = self.lab.get("status")
        start = max(status["windows"]["incident"][0], status["now"] - 60)
        middle = f"{(start + status['now']) / 2:.3f}"
        earlier = measure(self.red(f"{start:.3f}", middle, **scope))
        later = measure(self.red(middle, f"{status['now']:.3f}", **scope))
        change = (later - earlier) / max(earlier, later, 1e-9)
        return "steady" if abs(change) < 0.15 else ("worse" if change > 0 else "better")

    def deepest_failure(self, query: str) -> dict[str, Any]:
        """The deepest failed span of the newest trace that fits."""
        (newest, *_) = self.lab.get("traces", query, "--limit", "1")["traces"]
        spans = self.lab.get("traces", newest["trace_id"])["spans"]
        failed = [span for span in spans if span["status"] == "error"]
        return max(failed or spans, key=lambda span: span["depth"])

    def letter(self, question: str, *words: str) -> str:
        """The option that speaks of all these words."""
        options = self.asked[question]["options"]
        fitting = [one["key"] for one in options if all(word.lower() in one["text"].lower() for word in words)]
        assert len(fitting) == 1, f"{words} fit {fitting} of {[one['text'] for one in options]}"
        return str(fitting[0])

    def answer(self, question: str, answer: Any) -> dict[str, Any]:
        """Give one answer as a learner would type it."""
        text = ", ".join(answer) if isinstance(answer, list) else str(answer)
        said = self.lab.run("diagnose", question, text, "--json")
        assert said.code in (0, 1), said.err
        graded: dict[str, Any] = said.json
        assert said.code == (1 if graded["verdict"] == "wrong" else 0)
        return graded

    def fix_and_prove(self, mitigation: str) -> dict[str, Any]:
        """Apply a mitigation and run the load test; exit code 1 is a verdict too."""
        self.lab.get("fix", mitigation)
        said = self.lab.run("load", "--json", within_s=180)
        assert said.code in (0, 1), said.err
        verdict: dict[str, Any] = said.json
        assert (verdict["verdict"] == "passed") == (said.code == 0)
        return verdict


def solve_rate_limit(lab: WholeLab) -> Solver:
    """Answer every question up to the mitigation, from what can be seen."""
    solver = Solver(lab)
    checkout = {"service": "gateway", "route": CHECKOUT}
    assert eventually(lambda: solver.red("incident", **checkout)["requests"] > 150, 30)
    share = solver.red("incident", **checkout)["error_share"]
    solver.answer("size", f"{share * 100:.1f} %")
    solver.answer("direction", solver.trend(lambda red: float(red["error_share"]), **checkout))

    first_no = solver.deepest_failure("service:gateway kind:server status:503")
    peer = first_no["attributes"].get("peer.service")
    status = first_no["attributes"].get("http.response.status_code")
    assert (first_no["service"], peer, status) == ("orders", "partner", 429)
    solver.answer("where", solver.letter("where", "Paylane", "money"))

    own_refusals = lab.get("logs", "event:rate_limited")["count"]
    quota = lab.get("partner", "developers")["text"]
    charges = solver.red("-10s", edge="orders->partner")
    accepted = charges["statuses"].get("200", 0) + charges["statuses"].get("201", 0)
    assert own_refusals == 0
    assert "429" in quota
    assert accepted > 0
    solver.answer("whose", solver.letter("whose", "rate that our contract"))

    usual = lab.get("metrics", "--service", "gateway")["baseline"]["rate_rps"]
    today = solver.red("-10s", service="gateway")["rate_rps"]
    assert today > 2 * usual
    solver.answer("why-now", solver.letter("why-now", "more frequent"))

    refused = lab.get("logs", "service:orders event:payment.refused", "--limit", "1")["logs"][0]
    solver.answer("proof", lab.get("cite", refused["ref"])["id"])
    return solver


def solve_slow_partner(lab: WholeLab) -> Solver:
    """As above, for the slow partner."""
    solver = Solver(lab)
    checkout = {"service": "gateway", "route": CHECKOUT}
    assert eventually(lambda: solver.red("incident", **checkout)["requests"] > 60, 40)
    solver.answer("size", f"{solver.red('incident', **checkout)['p50_ms']:.0f} ms")
    solver.answer("direction", solver.trend(lambda red: float(red["p50_ms"]), **checkout))

    routes = [
        route
        for route in (CHECKOUT, WINDOW, "GET /api/v1/orders/{order_id}")
        if solver.red("incident", service="gateway", route=route)["p95_ms"] > 500
    ]
    assert len(routes) == 3
    letters = [solver.letter("who-feels-it", words) for words in ("who pay", "shop window", "look up")]
    solver.answer("who-feels-it", letters)

    # the step that works; many waited even longer for a connection, which is the next question's matter
    slow = lab.get("traces", f'root:"{CHECKOUT}" duration:>1200 -status:error', "--limit", "3")["traces"]
    assert slow
    for one in slow:
        spans = [span for span in lab.get("traces", one["trace_id"])["spans"] if span["name"] != WAIT]
        assert max(spans, key=lambda span: span["self_ms"])["attributes"]["peer.service"] == "partner"
    solver.answer("where", solver.letter("where", "orders to Paylane"))

    waiting = lab.get("traces", f'root:"{WINDOW}" name:"{WAIT}" duration:>700', "--limit", "1")
    (waited, *_) = waiting["traces"]
    spans = lab.get("traces", waited["trace_id"])["spans"]
    wait = next(span for span in spans if span["name"] == WAIT)
    queries = [span for span in spans if span["attributes"].get("db.query.text")]
    assert wait["duration_ms"] > 10 * max((span["duration_ms"] for span in queries), default=0)
    solver.answer("why-everybody", solver.letter("why-everybody", "hold on to what each page needs"))
    solver.answer("proof", lab.get("cite", waited["ref"])["id"])
    return solver
