"""Cheap strategies do not pass: a thousand draws of each, graded from the record of a real run.

Each simulated learner gets the options in an order of their own, tries one mitigation at random, and answers every
question once, by a rule that needs no understanding.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lab.core.errors import LabError
from lab.core.quantities import say_share
from lab.proof.recorded import Recorded
from lab.proof.result import Row
from lab.questions import Fix, Glance, Run
from lab.questions.look import Picks, words_of
from lab.questions.update import CHECKS
from lab.scenario.model import Question
from lab.session.ledger import PASS_MARK
from lab.telemetry import Scope, Telemetry

DRAWS = 1000
LEAST_OFTEN = 0.05
ERRORS = 25
"""How many of the newest errors one of these learners may have in view."""


@dataclass(frozen=True)
class Strategy:
    """How somebody answers who does not understand."""

    name: str
    picks: Picks = "random"
    screen: bool = True
    """Takes numbers from the first screen; else any number of the right size."""
    newest_error: bool = True
    """Cites the newest error; else any record."""


STRATEGIES = (
    Strategy("anything at random", screen=False, newest_error=False),
    Strategy("the first option", "first"),
    Strategy("the longest option", "longest"),
    Strategy("the shortest option", "shortest"),
    Strategy("most words of the brief", "words"),
    Strategy("the newest error as evidence", screen=False),
    Strategy("numbers seen on the screen", newest_error=False),
)
GENERIC = (
    "Some customers cannot complete their order at the moment. Everything else works as usual. It has been steady. "
    "Our engineers are looking into it. The next update comes in 30 minutes."
)


@dataclass(frozen=True)
class Played:
    """One strategy's luck: how often it passed, and the mean share of the points it got."""

    strategy: str
    passed: int
    draws: int
    mean: float


def observe(recorded: Recorded, words: frozenset[str], pager: str, draws: int = DRAWS) -> list[Played]:
    """Play every strategy; the same thousand learners, each with options in an order of their own."""
    texts = (GENERIC, pager or GENERIC, " ".join(CHECKS.values()))
    screen = numbers_on_screen(recorded)
    reach = {True: _newest_errors(recorded), False: _any_records(recorded)}
    worth = _Worth(recorded)
    totals: dict[str, list[float]] = {strategy.name: [] for strategy in STRATEGIES}
    for number in range(draws):
        orders = [tuple(one.question.options(random.Random(f"{number}:{one.id}")) or ()) for one in worth.questions]
        for strategy in STRATEGIES:
            rng = random.Random(f"{strategy.name}:{number}")
            numbers = screen if strategy.screen else _any_numbers(rng)
            refs = reach[strategy.newest_error]
            answers = [
                question.question.guess(Glance(rng, strategy.picks, options, words, numbers, refs, texts))
                for question, options in zip(worth.questions, orders, strict=True)
            ]
            totals[strategy.name].append(worth.of(answers, rng))
    return [
        Played(name, sum(total >= PASS_MARK for total in mine), draws, sum(mine) / draws)
        for name, mine in totals.items()
    ]


def judge(played: Sequence[Played]) -> list[Row]:
    """Each passes in less than one of twenty draws."""
    rows = []
    for one in played:
        share = one.passed / one.draws
        instead = f"It got {one.mean:.0%} of the points on average; make what it answers harder to guess."
        ok = share < LEAST_OFTEN
        rows.append(Row(one.strategy, say_share(share), f"below {say_share(LEAST_OFTEN)}", ok, instead))
    return rows


class _Worth:
    """The share of all points that a set of answers earns; each different answer is graded once."""

    def __init__(self, recorded: Recorded) -> None:
        self.questions = recorded.file.questions
        self._runs: dict[str, list[Run]] = {}
        fixes: list[Fix | None] = [recorded.fix_of(one.id) for one in recorded.file.mitigations]
        for fix in fixes or [None]:
            self._runs[fix.id if fix else ""] = [recorded.asked(one, 0, fix) for one in self.questions]
        self._fixes = list(self._runs)
        self._known: dict[tuple[str, int, str], float] = {}
        self._points = sum(question.points for question in self.questions)

    def of(self, answers: Sequence[Any], rng: random.Random) -> float:
        """0 to 1, for somebody who has tried one mitigation, any."""
        fix = rng.choice(self._fixes)
        earned = sum(
            question.points * self._share(at, question, answers[at], fix) for at, question in enumerate(self.questions)
        )
        return earned / self._points

    def _share(self, at: int, question: Question, answer: Any, fix: str) -> float:
        if answer is None:
            return 0.0
        key = (fix if question.question.minds_fix else "", at, str(answer))
        if key not in self._known:
            try:
                self._known[key] = question.question.grade(answer, self._runs[fix][at]).share
            except LabError:
                self._known[key] = 0.0
        return self._known[key]


def numbers_on_screen(recorded: Recorded) -> dict[str, list[float]]:
    """The figures of the overview during the incident, by unit."""
    run = recorded.run
    telemetry, window = run.telemetry, run.window("incident")
    found: dict[str, list[float]] = {"%": [], "ms": [], "/s": [], "": [], "s": []}
    for scope in _scopes(telemetry):
        red = telemetry.red(scope, window)
        found["%"].append(red.error_share)
        found["ms"] += [red.p50_ms, red.p95_ms, red.p99_ms]
        found["/s"].append(red.rate_rps)
    business = telemetry.business(window)
    found[""] += [business.attempts, business.paid, business.lost, business.customers_affected, business.pending]
    found["s"] += [business.oldest_pending_s, business.longest_wait_s]
    found["%"].append(business.lost / business.attempts if business.attempts else 0.0)
    return {unit: sorted({value for value in values if value == value}) for unit, values in found.items()}


def _scopes(telemetry: Telemetry) -> Iterator[Scope]:
    yield from (Scope(service=name) for name in telemetry.services())
    yield from (Scope(edge=name) for name in telemetry.edges())


def _any_numbers(rng: random.Random) -> dict[str, list[float]]:
    """One number of each unit, any size that people would say."""
    return {
        "%": [round(rng.random(), 2)],
        "ms": [round(10 ** rng.uniform(0.5, 4))],
        "s": [round(10 ** rng.uniform(0, 2), 1)],
        "/s": [round(10 ** rng.uniform(-0.5, 2), 1)],
        "": [round(10 ** rng.uniform(0, 3))],
    }


def _newest_errors(recorded: Recorded) -> list[str]:
    run = recorded.run
    logs = run.telemetry.logs("level:>=warn", run.window("incident"), ERRORS)
    traces = run.telemetry.traces("status:error", run.window("incident"), ERRORS)
    return [*(f"log:{one.id}" for one in logs), *(f"trace:{one.trace_id}" for one in traces)]


def _any_records(recorded: Recorded) -> list[str]:
    run = recorded.run
    logs = run.telemetry.logs("", run.window("incident"), ERRORS)
    traces = run.telemetry.traces("", run.window("incident"), ERRORS)
    return [*(f"log:{one.id}" for one in logs), *(f"trace:{one.trace_id}" for one in traces)]


def words_in_view(*texts: str) -> frozenset[str]:
    """Words of what everybody reads first: brief, title, pager message."""
    return frozenset().union(*(words_of(text) for text in texts))
