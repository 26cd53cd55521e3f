"""What holds for every kind of question, including those that do not exist yet."""

import random
from typing import Annotated, Any

import pytest
from fakes_run import run_on
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from lab.core.errors import UsageError
from lab.core.registry import OneOf
from lab.core.window import Window
from lab.questions import Fix, Grade, QuestionKind, Run, questions
from lab.telemetry import Telemetry

OPTIONS = [
    {"answer": "The partner refuses what exceeds our contract", "right": True, "because": "It answers 429."},
    {"answer": "Our gateway refuses the key", "because_not": "the gateway forwarded the call"},
    {"answer": "The partner switched a version off", "because_not": "two thirds of the same calls succeed"},
]
EXAMPLES: dict[str, Any] = {
    "choice": OPTIONS,
    "choices": OPTIONS,
    "number": {"probe": {"error_rate": {"service": "gateway"}}, "tolerance": {"points": 2}},
    "trend": {"probe": {"latency": {"service": "gateway"}}},
    "evidence": {
        "accept": [
            {"log": "event:payment.refused"},
            {"metric": {"status_rate": {"edge": "orders->partner", "status": 429}}},
        ],
        "near": [{"log": "level:error", "because_not": "It says that something failed, not who refused it."}],
    },
    "order": ["Look at the numbers", "Find the service", "Read its logs", "Tell support"],
    "mitigation": {"trade_off_share": "60%"},
    "rehearsal": {},
    "observed": {"of": {"send": "POST /api/v1/orders", "status": 201}, "header": "Location"},
    "requests": {
        "steps": [
            {
                "id": "list",
                "do": "Ask for the products.",
                "send": "GET /api/v1/products",
                "example": {"query": {"limit": 5}},
                "wanted": {"status": 200, "query": {"limit": "present"}},
            },
            {
                "id": "order",
                "do": "Order some coffee.",
                "send": "POST /api/v1/orders",
                "example": {"set": {"payment_key": "{{guid}}"}, "headers": {"Idempotency-Key": "{{payment_key}}"}},
                "wanted": {"status": [201, 202], "headers": {"Idempotency-Key": "present"}},
            },
        ]
    },
    "status_update": {"trend": {"error_rate": {"service": "gateway"}}, "example": "A third of customers cannot pay."},
}  # fmt: skip
FIXED = Fix("pace", "Pace the payments", right=True, works=True, passed=True)


def read(kind: str) -> QuestionKind:
    return questions.read({kind: EXAMPLES[kind]})


def test_every_kind_has_an_example_here() -> None:
    assert set(EXAMPLES) == set(questions.names())


@pytest.mark.parametrize("kind", questions.names())
def test_a_kind_reads_back_from_what_it_writes(kind: str) -> None:
    question = read(kind)
    assert list(question.written()) == [kind]
    assert questions.read(question.written()) == question
    assert questions.read(question.written()).written() == question.written()


@pytest.mark.parametrize("kind", questions.names())
def test_a_kind_says_what_it_is_and_how_to_answer(kind: str) -> None:
    assert (questions.get(kind).__doc__ or "").strip().endswith(".")
    for field in questions.get(kind).model_fields.values():
        assert field.description is None or field.description[0].isupper()
    said = read(kind).help()
    assert said.endswith(".")
    assert "\n" not in said
    assert len(said) < 160


@pytest.mark.parametrize("kind", questions.names())
def test_a_misspelt_parameter_is_refused(kind: str) -> None:
    written = read(kind).written()
    written[kind]["colour"] = "blue"
    with pytest.raises(ValidationError, match="colour"):
        questions.read(written)


@pytest.mark.parametrize("kind", questions.names())
def test_a_kind_is_in_the_published_schema(kind: str) -> None:
    class Holder(BaseModel):
        question: Annotated[QuestionKind, OneOf(questions)]

    options = Holder.model_json_schema()["properties"]["question"]["anyOf"]
    (found,) = [option for option in options if option["title"] == kind]
    assert found["description"]


@pytest.mark.parametrize("kind", questions.names())
def test_options_are_shuffled_by_the_sessions_seed_only(kind: str) -> None:
    question = read(kind)
    plain = question.options()
    if plain is None:
        return
    orders = {tuple(question.options(random.Random(seed)) or ()) for seed in range(40)}
    assert len(orders) > 1
    assert all(sorted(order) == sorted(plain) for order in orders)
    assert question.options(random.Random(3)) == question.options(random.Random(3))


@pytest.mark.parametrize("kind", questions.names())
def test_the_full_explanation_tells_more_than_nothing(kind: str, run: Run) -> None:
    assert len(read(kind).truth(run)) > 20


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["a", "b, a", "a,b,c,d", "19 %", "1e999", "E1", "log:1", "trace:zz", "metric:{}"])
    | st.sampled_from(["better", "done", "E1 E1", "log:99999999999999999999", "metric:[1]"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.parametrize("kind", questions.names())
@given(answer=JSON)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_answer_is_graded_or_refused_in_words(kind: str, telemetry: Telemetry, answer: Any) -> None:
    question = read(kind)
    run = run_on(telemetry, options=tuple(question.options() or ()), cites={"E1": "log:3"}, fix=FIXED)
    try:
        grade = question.grade(answer, run)
    except UsageError as error:
        assert error.what.endswith((".", "?"))  # noqa: PT017  # either outcome is fine, and each is looked at
        assert error.hint  # noqa: PT017
        return
    check(grade)


def check(grade: Grade) -> None:
    assert 0 <= grade.share <= 1
    assert grade.verdict == {0: "wrong", 1: "right"}.get(grade.share, "partly")
    assert grade.feedback
    assert (grade.truth is None) == (grade.verdict != "right")


@pytest.mark.parametrize("kind", ["number", "trend"])
def test_a_window_that_does_not_exist_yet_is_said(kind: str, telemetry: Telemetry) -> None:
    question = questions.read({kind: {**EXAMPLES[kind], "window": "load"}})
    with pytest.raises(UsageError, match="no load window"):
        question.grade("1" if kind == "number" else "better", run_on(telemetry))


def test_grading_twice_gives_the_same(run: Run) -> None:
    question = read("number")
    assert question.grade("19 %", run) == question.grade("19 %", run)


def test_an_empty_run_is_refused_not_crashed(telemetry: Telemetry) -> None:
    empty = Window(1.0, 61.0)
    run = run_on(telemetry, {"incident": empty, "baseline": empty})
    for kind, answer in {"number": "5 %", "trend": "better"}.items():
        with pytest.raises(UsageError, match=r"[Nn]othing was measured|too little data"):
            read(kind).grade(answer, run)
    assert read("status_update").grade("Customers cannot pay at all.", run).share < 1
