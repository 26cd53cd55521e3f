"""Half characters and times that are none: told as the sender's mistake."""

import httpx
import pytest

from lab.session.session import Session

HALF = '"\\ud800"'
JSON = {"Content-Type": "application/json", "Accept": "application/json"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/answers", f'{{"question": "update", "answer": {HALF}}}'),
        ("/api/answers", f'{{"question": {HALF}, "answer": "a"}}'),
        ("/api/cites", f'{{"ref": {HALF}}}'),
        ("/api/sql", f'{{"query": {HALF}}}'),
        ("/api/mitigations", f'{{"id": {HALF}}}'),
    ],
)
async def test_half_a_character_is_refused_and_nothing_is_kept(
    client: httpx.AsyncClient, session: Session, path: str, body: str
) -> None:
    before = session.journal.path.read_bytes()
    answer = await client.post(path, content=body, headers=JSON)
    assert answer.status_code in (404, 422), answer.text
    assert answer.json()["hint"]
    assert session.journal.path.read_bytes() == before
    assert session.ledger.rungs.get("update") is None or session.ledger.rungs["update"].tries == 0


@pytest.mark.parametrize("moment", ["nan", "inf", "-inf", "1e999", "-nan"])
async def test_a_time_that_is_none_is_refused(reader: httpx.AsyncClient, moment: str) -> None:
    for path in ("/api/metrics", "/api/logs", "/incident/overview"):
        answer = await reader.get(path, params={"since": moment}, headers={"Accept": "application/json"})
        assert answer.status_code == 422, (path, answer.text)


@pytest.mark.parametrize("window", ["[NaN, 1]", "[0, 1e999]", "[1, 0]"])
async def test_a_window_that_is_none_is_refused(client: httpx.AsyncClient, window: str) -> None:
    body = f'{{"question": "size", "answer": "19 %", "window": {window}}}'
    answer = await client.post("/api/answers", content=body, headers=JSON)
    assert answer.status_code == 422
