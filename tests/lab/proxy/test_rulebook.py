"""Rules set, added, removed and expiring in any order, between any requests: what is counted agrees with a model."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from rule_model import ModelRule, Request, pass_through

from lab.proxy.edge import Edge
from lab.proxy.endings import Substitute
from lab.proxy.heads import read_request_head
from lab.proxy.rulebook import Rulebook

EDGE = "gateway->orders"
KEYS = [None, "k-1", "k-2"]
PATHS = ["/orders", "/orders/7", "/orders/7/refund", "/products", "/"]

kinds = st.one_of(
    st.sampled_from([500, 503, 429]).map(lambda status: {"abort": {"status": status}}),
    st.sampled_from([10.0, 250.0]).map(lambda delay: {"latency": {"delay": delay}}),
    st.sampled_from(["a", "b"]).map(lambda value: {"headers": {"of": "request", "set": {"X-Mark": value}}}),
    st.tuples(st.integers(1, 3), st.booleans()).map(
        lambda drawn: {"fail_first": {"count": drawn[0], **({"each": "X-API-Key"} if drawn[1] else {})}}
    ),
    st.tuples(st.sampled_from([0.25, 1.0, 4.0]), st.integers(1, 3), st.booleans()).map(
        lambda drawn: {
            "rate_limit": {"rate": drawn[0], "burst": drawn[1], **({"each": "X-API-Key"} if drawn[2] else {})}
        }
    ),
)
matches = st.fixed_dictionaries(
    {},
    optional={
        "method": st.sampled_from([["GET"], ["GET", "POST"]]),
        "path": st.sampled_from(["/orders", "/orders/*", "/orders/{order_id}", "/*", "/products"]),
        "key": st.sampled_from(["k-1", "k-2"]),
        "share": st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    },
)
times = st.sampled_from(
    [{}, {}, {"start": 0.5}, {"end": 1.0}, {"start": 0.5, "end": 4.0}, {"ramp": 3.0}, {"ramp": 3.0, "end": 4.0}]
)
written_rules = st.builds(
    lambda kind, match, seed, when: {**kind, "match": match, "seed": seed, **when},
    kinds,
    matches,
    st.integers(0, 2),
    times,
)
ids = st.sampled_from([None, "one", "two"])
requests = st.builds(Request, st.sampled_from(["GET", "POST", "PUT"]), st.sampled_from(PATHS), st.sampled_from(KEYS))


def with_id(written, id):
    return written if id is None else {**written, "id": id}


def head_of(request):
    lines = "".join(f"{name}: {value}\r\n" for name, value in request.fields)
    return read_request_head(f"{request.method} {request.path}?x=1 HTTP/1.1\r\n{lines}\r\n".encode())


class Clock:
    """What the rulebook takes for the monotonic clock."""

    now_s = 1000.0


class RulesOverTime(RuleBasedStateMachine):
    """One edge, its rulebook, and the model's list of rules beside it."""

    def __init__(self):
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.clock = Clock()
        self.patch.setattr("lab.proxy.rulebook.monotonic", lambda: self.clock.now_s)
        self.edge = Edge(EDGE, "127.0.0.1", 9, deadlines=None)
        self.book = Rulebook({EDGE: self.edge})
        self.model: list[ModelRule] = []

    def teardown(self):
        self.patch.undo()

    def fresh_id(self, written, taken):
        (kind,) = written.keys() - {"match", "seed", "start", "end", "ramp"}
        names = [kind, *(f"{kind}-{number}" for number in range(2, 99))]
        return next(name for name in names if name not in taken)

    @initialize(rules=st.lists(st.tuples(written_rules, ids), max_size=3))
    def begin(self, rules):
        self.put(rules)

    @rule(rules=st.lists(st.tuples(written_rules, ids), max_size=4))
    def put(self, rules):
        named = [id for _, id in rules if id is not None]
        if len(set(named)) < len(named):
            return
        present = {one.id: one for one in self.model}
        taken, made = set(named), []
        for written, id in rules:
            same = present.get(id) if id is not None else None
            if same is None or same.written != written:
                id = id or self.fresh_id(written, taken)
                same = ModelRule(written, id, EDGE, self.clock.now_s)
            taken.add(same.id)
            made.append(same)
        self.book.put({EDGE: [with_id(written, id) for written, id in rules]})
        self.model = made

    @rule(written=written_rules)
    def add(self, written):
        id = self.fresh_id(written, {one.id for one in self.model})
        assert self.book.add(EDGE, written) == id
        self.model = [*self.model, ModelRule(written, id, EDGE, self.clock.now_s)]

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def put_again_what_is_there(self, data):
        """With one more: those that stay keep their counters, draws and age."""
        written = data.draw(written_rules)
        known = [(one.written, one.id) for one in self.model]
        self.put([*known, (written, self.fresh_id(written, {one.id for one in self.model}))])

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data):
        gone = data.draw(st.sampled_from(self.model))
        self.book.remove(EDGE, gone.id)
        self.model = [one for one in self.model if one is not gone]

    @rule()
    def sweep(self):
        self.book.sweep(self.clock.now_s)

    @rule(seconds=st.sampled_from([0.0, 0.1, 0.5, 1.0, 3.0]), asked=st.lists(requests, max_size=8))
    def time_and_requests_pass(self, seconds, asked):
        self.clock.now_s += seconds
        for given_request in asked:
            request = Request(given_request.method, given_request.path, given_request.key)
            head = head_of(request)
            pass_through(self.model, request, self.clock.now_s)
            rules = self.edge.rules
            plan = None if rules is None else rules.plan(head, self.clock.now_s, 1)
            ending = None if plan is None else plan.ending
            assert (ending.status if isinstance(ending, Substitute) else None) == request.ended
            assert (0.0 if plan is None else plan.wait_s * 1000) == pytest.approx(request.waits_ms)
            fields = head.headers if plan is None else plan.headers
            assert [(name.decode(), value.decode()) for name, value in fields] == request.fields

    @invariant()
    def counters_and_states_agree(self):
        now_s = self.clock.now_s
        counted = self.book.stats(EDGE)
        assert {
            id: (one["state"], one["matched"], one["applied"], one.get("too_early", 0)) for id, one in counted.items()
        } == {one.id: (one.state(now_s), one.matched, one.applied, one.too_early) for one in self.model}
        listed = [one["id"] for one in self.book.written(EDGE)]
        assert listed == [one.id for one in self.model if one.state(now_s) != "ended"]

    @invariant()
    def what_has_ended_is_asked_no_more_after_a_sweep(self):
        if self.edge.rules is not None:
            assert self.edge.rules.rules


RulesOverTime.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestRulesOverTime = RulesOverTime.TestCase


lasting = st.builds(
    lambda kind, match, seed: {**kind, "match": match, "seed": seed},
    kinds.filter(lambda kind: "rate_limit" not in kind),
    matches,
    st.integers(0, 2),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=st.lists(lasting, min_size=1, max_size=5), asked=st.lists(requests, min_size=1, max_size=25))
def test_random_rules_do_to_random_traffic_on_the_wire_what_the_model_says(edge, rules, asked):
    rules = [{**one, "latency": {"delay": 1.0}} if "latency" in one else one for one in rules]
    edge.put()
    ids = [one["id"] for one in edge.put(*rules)]
    model = [ModelRule(one, id, edge.name, 0.0) for one, id in zip(rules, ids, strict=True)]
    caller = edge.caller()
    for given_request in asked:
        request = Request(given_request.method, given_request.path, given_request.key)
        pass_through(model, request, math.inf)
        more = "" if request.key is None else f"X-API-Key: {request.key}\r\n"
        assert caller.get(request.path, more, request.method)[0] == (request.ended or 200)
    caller.close()
    counted = edge.stats()["rules"]
    assert {id: (one["matched"], one["applied"]) for id, one in counted.items()} == {
        one.id: (one.matched, one.applied) for one in model
    }
