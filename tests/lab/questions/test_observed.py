"""What the learner read off an answer of their own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from fakes_received import got
from pydantic import ValidationError

from lab.core.errors import UsageError
from lab.questions import Run
from lab.questions.observed import Observed
from lab.questions.steps.received import Received
from lab.telemetry import Telemetry

PRODUCTS = "GET /api/v1/products"
REFUSED = got(PRODUCTS, 429, answer={"Retry-After": "3"})
WAIT = Observed.model_validate({"of": {"send": PRODUCTS, "status": 429}, "header": "Retry-After", "unit": "s"})


def run(telemetry: Telemetry, *received: Received) -> Run:
    return Run(telemetry=telemetry, windows={}, received=received)


@pytest.mark.parametrize("answer", ["3", "3 s", 3, " 3 seconds "])
def test_the_value_counts_however_it_is_written(telemetry: Telemetry, answer: Any) -> None:
    assert WAIT.grade(answer, run(telemetry, got(PRODUCTS), REFUSED)).verdict == "right"


def test_any_of_several_such_answers_will_do(telemetry: Telemetry) -> None:
    later = got(PRODUCTS, 429, answer={"Retry-After": "5"}, at=9)
    assert WAIT.grade("5", run(telemetry, REFUSED, later)).verdict == "right"
    assert "3 or 5" in WAIT.truth(run(telemetry, REFUSED, later))


def test_a_value_that_no_answer_had_is_wrong_and_tells_where_to_look(telemetry: Telemetry) -> None:
    grade = WAIT.grade("4", run(telemetry, REFUSED, got("GET /api/v1/orders", 429, answer={"Retry-After": "4"})))
    assert grade.verdict == "wrong"
    assert "GET /api/v1/products answered 429" in grade.feedback


def test_without_such_an_answer_it_costs_nothing(telemetry: Telemetry) -> None:
    with pytest.raises(UsageError, match="no such answer yet"):
        WAIT.grade("3", run(telemetry, got(PRODUCTS)))


def test_a_header_is_compared_as_text(telemetry: Telemetry) -> None:
    where = Observed.model_validate({"of": {"send": "POST /api/v1/orders"}, "header": "Location"})
    one = run(telemetry, got("POST /api/v1/orders", 201, answer={"Location": "/api/v1/orders/7"}))
    assert where.grade("/api/v1/orders/7", one).verdict == "right"
    assert where.grade("/api/v1/orders/8", one).verdict == "wrong"


@pytest.mark.parametrize(
    "answer", ["http://127.0.0.1:8000/api/v1/orders/7", "https://beanline.example/api/v1/orders/7"]
)
def test_a_whole_address_is_as_good_as_its_path(telemetry: Telemetry, answer: str) -> None:
    where = Observed.model_validate({"of": {"send": "POST /api/v1/orders"}, "header": "Location"})
    one = run(telemetry, got("POST /api/v1/orders", 201, answer={"Location": "/api/v1/orders/7"}))
    assert where.grade(answer, one).verdict == "right"
    assert where.grade(f"{answer}1", one).verdict == "wrong"


SUNSET = Observed.model_validate({"of": {"send": PRODUCTS}, "header": "Sunset"})
ENDS = got(PRODUCTS, 200, answer={"Sunset": "Sat, 31 Oct 2026 00:00:00 GMT"})


@pytest.mark.parametrize(
    "answer",
    [
        "Sat, 31 Oct 2026 00:00:00 GMT",
        "Sat, 31 Oct 2026",
        "Saturday 31 October 2026",
        "October 31st, 2026",
        "31st October 2026",
        "31st of October 2026",
        "Oct 31 2026",
        "October 31, 2026",
        "31. October 2026",
        "31.10.2026",
        "2026/10/31",
        "2026-10-31",
        "2026-10-31T00:00:00Z",
    ],
)
def test_a_day_counts_however_it_is_written(telemetry: Telemetry, answer: str) -> None:
    assert SUNSET.grade(answer, run(telemetry, ENDS)).verdict == "right"
    assert SUNSET.grade(answer.replace("31", "30"), run(telemetry, ENDS)).verdict == "wrong"


@pytest.mark.parametrize("answer", ["soon", "10/31/26", "31", "Sat, 31 Oct 2026 00:00:00 +999999999999999999"])
def test_what_names_no_day_is_refused_and_costs_nothing(telemetry: Telemetry, answer: str) -> None:
    with pytest.raises(UsageError, match="names no day"):
        SUNSET.grade(answer, run(telemetry, ENDS))


def test_a_wrong_day_it_knows_of_is_wrong(telemetry: Telemetry) -> None:
    (one,) = SUNSET.wrong(run(telemetry, ENDS))
    assert SUNSET.grade(one.answer, run(telemetry, ENDS)).verdict == "wrong"


@pytest.mark.parametrize("answer", ["12.50", "12,50", "€12.50", "12,50 €", "EUR 12.50", "12.50 EUR", "12.5 euros"])
def test_an_amount_counts_with_its_currency_on_either_side(telemetry: Telemetry, answer: str) -> None:
    amount = Observed.model_validate({"of": {"send": PRODUCTS}, "fact": "amount", "unit": "EUR"})
    one = run(telemetry, replace(got(PRODUCTS), facts={"amount": "12.50"}))
    assert amount.grade(answer, one).verdict == "right"
    assert amount.grade(answer.replace("5", "6"), one).verdict == "wrong"


def test_every_wrong_value_it_knows_of_is_wrong(telemetry: Telemetry) -> None:
    for one in WAIT.wrong(run(telemetry, REFUSED)):
        assert WAIT.grade(one.answer, run(telemetry, REFUSED)).share == 0
    assert WAIT.wrong(run(telemetry)) == []


@pytest.mark.parametrize("given", [{}, {"header": "ETag", "status": True}, {"logged": {"a.b": "c", "d.e": "f"}}])
def test_it_reads_exactly_one_thing(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Observed.model_validate({"of": {"send": PRODUCTS}, **given})


class Reader:
    """A learner who has sent these."""

    def __init__(self, received: Sequence[Received]) -> None:
        self._received = tuple(received)

    def received(self) -> tuple[Received, ...]:
        return self._received


def test_it_is_solved_by_reading_ones_own_answers() -> None:
    assert WAIT.solve(Reader([got(PRODUCTS), REFUSED])) == "3"  # type: ignore[arg-type]  # it needs no more
    with pytest.raises(UsageError):
        WAIT.solve(Reader([got(PRODUCTS)]))  # type: ignore[arg-type]
