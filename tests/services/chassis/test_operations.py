"""Health, metrics and the admin route."""

import os
from typing import Any

import httpx
import pytest

ADMIN = {"Authorization": "Bearer let-me-in"}


def test_health_says_who_answers(client: httpx.Client) -> None:
    told = client.get("/health").json()
    assert told == {
        "status": "ok",
        "service": "gateway",
        "version": told["version"],
        "nonce": "n-7",
        "pid": os.getpid(),
    }


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic bGV0LW1lLWlu"}])
@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT"])
def test_without_the_token_settings_look_like_any_unknown_path(
    client: httpx.Client, method: str, headers: dict[str, str]
) -> None:
    answer = client.request(method, "/internal/settings", headers=headers)
    other = client.request(method, "/internal/nothing", headers=headers)
    assert answer.status_code == other.status_code == 404
    assert answer.headers.keys() == other.headers.keys()
    assert answer.json().keys() == other.json().keys()
    assert answer.json()["detail"] == other.json()["detail"].replace("nothing", "settings")


def test_without_a_token_file_nobody_is_admitted(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADMIN_TOKEN_FILE")
    url = serve().url
    assert httpx.get(f"{url}/internal/settings", headers={"Authorization": "Bearer"}).status_code == 404


def test_a_patch_holds_for_the_next_request(client: httpx.Client) -> None:
    answer = client.patch("/internal/settings", json={"settings": {"delay_ms": 25}, "version": "2.5.0"}, headers=ADMIN)
    assert answer.json() == {"service": "gateway", "version": "2.5.0", "settings": {"delay_ms": 25.0}}
    assert client.get("/delay").json() == {"delay_ms": 25.0}
    assert client.get("/health").json()["version"] == "2.5.0"
    assert client.get("/internal/settings", headers=ADMIN).json() == answer.json()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"settings": {"delay_ms": -1}, "version": "3"}, "delay_ms"),
        ({"settings": {"delay_ms": 5, "speed": 1}}, "speed"),
        ({"settings": 3}, "'settings'"),
        ({"setting": {}}, "nothing else"),
        ({"version": 3}, "'version'"),
        ([], "nothing else"),
    ],
)
def test_a_wrong_patch_changes_nothing_and_says_what_is_wrong(client: httpx.Client, body: Any, said: str) -> None:
    before = client.get("/internal/settings", headers=ADMIN).json()
    answer = client.patch("/internal/settings", json=body, headers=ADMIN)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert client.get("/internal/settings", headers=ADMIN).json() == before


def test_a_patch_that_is_not_json_is_400(client: httpx.Client) -> None:
    assert client.patch("/internal/settings", content=b"{", headers=ADMIN).status_code == 400


def test_another_method_with_the_token_is_405(client: httpx.Client) -> None:
    answer = client.delete("/internal/settings", headers=ADMIN)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, PATCH")


def test_metrics_are_prometheus_text(client: httpx.Client) -> None:
    client.get("/delay")
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert (
        'http_server_request_duration_seconds_count{method="GET",route="/delay",status_code="200"} 1.0' in answer.text
    )
    assert "http_server_active_requests 0.0" in answer.text
    for name in ("process_cpu_seconds_total", "python_gc_objects_collected_total", "python_info"):
        assert name in answer.text
    assert "telemetry_dropped_total 0.0" in answer.text
    assert "_created" not in answer.text


def test_every_metric_has_help_and_a_name_that_linters_accept(client: httpx.Client) -> None:
    rows = client.get("/metrics").text.splitlines()
    told = {row.split()[2] for row in rows if row.startswith("# HELP") and len(row.split()) > 3}
    kinds = {row.split()[2]: row.split()[3] for row in rows if row.startswith("# TYPE")}
    assert told == kinds.keys()
    for name, kind in kinds.items():
        assert name.endswith("_total") == (kind == "counter"), name
        assert name == name.lower()


def test_the_docs_page_needs_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "http://" not in page.text.replace("http://127.0.0.1", "")
    assert "/items/{item_id}" in page.text


def test_the_document_knows_problems_and_not_the_frameworks_errors(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert "HTTPValidationError" not in str(document)
    responses = document["paths"]["/items/{item_id}"]["post"]["responses"]
    assert list(responses["422"]["content"]) == ["application/problem+json"]
    assert "Problem" in document["components"]["schemas"]
    assert not [path for path in document["paths"] if path.startswith(("/internal", "/health", "/metrics"))]


@pytest.mark.parametrize("path", ["/delay", "/taken", "/nowhere", "/health", "/metrics", "/docs", "/openapi.json"])
def test_head_is_answered_as_get_is_without_the_body(client: httpx.Client, path: str) -> None:
    asked, whole = client.head(path), client.get(path)
    assert (asked.status_code, asked.content) == (whole.status_code, b"")
    assert asked.headers["content-type"] == whole.headers["content-type"]
    if path != "/metrics":  # which may have grown in between
        assert asked.headers["content-length"] == whole.headers["content-length"]


def test_head_is_counted_as_head(client: httpx.Client) -> None:
    client.head("/delay")
    told = client.get("/metrics").text
    assert 'http_server_request_duration_seconds_count{method="HEAD",route="/delay",status_code="200"} 1.0' in told


def test_head_is_refused_where_there_is_no_get(client: httpx.Client) -> None:
    assert client.head("/items/1").status_code == 405
