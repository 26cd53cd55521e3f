"""Every kind of change can be applied, written down and taken back."""

import json

import pytest
from fakes import FakeSystem
from pydantic import ValidationError

from lab.changes import Change, changes

EXAMPLES = {
    "setting": {"setting": {"service": "orders", "name": "partner_retries", "value": 3}},
    "release": {"release": {"service": "orders", "version": "2.5.0", "settings": {"partner_retries": 1}, "notes": "n"}},
    "edge": {"edge": {"edge": "orders->partner", "rule": {"latency": {"delay": "200ms"}}}},
    "crash": {"crash": {"service": "orders", "stay_down": True}},
    "pause": {"pause": {"service": "orders"}},
    "index": {"index": {"table": "orders", "columns": ["coupon_code", "placed_at"]}},
    "migration": {
        "migration": {"table": "orders", "column": "state", "source": "status", "values": {"settled": ["paid"]}}
    },
    "traffic": {"traffic": {"multiply": 4, "because": "campaign"}},
}


def test_every_kind_has_an_example_here() -> None:
    assert sorted(EXAMPLES) == changes.names()


@pytest.fixture(params=sorted(EXAMPLES))
def change(request: pytest.FixtureRequest) -> Change:
    return changes.read(EXAMPLES[request.param])


async def test_reverting_brings_back_exactly_what_was_there(change: Change) -> None:
    system = FakeSystem()
    before = system.snapshot()
    token = json.loads(json.dumps(await change.remember(system)))
    assert system.snapshot() == before, "remembering must not touch anything"
    await change.apply(system, token)
    assert system.snapshot() != before
    await change.revert(system, token)
    assert system.snapshot() == before


async def test_applying_and_reverting_twice_is_the_same_as_once(change: Change) -> None:
    system = FakeSystem()
    before = system.snapshot()
    token = await change.remember(system)
    await change.apply(system, token)
    once = system.snapshot()
    await change.apply(system, token)
    assert system.snapshot() == once
    await change.revert(system, token)
    await change.revert(system, token)
    assert system.snapshot() == before


def test_a_change_reads_back_from_its_written_form(change: Change) -> None:
    assert changes.read(json.loads(json.dumps(change.written()))) == change


def test_every_kind_describes_itself_in_one_line(change: Change) -> None:
    assert (type(change).__doc__ or "").splitlines()[0].endswith(".")


def test_a_settings_change_needs_exactly_one_form() -> None:
    with pytest.raises(ValidationError, match="either `name` and `value`, or `values`"):
        changes.read({"setting": {"service": "orders", "name": "a", "value": 1, "values": {"b": 2}}})


@pytest.mark.parametrize("pace", [0, "0/s", -1])
def test_customers_who_make_no_request_are_refused(pace: object) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        changes.read({"traffic": {"pace": pace}})


def test_an_unknown_kind_suggests_a_known_one() -> None:
    with pytest.raises(ValueError, match="Did you mean 'setting'"):
        changes.read({"seting": {}})


def test_an_unknown_edge_rule_is_refused_when_it_is_read() -> None:
    with pytest.raises(ValueError, match="latency"):
        changes.read({"edge": {"edge": "orders->partner", "rule": {"latancy": {}}}})


def test_only_a_release_and_what_people_would_know_is_in_the_feed() -> None:
    hidden = changes.read(EXAMPLES["setting"]).feed()
    release = changes.read(EXAMPLES["release"]).feed()
    campaign = changes.read(EXAMPLES["traffic"]).feed()
    assert hidden is None
    assert release is not None
    assert release.version == "2.5.0"
    assert campaign is not None
    assert campaign.what == "campaign"
