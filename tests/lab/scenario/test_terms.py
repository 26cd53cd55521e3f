"""The glossary is complete, readable and forgiving about spelling."""

import re

import pytest

from lab.core.errors import NotFound
from lab.scenario.terms import term, terms

FAMILY = """p50 p95 p99 percentile latency throughput quota 429 4xx 5xx 401 403 404 409 422 502 503 504 retry backoff
jitter retry-after idempotent timeout saturation bulkhead queue outbox backlog slo sli baseline trace span log metric
dashboard gateway api endpoint route scope migration index rollback release deprecation sunset contract webhook goodput
incident mitigation stakeholder cache upstream downstream metastable""".split()  # noqa: SIM905  # a list of words reads best as words
PAIRS = ["rate limit", "idempotency key", "circuit breaker", "connection pool", "error budget", "critical path"]
PAIRS += ["api key", "full table scan", "feature flag", "load test", "blast radius", "third party", "cascading failure"]


def words(text: str) -> list[str]:
    return re.findall(r"[\w'’.,%-]+", text)


@pytest.mark.parametrize("name", [*FAMILY, *PAIRS])
def test_no_term_a_product_manager_meets_is_unexplained(name: str) -> None:
    assert term(name)["short"]


@pytest.mark.parametrize("name", terms())
def test_every_term_is_short_and_has_an_example_and_a_question(name: str) -> None:
    entry = term(name)
    assert set(entry) == {"term", "short", "long", "ask", "see", "also"}
    assert len(words(entry["short"])) <= 30
    sentences = [part for part in re.split(r"(?<=[.!?])\s+(?=[A-Z(\"])", entry["long"]) if part]
    assert 1 <= len(sentences) <= 5
    assert max(len(words(sentence)) for sentence in sentences) <= 42
    assert entry["ask"].endswith("?")


@pytest.mark.parametrize("name", terms())
def test_what_a_term_refers_to_exists_and_is_another_term(name: str) -> None:
    see = term(name)["see"]
    assert see
    assert name not in see
    for other in see:
        assert term(other)["term"] == other


def test_no_explanation_tells_the_story_of_a_lesson() -> None:
    """Examples stay away from what lessons break: payments, their partner, campaigns, coupons."""
    for name in terms():
        entry = term(name)
        for word in ("faultlab", "payment partner", "campaign", "coupon", "checkout p95", "refuses a payment"):
            assert word not in f"{entry['short']} {entry['long']}".casefold(), f"{name} says {word!r}"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("P95", "p95"),
        ("  Circuit   Breaker ", "circuit breaker"),
        ("circuit-breaker", "circuit breaker"),
        ("rate-limiting", "rate limit"),
        ("Retry After", "retry-after"),
        ("timeouts", "timeout"),
        ("SLO", "slo"),
        ("downstream", "upstream"),
        ("Too many requests", "429"),
        ("500", "5xx"),
        ("95th percentile", "p95"),
    ],
)
def test_other_spellings_are_understood(written: str, found: str) -> None:
    assert term(written)["term"] == found


def test_a_spelling_means_one_term_only() -> None:
    seen: dict[str, str] = {}
    for name in terms():
        for spelling in (name, *term(name)["also"]):
            assert seen.setdefault(spelling.casefold(), name) == name, f"{spelling} means two terms"


def test_an_unknown_term_suggests_the_nearest() -> None:
    with pytest.raises(NotFound) as caught:
        term("percentle")
    assert "'percentile'" in caught.value.hint
    with pytest.raises(NotFound):
        term("")
    with pytest.raises(NotFound):
        term("x" * 500)
