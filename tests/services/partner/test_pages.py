"""What Paylane publishes: for people by default, as data on demand, and not always what it does."""

import re
from typing import Any

import pytest

JSON = {"Accept": "application/json"}


@pytest.mark.parametrize("page", ["status", "changelog", "developers"])
def test_a_page_is_html_unless_json_is_asked_for(paylane: Any, page: str) -> None:
    people = paylane.client.get(f"/{page}", headers={"Accept": "text/html,*/*;q=0.8"})
    assert people.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in people.text
    assert not re.search(r'(src|href)="https?:', people.text)
    machine = paylane.client.get(f"/{page}", headers=JSON)
    assert machine.headers["content-type"] == "application/json"
    assert machine.headers["vary"] == "Accept"
    told = machine.json()
    assert told["page"] == page
    assert told["text"].startswith("# Paylane")
    assert isinstance(told["data"], dict)


@pytest.mark.parametrize(
    ("state", "headline"),
    [
        ("operational", "All systems operational"),
        ("degraded", "Degraded performance"),
        ("partial_outage", "Partial outage"),
        ("major_outage", "Major outage"),
        ("maintenance", "Scheduled maintenance"),
    ],
)
def test_the_status_page_says_what_it_was_set_to_say(paylane: Any, state: str, headline: str) -> None:
    paylane.patch(status_page_state=state, status_page_text="We are looking <b>hard</b>.")
    told = paylane.client.get("/status", headers=JSON).json()
    assert told["data"] == {"state": state, "headline": headline, "message": "We are looking <b>hard</b>."}
    page = paylane.client.get("/status").text
    assert headline in page
    assert "<b>hard</b>" not in page


def test_the_developers_page_states_the_published_quota_whatever_the_real_one_is(paylane: Any) -> None:
    paylane.patch(published_quota_rps=25, quota_rps=6)
    told = paylane.client.get("/developers", headers=JSON).json()
    assert told["data"]["quota_rps"] == 25
    assert "| **Growth** (your plan) | **25** | **25** |" in told["text"]
    assert "<td><strong>25</strong></td>" in paylane.client.get("/developers").text


def test_the_published_end_of_version_1_may_differ_from_its_header(paylane: Any, charge: Any) -> None:
    paylane.patch(published_v1_sunset_date="2027-06-30", v1_sunset_date="2026-12-01")
    assert "ends on 30 June 2027" in paylane.client.get("/developers", headers=JSON).json()["text"]
    assert "01 Dec 2026" in charge().headers["sunset"]
    paylane.patch(published_v1_sunset_date="")
    assert "no end date yet" in paylane.client.get("/developers", headers=JSON).json()["text"]


def test_the_changelog_is_newest_first_and_holds_back_what_is_not_published(paylane: Any) -> None:
    dates = [entry["date"] for entry in paylane.client.get("/changelog", headers=JSON).json()["data"]["entries"]]
    assert dates == sorted(dates, reverse=True)
    paylane.patch(changelog_until="2026-03-15")
    shown = paylane.client.get("/changelog", headers=JSON).json()
    assert [entry["title"] for entry in shown["data"]["entries"]] == ["Version 2", "Quota per API key"]
    assert "deprecated" not in shown["text"]


def test_every_operation_is_documented_with_examples_and_its_errors(paylane: Any) -> None:
    document = paylane.client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            where = f"{verb} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            for status, answer in operation["responses"].items():
                for content in answer["content"].values():
                    assert "example" in content, f"{where} {status}"
            if "requestBody" in operation:
                assert operation["requestBody"]["content"]["application/json"]["examples"], where
            if path.startswith("/v"):
                processed = set() if "Dashboard" in operation["tags"] else {"429", "500", "503"}
                assert {"401", *processed} <= operation["responses"].keys(), where
                assert ("410" in operation["responses"]) == path.startswith("/v1"), where


def test_its_counters_are_for_nobody_without_the_token(paylane: Any) -> None:
    told, other = paylane.client.get("/metrics"), paylane.client.get("/nothing")
    assert told.status_code == 404
    assert told.json()["detail"] == other.json()["detail"].replace("nothing", "metrics")
    read = paylane.client.get("/metrics", headers={"Authorization": f"Bearer {paylane.token}"})
    assert "partner_tokens" in read.text
