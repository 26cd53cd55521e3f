"""Every error is one envelope that says what to change."""

import json
import socket
from typing import Any

import httpx
import pytest

from services.chassis.protocol import ProblemProtocol


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem an answer carries, with what every problem must have."""
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == answer.status_code
    assert told["request_id"] == answer.headers["x-request-id"]
    assert told["instance"] == answer.request.url.path
    assert told["type"].startswith("https://beanline.example/problems/")
    assert told["detail"].endswith(".")
    return told


def test_an_unknown_path_is_404(client: httpx.Client) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "/nowhere" in problem(answer)["detail"]


def test_a_path_with_a_slash_too_many_is_404_and_no_redirect(client: httpx.Client) -> None:
    assert client.get("/delay/").status_code == 404


def test_a_wrong_method_is_405_and_names_the_right_ones(client: httpx.Client) -> None:
    answer = client.put("/items/1", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "Use POST" in problem(answer)["detail"]


def test_an_invalid_body_is_422_and_names_every_wrong_field(client: httpx.Client) -> None:
    answer = client.post("/items/1", json={"count": "many", "colour": "red"})
    assert answer.status_code == 422
    told = problem(answer)
    assert {(wrong["in"], wrong["name"]) for wrong in told["errors"]} == {
        ("body", "name"),
        ("body", "count"),
        ("body", "colour"),
    }
    assert "'name' in the body" in told["detail"]
    assert "2 more" in told["detail"]


def test_an_invalid_path_or_query_says_where_it_is(client: httpx.Client) -> None:
    answer = client.post("/items/x?fast=maybe", json={"name": "a", "count": 1})
    assert {(wrong["in"], wrong["name"]) for wrong in problem(answer)["errors"]} == {
        ("path", "item_id"),
        ("query", "fast"),
    }


def test_broken_json_is_400(client: httpx.Client) -> None:
    answer = client.post("/items/1", content=b'{"name": ', headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "JSON" in problem(answer)["detail"]


def test_a_body_of_another_type_is_415_and_says_which_is_read(client: httpx.Client) -> None:
    answer = client.post("/items/1", content=b"name=a", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 415
    assert "Content-Type: application/json" in problem(answer)["detail"]


def test_a_problem_of_the_service_keeps_its_headers_and_members(client: httpx.Client) -> None:
    answer = client.get("/taken")
    told = problem(answer)
    assert (answer.status_code, answer.headers["retry-after"], told["owner"]) == (409, "2", "bob")


def test_a_mistake_of_ours_is_500_and_tells_nothing_of_it(client: httpx.Client) -> None:
    answer = client.get("/boom")
    assert answer.status_code == 500
    problem(answer)
    assert "secret" not in answer.text


def test_an_answer_that_breaks_off_breaks_the_connection(client: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/half")
    assert client.get("/delay").status_code == 200


class Impatient(ProblemProtocol):
    """Waits for a head a hundred times shorter."""

    types = "https://beanline.example/problems/"
    head_timeout_s = 0.1


@pytest.mark.parametrize("first", [b"", b"GET /delay HTTP/1.1\r\nHost: x\r\n\r\n"])
@pytest.mark.parametrize("half", [b"GET /delay HT", b"GET /delay HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_half_a_head_is_not_waited_for_forever(serve: Any, first: bytes, half: bytes) -> None:
    port = int(serve(http=Impatient).url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(first + half)
        answer = b""
        while chunk := raw.recv(4096):
            answer += chunk
    assert answer.count(b"HTTP/1.1 200") == bool(first)
    assert b"HTTP/1.1 408" in answer
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["title"] == "Request timeout"


def test_a_connection_on_which_nothing_comes_is_closed(serve: Any) -> None:
    port = int(serve(http=Impatient).url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        assert raw.recv(4096) == b""


def test_a_head_that_comes_in_two_parts_is_answered(serve: Any) -> None:
    port = int(serve(http=Impatient).url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(b"GET /delay HTTP/1.1\r\n")
        raw.sendall(b"Host: x\r\nConnection: close\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 200")
