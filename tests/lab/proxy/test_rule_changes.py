"""Rules come and go while requests pass: none is dropped, none is half under one set and half under another."""

import threading
import time


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
