"""Rules come and go while requests pass: none is dropped, none is half under one set and half under another."""

import threading
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def test_a_request_under_way_keeps_the_rules_it_arrived_with(edge, eventually):
    edge.put({"latency": {"delay": "200ms"}, "id": "slow"})
    caller = edge.caller()
    start = time.perf_counter()
    caller.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    eventually(lambda: edge.stats()["active"] == 1)
    edge.put({"abort": {"status": 503}})
    assert edge.caller().get()[0] == 503
    assert caller.message()[1] == b"ok"
    assert time.perf_counter() - start >= 0.2


def test_a_thousand_rules_added_and_removed_under_load_drop_nothing(make_edge):
    edge, _ = make_edge()
    stop = threading.Event()
    statuses: list[int] = []
    broken: list[Exception] = []

    def load() -> None:
        try:
            caller = edge.caller()
            while not stop.is_set():
                statuses.append((caller.get("/orders/1") if len(statuses) % 3 else caller.post(b"x" * 9))[0])
        except Exception as error:
            broken.append(error)

    threads = [threading.Thread(target=load) for _ in range(6)]
    for thread in threads:
        thread.start()
    aborted = 0
    for number in range(1000):
        kind = {"latency": {"delay": "3ms"}} if number % 2 else {"abort": {"status": 418}}
        id = edge.proxy.control("POST", f"/rules/{edge.path}", kind)["id"]
        if number % 20 == 0:
            time.sleep(0.005)
            aborted += edge.rule(id)["applied"]
        edge.proxy.control("DELETE", f"/rules/{edge.path}/{id}")
    time.sleep(0.02)
    stop.set()
    for thread in threads:
        thread.join()
    assert broken == []
    assert set(statuses) <= {200, 418}
    assert aborted <= statuses.count(418)
    assert statuses.count(200) > 100
    assert edge.proxy.control("GET", f"/rules/{edge.path}") == []
    stats = edge.stats()
    assert stats["active"] == 0
    assert stats["requests"] == len(statuses) == sum(stats["answers"].values())
    assert stats["answers"]["200"] == statuses.count(200)


def test_rules_that_stay_keep_their_counters_and_draws(edge):
    some = {"abort": {"status": 503}, "match": {"share": "50%"}, "seed": 3, "id": "some"}
    edge.put(some)
    caller = edge.caller()
    whole = [caller.get()[0] for _ in range(60)]
    edge.put()
    edge.put(some)
    again = [caller.get()[0] for _ in range(30)]
    edge.put(some, {"latency": {"delay": "1ms"}})
    edge.proxy.control("POST", f"/rules/{edge.path}", {"latency": {"delay": "1ms"}})
    again += [caller.get()[0] for _ in range(30)]
    assert again == whole
    assert edge.rule("some")["matched"] == 60


def test_a_rule_that_changes_starts_anew(edge):
    edge.put({"abort": {"status": 503}, "id": "a"})
    caller = edge.caller()
    caller.get()
    edge.put({"abort": {"status": 502}, "id": "a"})
    assert edge.rule("a")["matched"] == 0
    assert caller.get()[0] == 502


# what each path's rules do in the model below, in the order of the list
PATHS = ("/a", "/a/b", "/a/b/c", "/d")
PATTERNS = st.sampled_from([None, "/a", "/a/{x}", "/a/*", "/a/*/c", "/*", "/d", "/{x}/b"])
RULES = st.lists(
    st.tuples(PATTERNS, st.sampled_from([(), ("GET",), ("POST",)]), st.sampled_from(["abort", "latency"])), max_size=6
)


def fits(pattern: str | None, path: str) -> bool:
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


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=RULES,
    requests=st.lists(st.tuples(st.sampled_from(["GET", "POST"]), st.sampled_from(PATHS)), min_size=1, max_size=12),
)
def test_counters_agree_with_a_model(edge, rules, requests):
    written = []
    for number, (path, methods, kind) in enumerate(rules):
        match = {"method": list(methods)} | ({} if path is None else {"path": path})
        does = {"abort": {"status": 500 + number}} if kind == "abort" else {"latency": {"delay": "1ms"}}
        written.append({**does, "match": match, "id": f"r{number}"})
    edge.put()
    edge.put(*written)
    counters = [[0, 0] for _ in rules]
    caller = edge.caller()
    for method, path in requests:
        expected, over = 200, False
        for number, (pattern, methods, kind) in enumerate(rules):
            if fits(pattern, path) and (not methods or method in methods):
                counters[number][0] += 1
                if not over:
                    counters[number][1] += 1
                    if kind == "abort":
                        expected, over = 500 + number, True
        status = caller.get(path)[0] if method == "GET" else caller.post(b"", path)[0]
        assert status == expected
    caller.close()
    counted = edge.stats()["rules"]
    assert [
        [counted[f"r{number}"][what] for what in ("matched", "applied")] for number in range(len(rules))
    ] == counters
