"""Every command a text may name leads to the page that shows the same."""

import pytest

from lab.cli.root import COMMANDS
from lab.console.links import page_of

ONLY_IN_A_TERMINAL = {"doctor", "completion", "scenario"}


@pytest.mark.parametrize(
    ("command", "href", "reads"),
    [
        ("lab metrics", "/incident/overview", "the overview"),
        (
            "lab metrics --service gateway --route 'POST /api/v1/orders'",
            "/incident/overview?service=gateway&route=POST+%2Fapi%2Fv1%2Forders",
            "gateway · POST /api/v1/orders",
        ),
        ("lab metrics --edge 'orders->partner' --since 60s", None, "orders → partner"),
        ("lab metrics --since 1700000000 --until 1700000060", None, "the overview"),
        ("lab logs event:payment.refused", "/incident/logs?q=event%3Apayment.refused", "logs: event:payment.refused"),
        ("lab traces 4bf92f35", "/incident/traces/4bf92f35", "trace 4bf92f35"),
        ("lab traces 'root:\"GET /api\" duration:>9'", None, 'traces: root:"GET /api" duration:>9'),
        ("lab sql --explain 'SELECT 1'", "/incident/database?q=SELECT+1&explain=1", "the database"),
        ("lab diagnose whose", "/answer#q-whose", "the question “whose”"),
        ("lab hint --reveal size", "/answer#q-size", "its full answer"),
        ("lab fix retry", "/fix#fix-retry", "fixes"),
        ("lab load", "/fix#load", "the load test"),
        ("lab explain rate limit", "/incident/glossary/rate%20limit", "rate limit"),
        ("lab steps", "/answer#steps", "the steps"),
        ("lab steps --watch", "/answer#steps", "the steps"),
        ("lab steps hello", "/answer#step-hello", "the step “hello”"),
        ("lab steps --received", "/incident/api#received", "what has arrived"),
        ("lab inbox", "/incident/inbox", "the inbox"),
        ("lab inbox 1", "/incident/inbox#message-1", "message 1 in the inbox"),
        ("lab inbox 1 --secret whsec_…", "/incident/inbox#check", "the check of a signature"),
        ("lab export postman -o beanline", "/incident/api#clients", "the downloads for Postman"),
        ("lab partner developers", "/incident/partner/developers", "the partner's pages for developers"),
    ],
)
def test_a_command_is_a_page(command: str, href: str | None, reads: str) -> None:
    link = page_of(command)
    assert link is not None
    assert link.text == reads
    assert href is None or link.href("") == href


def test_a_window_is_kept_and_a_moment_that_pages_do_not_know_is_left_out() -> None:
    ago, clock = page_of("lab metrics --since 60s"), page_of("lab metrics --since 18:02:30")
    assert ago is not None
    assert clock is not None
    assert (ago.query, clock.query) == ({"since": "-60s"}, {})


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_or_is_known_to_have_none(name: str) -> None:
    assert (page_of(f"lab {name}") is None) == (name in ONLY_IN_A_TERMINAL)


@pytest.mark.parametrize("text", ["lab", "lab export locust", "lab unheard-of", "labx metrics", "lab logs 'unclosed"])
def test_what_is_no_command_is_no_link(text: str) -> None:
    assert page_of(text) is None
