"""Figures from raw times, checked against naive counting."""

import math
import random

from lab.load.tally import Tally


def test_percentiles_are_exact_nearest_ranks_of_every_time_recorded() -> None:
    rng = random.Random(7)
    tally = Tally(keep=True)
    tally.begin_stage(5)
    times = [rng.lognormvariate(3, 1) for _ in range(997)]
    for number, time_ms in enumerate(times):
        tally.record(f"GET /{number % 3}", time_ms, "200" if number % 10 else "503", number % 10 == 0)
    tally.end()
    results = tally.results(unfinished=0)
    ordered = sorted(times)
    for rank in (50, 95, 99):
        assert results[f"p{rank}_ms"] == round(ordered[math.ceil(rank / 100 * 997) - 1], 3)
    assert results["failures"] == results["statuses"]["503"] == 100
    assert [endpoint["requests"] for endpoint in results["endpoints"]] == [333, 332, 332]


def test_background_traffic_keeps_no_times() -> None:
    tally = Tally(keep=False)
    for _ in range(100):
        tally.record("GET /", 5.0, "200", False)
    assert tally.sample(3)["p95_ms"] == 5.0
    assert tally.sample(3)["p95_ms"] is None
    assert tally.results(0)["requests"] == 0
    assert tally.requests == 100


def test_a_request_counts_to_the_stage_it_ends_in() -> None:
    tally = Tally(keep=True)
    tally.begin_stage(5)
    tally.record("GET /", 1.0, "200", False)
    tally.begin_stage(2)
    tally.record("GET /", 2.0, "500", True)
    tally.end()
    stages = tally.results(0)["stages"]
    assert [(stage["users"], stage["requests"], stage["failures"]) for stage in stages] == [
        (5, 1, 0),
        (2, 1, 1),
    ]
