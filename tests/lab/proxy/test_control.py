"""The control API: who may use it, what it accepts, what it says when it does not."""

import socket

import pytest

SLOW = {"latency": {"delay": 200.0}}


def refused(call, *arguments, **named):
    """The refusal a call ends with."""
    try:
        call(*arguments, **named)
    except Exception as error:
        return error
    raise AssertionError("it was accepted")


@pytest.mark.parametrize("token", [None, "", "another", "a-token-and-more"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/rules"), ("POST", "/reset"), ("GET", "/stats"), ("GET", "/no")])
def test_without_the_token_there_is_nothing(proxy, token, method, path):
    error = refused(proxy.control, method, path, token=token)
    assert error.status == 404
    assert error.kind == "application/problem+json"
    assert "rules" not in str(error.problem)


def test_rules_read_back_as_written_with_their_ids(edge):
    rules = [
        {"latency": {"delay": 200.0}, "match": {"method": ["POST"], "path": "/orders/*", "share": 0.3}, "seed": 7},
        {"abort": {"status": 429, "headers": {"Retry-After": "2"}}, "start": 5.0, "end": 35.0, "ramp": 2.0},
        {"latency": {"median": 80.0, "p99": 400.0}, "id": "tail"},
    ]
    put = edge.put(*rules)
    ids = ["latency", "abort", "tail"]
    assert put == [{**rule, "id": id} for rule, id in zip(rules, ids, strict=True)]
    assert edge.proxy.control("GET", f"/rules/{edge.path}") == put
    assert edge.proxy.control("GET", "/rules")[edge.name] == put
    assert edge.put(*put) == put


def test_a_rule_can_be_added_and_removed_alone(edge):
    edge.put(SLOW)
    assert edge.proxy.control("POST", f"/rules/{edge.path}", {"abort": None}) == {"id": "abort"}
    assert edge.proxy.control("POST", f"/rules/{edge.path}", SLOW) == {"id": "latency-2"}
    assert edge.proxy.control("DELETE", f"/rules/{edge.path}/latency") == {"removed": "latency"}
    assert [rule["id"] for rule in edge.proxy.control("GET", f"/rules/{edge.path}")] == ["abort", "latency-2"]


def test_an_id_that_exists_cannot_be_added_again(edge):
    edge.put({**SLOW, "id": "slow"})
    error = refused(edge.proxy.control, "POST", f"/rules/{edge.path}", {**SLOW, "id": "slow"})
    assert error.status == 409


def test_an_id_that_does_not_exist_cannot_be_removed(edge):
    edge.put({**SLOW, "id": "slow"})
    error = refused(edge.proxy.control, "DELETE", f"/rules/{edge.path}/slwo")
    assert error.status == 404
    assert "Did you mean 'slow'?" in error.problem["hint"]


def test_an_unknown_kind_is_refused_with_a_suggestion(edge):
    error = refused(edge.put, {"latncy": {"delay": "1s"}})
    assert error.status == 422
    assert error.kind == "application/problem+json"
    assert error.problem == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": f"Rule 1 of {edge.name} is wrong: There is no edge rule of kind 'latncy'.",
        "hint": error.problem["hint"],
        "kind": "UsageError",
        "exit_code": 2,
    }
    assert error.problem["hint"].startswith("Did you mean 'latency'? Known kinds: ")


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"latency": {"dely": "1s"}}, "latency.dely: no such parameter."),
        ({"latency": {"delay": "soon"}}, "'soon' is not a duration"),
        ({"latency": {}}, "give one of: `delay`"),
        ({"abort": {"status": 99}}, "abort.status"),
        ({"abort": {"headers": {"Content-Length": "3"}}}, "part of the framing"),
        ({"abort": {"headers": {"X": "a\r\nB: c"}}}, "printable ASCII"),
        ({"abort": {}, "match": {"path": "orders"}}, "is not a path"),
        ({"abort": {}, "match": {"path": "/orders*"}}, "neither text, nor `*`"),
        ({"abort": {}, "match": {"method": "FETCH"}}, "'FETCH' is not a method"),
        ({"abort": {}, "match": {"share": "130%"}}, "is not a share"),
        ({"abort": {}, "mach": {}}, "'mach' is not part of a rule."),
        ({"abort": {}, "reset": {}}, "one rule does one thing"),
        ({"abort": {}, "start": "5s", "end": "5s"}, "`end` must come after `start`"),
        ({"abort": {}, "id": "a/b"}, "id: "),
        ({}, "the kind of edge rule is missing"),
        ("abort", "expected a mapping"),
    ],
)
def test_a_wrong_rule_says_what_is_wrong(edge, rule, says):
    error = refused(edge.put, SLOW, rule)
    assert error.status == 422
    assert error.problem["detail"].startswith(f"Rule 2 of {edge.name} is wrong: ")
    assert says in error.problem["detail"]
    assert edge.proxy.control("GET", f"/rules/{edge.path}") == []


def test_one_wrong_rule_leaves_all_edges_as_they_were(make_edge):
    (first, _), (second, _) = make_edge(), make_edge()
    before = first.proxy.control("PUT", "/rules", {first.name: [SLOW], second.name: []})
    error = refused(first.proxy.control, "PUT", "/rules", {first.name: [], second.name: [{"abort": {"status": 1}}]})
    assert error.status == 422
    assert first.proxy.control("GET", "/rules") == before
    assert before[first.name] == [{**SLOW, "id": "latency"}]


def test_a_whole_map_leaves_no_rule_it_does_not_name(make_edge):
    (first, _), (second, _) = make_edge(), make_edge()
    first.put(SLOW)
    after = first.proxy.control("PUT", "/rules", {second.name: [{"abort": {}}]})
    assert {name: rules for name, rules in after.items() if rules} == {second.name: [{"abort": {}, "id": "abort"}]}


def test_reset_takes_every_rule_out_of_force(edge):
    edge.put({"abort": {}})
    assert not any(edge.proxy.control("POST", "/reset").values())
    assert edge.caller().get()[0] == 200
    assert edge.stats()["rules"] == {}


def test_an_unknown_edge_is_refused_with_a_suggestion(edge):
    for method, path, content in [
        ("PUT", "/rules/gateway->order-0", []),
        ("GET", "/rules/gateway->order-0", None),
        ("POST", "/rules/gateway->order-0", {"abort": {}}),
        ("PUT", "/rules", {"gateway->order-0": []}),
        ("PUT", "/edges", {"gateway->order-0": {"host": "127.0.0.1", "port": 1}}),
    ]:
        error = refused(edge.proxy.control, method, path.replace(">", "%3E"), content)
        assert error.status == 404
        assert "Did you mean 'gateway->orders-0'?" in error.problem["hint"]


@pytest.mark.parametrize("target", [{"host": "a"}, {"host": 1, "port": 2}, {"host": "a", "port": 0}, 7, {"port": 1}])
def test_a_wrong_target_changes_nothing(edge, target):
    assert refused(edge.proxy.control, "PUT", "/edges", {edge.name: target}).status == 422
    assert edge.caller().get()[0] == 200


def test_two_rules_with_one_id_are_refused(edge):
    assert refused(edge.put, {**SLOW, "id": "a"}, {"abort": {}, "id": "a"}).status == 422


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1"])
def test_a_body_that_is_not_json_is_refused(proxy, body):
    with socket.create_connection(("127.0.0.1", proxy.ready["control_port"]), timeout=5) as connection:
        connection.sendall(
            b"PUT /rules HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a-token\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 422 ")


def test_what_is_not_http_is_refused(proxy):
    with socket.create_connection(("127.0.0.1", proxy.ready["control_port"]), timeout=5) as connection:
        connection.sendall(b"hello\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_calls_on_one_connection_are_answered_in_turn(proxy):
    with socket.create_connection(("127.0.0.1", proxy.ready["control_port"]), timeout=5) as connection:
        call = b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
        connection.sendall(call * 3)
        seen = b""
        while seen.count(b"HTTP/1.1 404 ") < 3:
            part = connection.recv(65536)
            assert part
            seen += part


def test_stats_count_bytes_requests_and_answers(make_edge):
    edge, _ = make_edge()
    caller = edge.caller()
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    for _ in range(3):
        caller.send(request)
        caller.message()
    stats = edge.stats()
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
    assert stats == {
        "requests": 3,
        "answers": {"200": 3},
        "bytes_in": 3 * len(request),
        "bytes_out": 3 * len(answer),
        "active": 0,
        "connections": 1,
        "refused": 0,
        "left": 0,
        "unreachable": 0,
        "retried": 0,
        "callee": {"connections": 1, "spare": 1, "opened": 1},
        "rules": {},
    }
