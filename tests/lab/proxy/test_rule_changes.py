"""Rules come and go while requests pass: none is dropped, none is half under one set and half under another."""

import threading
import time

import pytest

BODY = b"x" * 400


def test_a_request_under_way_keeps_the_rules_it_arrived_with(make_edge):
    arrived, go_on = threading.Event(), threading.Event()

    def serve(peer):
        peer.message()
        arrived.set()
        assert go_on.wait(10)
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    edge, _ = make_edge(serve)
    edge.put({"headers": {"set": {"X-Rules": "old"}}})
    caller = edge.caller()
    caller.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert arrived.wait(10)
    edge.put({"abort": {"status": 503}})
    assert edge.caller().get()[0] == 503
    go_on.set()
    head, body = caller.message()
    assert b"\r\nX-Rules: old\r\n" in head
    assert body == b"ok"


def test_a_thousand_rules_added_and_removed_under_load_drop_nothing(make_edge, eventually):
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
    eventually(lambda: statuses.count(200) > 100 or broken)
    stop.set()
    for thread in threads:
        thread.join()
    assert broken == []
    assert set(statuses) <= {200, 418}
    assert aborted <= statuses.count(418)
    assert edge.proxy.control("GET", f"/rules/{edge.path}") == []
    stats = edge.stats()
    assert stats["active"] == 0
    assert stats["requests"] == len(statuses) == sum(stats["answers"].values())
    assert stats["answers"]["200"] == statuses.count(200)


@pytest.mark.parametrize(
    "rules",
    [
        [{"latency": {"delay": "80ms"}}],
        [{"latency": {"delay": "80ms", "when": "answer"}}],
        [{"dribble": {"bytes": 40, "every": "8ms"}}],
        [{"bandwidth": {"rate": "6kB/s"}}],
        [{"headers": {"set": {"X": "1"}}}, {"body": {"set": {"a": 1}}}, {"dribble": {"bytes": 40, "every": "8ms"}}],
    ],
    ids=["a held request", "a held answer", "a dribble", "a narrow way", "a rewritten answer"],
)
@pytest.mark.parametrize("then", [[], [{"reset": {}}], [{"truncate": {"keep_bytes": 1}}]], ids=["no", "reset", "cut"])
def test_whatever_is_under_way_when_rules_change_arrives_whole(make_edge, eventually, rules, then):
    def serve(peer):
        while True:
            peer.message()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + BODY)

    edge, _ = make_edge(serve)
    edge.put(*rules)
    callers = [edge.caller() for _ in range(3)]
    for caller in callers:
        caller.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    first = next(iter(rules[0]))
    eventually(lambda: edge.rule(first)["matched"] == 3)  # under way, on a slow machine even done
    edge.put(*then)
    assert [caller.message()[1] for caller in callers] == [BODY] * 3
    edge.put()
    assert callers[0].get()[2] == BODY


def test_a_request_that_is_still_coming_in_when_rules_change_arrives_whole(make_edge, eventually):
    seen = []

    def serve(peer):
        while True:
            seen.append(peer.message()[1])
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    edge, _ = make_edge(serve)
    edge.put({"body": {"of": "request", "set": {"a": 2}}})
    caller = edge.caller()
    caller.send(b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n{"a"')
    eventually(lambda: edge.stats()["active"] == 1)
    edge.put({"abort": {"status": 503}})
    caller.send(b": 1}")
    assert caller.message()[1] == b"ok"
    assert seen == [b'{"a":2}']


def test_no_request_sees_half_of_a_set_of_rules(make_edge, eventually):
    (first, _), (second, _) = make_edge(), make_edge()
    stop = threading.Event()
    seen: list[list[bytes]] = []
    broken: list[Exception] = []

    def marked(edge, name):
        return [{"headers": {"set": {f"X-{number}": name}}, "id": f"{name}-{number}"} for number in range(4)]

    def load(edge) -> None:
        try:
            caller = edge.caller()
            while not stop.is_set():
                head = caller.get()[1]
                seen.append([line for line in head.split(b"\r\n") if line.startswith(b"X-")])
        except Exception as error:
            broken.append(error)

    threads = [threading.Thread(target=load, args=(edge,)) for edge in (first, second) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(200):
        name = f"set{number}"
        both = {edge.name: marked(edge, name) for edge in (first, second)}
        put = first.proxy.control("PUT", "/rules", both)
        assert [rule["id"] for rule in put[second.name]] == [f"{name}-{at}" for at in range(4)]
    eventually(lambda: len([lines for lines in seen if lines]) > 50 or broken)
    stop.set()
    for thread in threads:
        thread.join()
    assert broken == []
    marks = [lines for lines in seen if lines]
    assert all(len(lines) == 4 for lines in marks)
    assert all(len({line.partition(b": ")[2] for line in lines}) == 1 for lines in marks)


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
