"""Steps of requests: what counts, what nearly does, and what the learner is told then."""

from collections.abc import Sequence
from typing import Any

import pytest
from fakes_received import got, order
from fakes_telemetry import T0, log, request
from pydantic import ValidationError

from lab.core.errors import UsageError
from lab.questions import Run
from lab.questions.requests import Requests
from lab.questions.steps.fitting import StepState
from lab.questions.steps.received import Received, from_telemetry, of_json
from lab.telemetry import Store, Telemetry

PRODUCTS, ORDERS, ORDER = "GET /api/v1/products", "POST /api/v1/orders", "GET /api/v1/orders/{order_id}"
DO = "Send this request."


def step(id: str, send: str, *, wanted: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    example = {"path": {"order_id": "1"}} if "{order_id}" in send else {}
    return {"id": id, "do": DO, "send": send, "wanted": wanted or {}, "example": example, **more}


def asked(*steps: dict[str, Any]) -> Requests:
    return Requests.model_validate({"steps": list(steps)})


def states(telemetry: Telemetry, question: Requests, received: Sequence[Received], **more: Any) -> dict[str, StepState]:
    run = Run(telemetry=telemetry, windows={}, received=tuple(received), **more)
    return {one.step.id: one for one in question.states(run)}


IDEMPOTENT = asked(
    step(
        "pay", ORDERS, wanted={"headers": {"Idempotency-Key": "present"}, "answer": {"Idempotency-Replayed": "absent"}}
    ),
    step(
        "again",
        ORDERS,
        wanted={
            "headers": {"Idempotency-Key": {"same_as": "pay"}},
            "answer": {"Idempotency-Replayed": "true"},
            "order": {"same_as": "pay"},
        },
    ),
    step("without", ORDERS, wanted={"headers": {"Idempotency-Key": "absent"}}),
    step(
        "twice",
        ORDERS,
        wanted={"headers": {"Idempotency-Key": "absent"}, "order": {"unlike": "without"}},
    ),
)


def test_the_same_key_twice_is_one_order_and_none_twice_are_two(telemetry: Telemetry) -> None:
    sent = [
        order(1, at=1, key="a"),
        order(1, at=2, key="a", replayed=True),
        order(2, at=3),
        order(3, at=4),
    ]
    found = states(telemetry, IDEMPOTENT, sent)
    assert all(one.done for one in found.values())
    assert [found[name].by for name in ("pay", "again", "without")] == sent[:3]


def test_one_order_without_a_key_is_not_two(telemetry: Telemetry) -> None:
    found = states(telemetry, IDEMPOTENT, [order(2, at=3)])
    assert found["without"].done
    assert not found["twice"].done


def test_who_forgets_the_key_is_told_that_there_are_two_orders(telemetry: Telemetry) -> None:
    hint = states(telemetry, IDEMPOTENT, [order(1, at=1, key="a"), order(2, at=2)])["again"].hint
    assert "was answered 201, but it carried no Idempotency-Key" in hint
    assert "it was about order 2, another one than 1" in hint


def test_who_uses_another_key_is_told_which_one_it_was_before(telemetry: Telemetry) -> None:
    hint = states(telemetry, IDEMPOTENT, [order(1, at=1, key="a"), order(2, at=2, key="b")])["again"].hint
    assert "its Idempotency-Key was b, not the one of the earlier request (a)" in hint


BACK_OFF = asked(
    step("refused", PRODUCTS, wanted={"status": 429, "answer": {"Retry-After": "present"}}),
    step("patient", PRODUCTS, wanted={"status": 200, "backed_off": "refused"}, nearly="Provoke it again."),
)


def refusal(at: float, after: str = "5") -> Received:
    return got(PRODUCTS, 429, at=at, answer={"Retry-After": after}, problem="rate-limited")


def test_waiting_as_long_as_asked_counts(telemetry: Telemetry) -> None:
    found = states(telemetry, BACK_OFF, [got(PRODUCTS, at=0), refusal(1), got(PRODUCTS, at=6.1)])
    assert found["patient"].done


def test_coming_back_too_early_does_not_and_says_by_how_much(telemetry: Telemetry) -> None:
    found = states(telemetry, BACK_OFF, [refusal(1), got(PRODUCTS, at=2.51)])
    assert not found["patient"].done
    assert "it came 1.5 s after the refusal, which had asked for 5 s. Provoke it again." in found["patient"].hint


def test_hammering_and_then_waiting_does_not_count(telemetry: Telemetry) -> None:
    found = states(telemetry, BACK_OFF, [refusal(1), got(PRODUCTS, at=2), got(PRODUCTS, at=8)])
    assert not found["patient"].done
    assert states(telemetry, BACK_OFF, [refusal(1), refusal(2), got(PRODUCTS, at=8)])["patient"].done


PAGES = asked(
    step("first", PRODUCTS, wanted={"query": {"limit": 5, "cursor": "absent"}}),
    step("second", PRODUCTS, wanted={"query": {"cursor": {"taken_from": "first", "answer": "next_cursor"}}}),
)
LINK = {"Link": '</api/v1/products?limit=5&cursor=abc>; rel="next"'}


def test_the_cursor_of_the_page_before_leads_to_the_next(telemetry: Telemetry) -> None:
    first = got(PRODUCTS, at=1, query={"limit": "5"}, answer=LINK)
    good = got(PRODUCTS, at=2, query={"limit": "5", "cursor": "abc"})
    bad = got(PRODUCTS, at=3, query={"limit": "5", "cursor": "xyz"})
    assert states(telemetry, PAGES, [first, good])["second"].done
    hint = states(telemetry, PAGES, [first, bad])["second"].hint
    assert "its cursor was xyz, not the next_cursor of the earlier answer (abc)" in hint


def test_a_cursor_that_was_given_only_afterwards_does_not_count(telemetry: Telemetry) -> None:
    first = got(PRODUCTS, at=3, query={"limit": "5"}, answer=LINK)
    early = got(PRODUCTS, at=1, query={"limit": "5", "cursor": "abc"})
    assert not states(telemetry, PAGES, [early, first])["second"].done


AFTERWARDS = asked(
    step("pay", ORDERS),
    step("break", PRODUCTS),
    step("pay-again", ORDERS, wanted={"after": "break"}),
)


def test_what_was_sent_before_another_step_does_not_do_the_one_that_comes_after_it(telemetry: Telemetry) -> None:
    early = [order(1, at=1), got(PRODUCTS, at=2)]
    found = states(telemetry, AFTERWARDS, early)
    assert (found["pay"].done, found["break"].done, found["pay-again"].done) == (True, True, False)
    assert states(telemetry, AFTERWARDS, [*early, order(2, at=3)])["pay-again"].done


CONDITIONAL = asked(
    step("read", ORDER, wanted={"answer": {"ETag": "present"}}),
    step(
        "unchanged",
        ORDER,
        wanted={
            "status": 304,
            "headers": {"If-None-Match": {"taken_from": "read", "answer": "ETag"}},
            "order": {"same_as": "read"},
        },
    ),
)


def test_an_etag_sent_back_counts_for_the_same_order_only(telemetry: Telemetry) -> None:
    read = got(ORDER, at=1, path="/api/v1/orders/7", answer={"ETag": '"e"'})
    same = got(ORDER, 304, at=2, path="/api/v1/orders/7", sent={"If-None-Match": '"e"'})
    other = got(ORDER, 200, at=2, path="/api/v1/orders/8", sent={"If-None-Match": '"e"'})
    assert states(telemetry, CONDITIONAL, [read, same])["unchanged"].done
    hint = states(telemetry, CONDITIONAL, [read, other])["unchanged"].hint
    assert "it was about order 8, another one than 7" in hint


KEYS = asked(
    step("mine", PRODUCTS),
    step("none", PRODUCTS, wanted={"status": 401}, key="none"),
    step("unknown", PRODUCTS, wanted={"status": 401}, key="unknown"),
    step("support", ORDERS, wanted={"status": 403, "problem": "forbidden"}, key="support"),
)


def test_keys_are_told_apart(telemetry: Telemetry) -> None:
    sent = [
        got(PRODUCTS),
        got(PRODUCTS, 401, key="", at=1),
        got(PRODUCTS, 401, key="unknown", at=2),
        got(ORDERS, 403, key="you-support", problem="forbidden", at=3),
    ]
    assert all(one.done for one in states(telemetry, KEYS, sent).values())
    for number, one in enumerate(("mine", "none", "unknown", "support")):
        left = [row for place, row in enumerate(sent) if place != number]
        assert not states(telemetry, KEYS, left)[one].done, one


def test_the_wrong_key_is_the_first_thing_told(telemetry: Telemetry) -> None:
    hint = states(telemetry, asked(step("mine", PRODUCTS)), [got(PRODUCTS, 401, key="")])["mine"].hint
    assert hint.endswith("was answered 401, but it came with no API key: send your own key.")


def test_what_the_gateway_refuses_before_it_reads_the_key_counts(telemetry: Telemetry) -> None:
    question = asked(step("verb", "DELETE /api/v1/products", wanted={"status": 405}))
    assert states(telemetry, question, [got("DELETE /api/v1/products", 405, key="")])["verb"].done


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (got("POST /api/v1/products", 405, key=""), "This step needs GET."),
        (got("GET /api/v1/product", 404, key=""), "This step needs /api/v1/products."),
        (got(PRODUCTS, 406, problem="not-acceptable"), "but this step wants a success."),
    ],
)
def test_a_near_miss_says_what_was_different(telemetry: Telemetry, sent: Received, told: str) -> None:
    assert told in states(telemetry, asked(step("list", PRODUCTS)), [sent])["list"].hint


def test_a_request_gives_a_hint_at_the_nearest_step_only(telemetry: Telemetry) -> None:
    question = asked(step("list", PRODUCTS), step("one", "GET /api/v1/products/{order_id}"), step("buy", ORDERS))
    found = states(telemetry, question, [got("GET /api/v1/productz", 404, key="")])
    assert [name for name, one in found.items() if one.hint] == ["list"]


def test_something_quite_different_gives_no_hint(telemetry: Telemetry) -> None:
    assert not states(telemetry, asked(step("buy", ORDERS)), [got(PRODUCTS)])["buy"].hint


def test_a_tick_stays_when_the_records_are_gone_and_later_steps_build_on_it(telemetry: Telemetry) -> None:
    first = order(1, at=1, key="a")
    found = states(telemetry, IDEMPOTENT, [order(1, at=99, key="a", replayed=True)], ticked={"pay": first})
    assert found["pay"].by == first
    assert found["again"].done


def test_a_step_can_ask_for_what_the_services_logged(tmp_path: Any) -> None:
    from lab.core.clock import ManualClock

    store = Store(tmp_path / "t.db", clock=ManualClock(T0 + 60))
    one = order(1)
    store.add_logs([log("Order 1 placed", event="order.placed", trace=one.trace_id, order__coupon="WELCOME10")])
    store.flush()
    telemetry = Telemetry(store)
    for coupon, done in (("WELCOME10", True), ("BEANS5", False)):
        question = asked(step("buy", ORDERS, wanted={"logged": {"order.placed": {"order.coupon": coupon}}}))
        assert states(telemetry, question, [one])["buy"].done is done
    store.close()


def test_grading_gives_each_step_its_weight(telemetry: Telemetry) -> None:
    question = asked(step("list", PRODUCTS, points=3), step("buy", ORDERS))
    grade = question.grade("done", Run(telemetry=telemetry, windows={}, received=(got(PRODUCTS),)))
    assert (grade.share, grade.verdict) == (0.75, "partly")
    assert [(one.ok) for one in grade.details] == [True, False]
    assert "1 of 2 steps are done" in grade.feedback
    assert question.grade("", Run(telemetry=telemetry, windows={}, received=())).share == 0
    with pytest.raises(UsageError, match="answered by what you send"):
        question.grade("b", Run(telemetry=telemetry, windows={}, received=()))


def test_the_truth_shows_a_command_for_each_step(telemetry: Telemetry, run: Run) -> None:
    question = asked(step("buy", ORDERS, example={"body": {"items": []}, "headers": {"Idempotency-Key": "{{guid}}"}}))
    assert "lab request POST /api/v1/orders --header 'Idempotency-Key: " in question.truth(run)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([step("a", PRODUCTS), step("a", PRODUCTS)], "two steps are called 'a'"),
        ([step("a", PRODUCTS, wanted={"order": {"same_as": "b"}}), step("b", ORDERS)], "no step before it"),
        ([step("a", "products")], "write a method and a path"),
        ([step("a", PRODUCTS, wanted={"headers": {"X": {"taken_from": "b"}}})], "belong together"),
        ([step("a", PRODUCTS, wanted={"headers": {"X": {}}})], "write `present`, `absent`"),
        ([{**step("a", ORDER), "example": {}}], "the path has {order_id}"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused_in_words(steps: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ValidationError, match="(?s)" + said.replace("{", r"\{").replace("}", r"\}")):
        asked(*steps)


def test_a_request_survives_the_journal() -> None:
    one = order(1, key="a")
    assert of_json(one.as_json()) == one


def test_only_the_learners_requests_are_read_from_the_telemetry(tmp_path: Any) -> None:
    from lab.core.clock import ManualClock

    store = Store(tmp_path / "t.db", clock=ManualClock(T0 + 60))
    route = {"service": "gateway", "method": "GET", "route": "/api/v1/products"}
    store.add_spans(
        [
            request(200, **route, client__key="storefront-web", at=1),
            request(
                200,
                **route,
                client__key="you",
                at=2,
                url__path="/api/v1/products",
                url__query="limit=5&roast=light",
                http__request__header__accept="application/json",
                user_agent__original="curl/8.5.0",
                **{"http.response.header.etag": '"e"'},
            ),
            request(403, **route, client__key="you-support", at=3, error__type="forbidden"),
            request(401, **route, at=4, error__type="unauthorized"),
            request(
                401, **route, at=5, **{"http.response.header.www-authenticate": 'ApiKey realm="x", error="invalid_key"'}
            ),
            request(200, service="orders", method="GET", route="/products", at=2),
            request(200, service="gateway", method="GET", route="/openapi.json", url__path="/openapi.json", at=2),
        ]
    )
    store.flush()
    found = from_telemetry(Telemetry(store))
    store.close()
    assert [one.key for one in found] == ["you", "you-support", "", "unknown"]
    first, second, *_ = found
    assert (first.operation, first.status, first.query) == (PRODUCTS, 200, {"limit": "5", "roast": "light"})
    assert first.target == "/api/v1/products?limit=5&roast=light"
    assert first.sent == {"accept": "application/json", "user-agent": "curl/8.5.0"}
    assert first.answer == {"etag": '"e"'}
    assert second.problem == "forbidden"
