"""What a learner earns is a fold over the journal."""

from typing import Any

from lab.session.journal import Entry
from lab.session.ledger import RETRY_FACTOR, Ledger

POINTS = {"size": 10, "whose": 10}


def answered(question: str, share: float) -> Entry:
    verdict = "right" if share == 1 else "partly" if share else "wrong"
    details: dict[str, Any] = {"question": question, "answer": "a", "share": share, "verdict": verdict, "feedback": ""}
    return Entry(0.0, "answered", details)


def test_a_first_right_answer_earns_every_point() -> None:
    score = Ledger.of([answered("size", 1.0)]).score(POINTS)
    assert (score["points"], score["of"], score["answered"]) == (10, 20, 1)


def test_a_retry_earns_less_than_a_first_answer() -> None:
    score = Ledger.of([answered("size", 0.0), answered("size", 1.0)]).score(POINTS)
    assert score["points"] == 10 * RETRY_FACTOR


def ticked(step: str, share: float) -> Entry:
    return Entry(0.0, "ticked", {"question": "size", "step": step, "received": {"to": "shop"}, "share": share})


def test_a_step_that_is_done_counts_at_once_and_leaves_the_question_open() -> None:
    ledger = Ledger.of([ticked("a", 0.5)])
    assert ledger.score(POINTS)["points"] == 5
    assert ledger.score(POINTS)["answered"] == 0
    assert ledger.ticks == {"size": {"a": {"to": "shop"}}}


def test_steps_done_after_the_answer_was_revealed_earn_nothing() -> None:
    revealed = Entry(0.0, "revealed", {"question": "size", "truth": "so"})
    assert Ledger.of([ticked("a", 0.5), revealed, ticked("b", 1.0)]).score(POINTS)["points"] == 0


def test_where_trying_is_free_a_later_answer_earns_as_much_as_a_first() -> None:
    partly, right = answered("size", 0.5), answered("size", 1.0)
    partly.details["free"] = right.details["free"] = True
    assert Ledger.of([partly, right]).score(POINTS)["points"] == 10


def test_a_worse_second_answer_takes_nothing_away() -> None:
    ledger = Ledger.of([answered("size", 0.8), answered("size", 0.0)])
    assert ledger.score(POINTS)["points"] == 8


def test_revealing_earns_nothing_and_closes_the_question() -> None:
    ledger = Ledger.of([answered("size", 0.5), Entry(0.0, "revealed", {"question": "size", "truth": "19 %"})])
    assert ledger.score(POINTS)["points"] == 0
    assert ledger.rung("size").state == "revealed"


def test_hints_cost_their_price_and_never_more_than_there_is() -> None:
    hints = [Entry(0.0, "hinted", {"n": n, "price": 6}) for n in (1, 2)]
    assert Ledger.of([answered("size", 1.0), hints[0]]).score(POINTS)["points"] == 4
    assert Ledger.of([answered("size", 1.0), *hints]).score(POINTS)["points"] == 0


def test_passing_needs_every_question_answered_and_seventy_percent() -> None:
    half = Ledger.of([answered("size", 1.0)])
    both = Ledger.of([answered("size", 1.0), answered("whose", 0.5)])
    assert not half.score(POINTS)["passed"]
    assert both.score(POINTS)["passed"]


def test_replaying_the_same_entries_gives_the_same_state() -> None:
    entries = [answered("size", 0.5), Entry(0.0, "hinted", {"n": 1, "price": 2}), answered("whose", 1.0)]
    assert Ledger.of(entries) == Ledger.of(entries)
