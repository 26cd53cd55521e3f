"""A window is told as it was counted."""

import json

import httpx

JSON = {"Accept": "application/json"}


async def test_whoever_counts_the_records_of_the_window_told_finds_the_same_number(reader: httpx.AsyncClient) -> None:
    told = (await reader.get("/api/export/records", params={"since": "incident"})).text
    ended = sorted(
        round(record["end_s"], 6)
        for record in map(json.loads, told.splitlines())
        if record["record"] == "span" and (record["service"], record["kind"]) == ("gateway", "server")
    )
    until = ended[10] + 0.00005  # within the millisecond of a record
    query = {"service": "gateway", "since": "incident", "until": f"{until:.6f}"}
    found = (await reader.get("/api/metrics", params=query, headers=JSON)).json()
    start, end = found["window"]
    assert sum(start <= moment < end for moment in ended) == found["red"]["requests"] > 0
    assert until - 0.001 < end <= until
