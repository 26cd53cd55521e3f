"""Rules that end an exchange: by an answer of their own, by the connection's end, or not at all."""

import pytest

from lab.rules import read_rule


def made(written, at_work):
    return at_work(read_rule(written).does)


@pytest.mark.parametrize(
    ("written", "ended"),
    [
        ({"abort": {}}, ("answer", 503, {}, b"")),
        ({"abort": {"body": "no"}}, ("answer", 503, {"Content-Type": "text/plain; charset=utf-8"}, b"no")),
        ({"abort": {"body": [1]}}, ("answer", 503, {"Content-Type": "application/json"}, b"[1]")),
        ({"reset": {}}, ("reset",)),
        ({"close": {}}, ("close",)),
        ({"hang": {}}, ("hang", None)),
        ({"hang": {"lasts": "2s"}}, ("hang", 2.0)),
    ],
)
def test_a_request_ends_as_the_rule_says(at_work, written, ended):
    rule = made(written, at_work)
    assert rule.on_request().ended == ended
    assert rule.on_answer().ended is None


@pytest.mark.parametrize("kind", ["reset", "close", "hang"])
def test_an_answer_ends_when_the_rule_is_for_answers(at_work, kind):
    rule = made({kind: {"when": "answer"}}, at_work)
    assert rule.on_request().ended is None
    assert rule.on_answer().ended[0] == kind


# ── fail_first ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_requests_fail_and_later_ones_pass(at_work):
    rule = made({"fail_first": {"count": 2, "status": 500, "headers": {"Retry-After": "1"}}}, at_work)
    assert [rule.on_request().ended for _ in range(4)] == [("answer", 500, {"Retry-After": "1"}, b"")] * 2 + [None] * 2


@pytest.mark.parametrize("by", ["reset", "close"])
def test_first_requests_can_fail_by_their_connection(at_work, by):
    assert made({"fail_first": {"by": by}}, at_work).on_request().ended == (by,)


def test_first_attempts_are_counted_for_each_value_of_a_header(at_work):
    rule = made({"fail_first": {"each": "Idempotency-Key"}}, at_work)
    keys = ["a", "a", "b", "a", "b", None, None]
    ended = [rule.on_request(headers={} if key is None else {"idempotency-key": key}).ended for key in keys]
    assert [one is not None for one in ended] == [True, False, True, False, False, False, False]


# ── rate_limit ──────────────────────────────────────────────────────────────────────────────────────────────────────


def asked(rule, fake, second, key=None):
    """The Retry-After of the refusal, or None when the request was let through."""
    exchange = fake(headers={} if key is None else {"X-API-Key": key})
    exchange.now_s = 1000 + second
    rule.on_request(exchange)
    if exchange.ended is None:
        return None
    kind, status, headers, _ = exchange.ended
    assert (kind, status) == ("answer", 429)
    return int(headers["Retry-After"])


def test_a_bucket_lets_a_burst_through_and_then_its_rate(at_work, fake):
    rule = made({"rate_limit": {"rate": "2/s", "burst": 3}}, at_work)
    assert [asked(rule, fake, 0) for _ in range(5)] == [None, None, None, 1, 1]
    assert [asked(rule, fake, 1) for _ in range(3)] == [None, None, 1]
    assert [asked(rule, fake, 60) for _ in range(4)] == [None, None, None, 1]


def test_retry_after_names_a_moment_at_which_there_is_a_token(at_work, fake):
    rule = made({"rate_limit": {"rate": "6/min", "burst": 1}}, at_work)
    assert asked(rule, fake, 0) is None
    wait_s = asked(rule, fake, 0.5)
    assert wait_s == 10
    assert asked(rule, fake, 0.5 + wait_s) is None


def test_callers_that_came_back_too_early_are_counted(at_work, fake):
    rule = made({"rate_limit": {"rate": "6/min", "burst": 1}}, at_work)
    for second in (0, 1, 2, 3):
        asked(rule, fake, second)
    assert rule.memory.counts == {"too_early": 2}
    assert asked(rule, fake, 30) is None
    assert rule.memory.counts == {"too_early": 2}


def test_each_key_has_a_bucket_of_its_own(at_work, fake):
    rule = made({"rate_limit": {"rate": "1/s", "burst": 1, "each": "X-API-Key"}}, at_work)
    assert [asked(rule, fake, 0, key) for key in ("a", "b", "a", None, None)] == [None, None, 1, None, 1]


def test_hammering_makes_it_longer_when_refusals_cost_but_never_forever(at_work, fake):
    rule = made({"rate_limit": {"rate": "1/s", "burst": 2, "refusal_costs": 0.5}}, at_work)
    waits = [asked(rule, fake, 0) for _ in range(50)]
    assert waits[:6] == [None, None, 2, 2, 3, 3]
    assert max(wait for wait in waits if wait) == 3
    assert asked(rule, fake, 3) is None


def test_a_rule_says_which_moments_it_acts_on():
    def moments(written):
        does = read_rule(written).does
        return [moment for moment in ("request", "answer") if does.acts_on(moment)]

    assert moments({"reset": {}}) == moments({"latency": {"delay": 1}}) == moments({"abort": {}}) == ["request"]
    assert moments({"reset": {"when": "answer"}}) == moments({"truncate": {}}) == ["answer"]
    assert moments({"body": {"drop": ["a"]}}) == ["answer"]
    assert moments({"headers": {"of": "request", "remove": ["A"]}}) == ["request"]
