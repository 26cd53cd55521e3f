"""Which rules a request gets, and how often, checked against a model that is as plain as the documentation."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.proxy.active import ActiveRule
from lab.proxy.heads import read_request_head
from lab.proxy.rulesets import RuleSet
from lab.rules import read_rule

EDGE = "gateway->orders"


def head(method, path, **fields):
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return read_request_head(f"{method} {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n".encode())


def active(*written):
    return [ActiveRule(read_rule(one), f"r{number}", EDGE, now_s=0.0) for number, one in enumerate(written)]


def fits(pattern, path):
    """What the documentation says of path patterns."""
    if pattern is None:
        return True
    wanted, given = pattern[1:].split("/"), path[1:].split("/")
    if wanted[-1] == "*":
        wanted = wanted[:-1]
        if len(given) <= len(wanted):
            return False
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(
        one == other or one == "*" or one.startswith("{") for one, other in zip(wanted, given, strict=True)
    )


segment = st.sampled_from(["a", "b", "orders", ""])
paths = st.lists(segment, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
patterns = st.one_of(
    st.none(),
    paths,
    st.lists(st.one_of(segment, st.sampled_from(["*", "{x}"])), min_size=1, max_size=4).map(
        lambda parts: "/" + "/".join(parts)
    ),
)


@settings(max_examples=400)
@given(st.lists(patterns, max_size=8), paths)
def test_the_tree_finds_what_trying_every_pattern_finds(wanted, path):
    written = [{"abort": {}, "match": {} if pattern is None else {"path": pattern}} for pattern in wanted]
    found = RuleSet(active(*written)).for_path(path)
    assert [int(one.id[1:]) for one in found] == [at for at, pattern in enumerate(wanted) if fits(pattern, path)]


rules = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["abort", "latency"]),
        "path": patterns,
        "method": st.sampled_from([[], ["GET"], ["GET", "POST"]]),
        "share": st.sampled_from([0.0, 0.3, 0.5, 1.0]),
        "seed": st.integers(0, 3),
        "start": st.sampled_from([0.0, 2.0]),
        "end": st.sampled_from([None, 5.0, 8.0]),
        "ramp": st.sampled_from([0.0, 4.0]),
    }
)
requests = st.tuples(st.sampled_from(["GET", "POST", "PUT"]), paths)


class Model:
    """One rule, as the documentation has it."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.draw = random.Random(f"{parameters['seed']}/{EDGE}/{parameters['kind']}/share").random
        self.matched = self.applied = 0

    def chooses(self, method, path, age_s):
        """Whether the rule is to act on the request."""
        wanted = self.parameters
        if age_s < wanted["start"] or (wanted["end"] is not None and age_s >= wanted["end"]):
            return False
        if not fits(wanted["path"], path) or (wanted["method"] and method not in wanted["method"]):
            return False
        self.matched += 1
        grown = min(1.0, (age_s - wanted["start"]) / wanted["ramp"]) if wanted["ramp"] else 1.0
        if wanted["kind"] == "latency":
            # its delay grows, not its share; nothing of it is nothing to apply
            return self.draw() < wanted["share"] and grown > 0
        return self.draw() < wanted["share"] * grown


@settings(max_examples=300)
@given(st.lists(rules, max_size=5), st.lists(st.tuples(requests, st.sampled_from([0.0, 0.5, 1.0])), max_size=40))
def test_counters_shares_ramps_and_expiry_agree_with_a_model(parameters, traffic):
    written = []
    for one in parameters:
        match = {"method": one["method"], "share": one["share"]}
        if one["path"] is not None:
            match["path"] = one["path"]
        does = {"abort": {}} if one["kind"] == "abort" else {"latency": {"delay": "100ms"}}
        times = {name: one[name] for name in ("start", "end", "ramp", "seed")}
        written.append({**does, "match": match, **times})
    in_force = active(*written)
    compiled = RuleSet(in_force)
    models = [Model(one) for one in parameters]
    now_s = 0.0
    for (method, path), passed_s in traffic:
        now_s += passed_s
        chosen = [one for one in models if one.chooses(method, path, now_s)]
        aborted = False
        for one in chosen:
            if not aborted:
                one.applied += 1
                aborted = one.parameters["kind"] == "abort"
        plan = compiled.plan(head(method, path), now_s, 1)
        assert (plan is not None and plan.ending is not None) == aborted
    assert [(one.matched, one.applied) for one in in_force] == [(one.matched, one.applied) for one in models]


def test_a_share_comes_close_to_what_was_asked():
    (rule,) = active({"abort": {}, "match": {"share": "30%"}, "seed": 11})
    compiled, request = RuleSet([rule]), head("GET", "/")
    for _ in range(20_000):
        compiled.plan(request, 1.0, 1)
    assert rule.applied / rule.matched == pytest.approx(0.3, abs=0.01)


def test_one_rules_draws_do_not_depend_on_anothers():
    def drawn(*others):
        rule = active({"abort": {}, "match": {"share": "50%", "path": "/a"}, "seed": 5}, *others)
        compiled = RuleSet(rule)
        seen = []
        for number in range(60):
            compiled.plan(head("GET", "/b" if number % 3 == 0 else "/a"), 1.0, 1)
            seen.append(rule[0].applied)
        return seen

    assert drawn() == drawn({"latency": {"median": 10, "p99": 50}, "match": {"share": "20%"}})


def test_a_delay_grows_while_its_rule_ramps_up():
    compiled = RuleSet(active({"latency": {"delay": "100ms"}, "start": "2s", "ramp": "10s"}))
    waits = [
        0.0 if (plan := compiled.plan(head("GET", "/"), now_s, 1)) is None else plan.wait_s
        for now_s in (0.0, 1.9, 2.0, 4.5, 7.0, 12.0, 90.0)
    ]
    assert waits == pytest.approx([0, 0, 0, 0.025, 0.05, 0.1, 0.1])


@pytest.mark.parametrize(
    ("wanted", "given", "fits"),
    [("eu-*", "eu-1", True), ("eu-*", "us-1", False), ("*", "", True), ("a.c", "abc", False), ("a*c*", "abcd", True)],
)
def test_header_values_match_by_text_and_stars(wanted, given, fits):
    (rule,) = active({"abort": {}, "match": {"header": {"X-Shop": wanted}}})
    RuleSet([rule]).plan(head("GET", "/", **{"x-shop": given}), 1.0, 1)
    assert rule.matched == fits
