"""Which rules a request gets: by its path, by its share, by time. How they add up: test_rulebook."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_model import fits

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
