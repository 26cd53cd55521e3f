"""Figures in status updates: which are found, which are about something measured, and which of those are false."""

import pytest

from lab.questions import Fact
from lab.questions.update.figures import figures
from lab.questions.update.sentences import told
from lab.questions.update.truth import false_figures


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("34 % of customers fail here.", [("share", 0.34)]),
        ("One in three customers cannot pay.", [("share", 1 / 3)]),
        ("Every third customer cannot pay.", [("share", 1 / 3)]),
        ("A good third of customers cannot pay.", [("share", 1 / 3)]),
        ("Two thirds of checkouts work.", [("share", 2 / 3)]),
        ("1/3 of our customers cannot pay.", [("share", 1 / 3)]),
        ("8 out of 100 customers cannot pay.", [("share", 0.08)]),
        ("We lost 1,200 orders today.", [("count", 1200)]),
        ("Fourteen orders are lost.", [("count", 14)]),
        ("They wait half a second for it.", [("seconds", 0.5)]),
        ("They wait 830 ms for it.", [("seconds", 0.83)]),
        ("The slowest 5 % wait for it.", []),
        ("The next update is in half an hour.", []),
        ("We write every 30 minutes at 10:30.", []),
        ("They get 503s at the end of it.", []),
        ("Half of them wait about 3 seconds.", [("seconds", 3)]),
    ],
)
def test_figures_are_found_in_words_and_digits(text: str, read: list[tuple[str, float]]) -> None:
    found = [(figure.kind, pytest.approx(figure.value)) for sentence in told(text) for figure in figures(sentence)]
    assert found == read


MEASURED = [
    Fact("share of checkouts that failed", 0.34, "34 %"),
    Fact("share of all requests that failed", 0.11, "11 %"),
    Fact("orders lost so far", 479, "479 orders"),
    Fact("customers affected so far", 48, "48 customers"),
    Fact("time of a checkout, 95th percentile", 6200, "6.20 s"),
]


@pytest.mark.parametrize(
    "text",
    [
        "34 % of checkouts fail (normally 0 %).",
        "Normally no more than 1 % of checkouts fail.",
        "Checkouts usually take 60 ms.",
        "Since the campaign mail went out to 80,000 customers, 34 % of checkouts fail.",
        "Everybody who could not pay gets 20 % off the next order.",
        "We apologise with a 10 % voucher to those who could not pay.",
        "Customers who get an error: please wait 30 seconds before trying again.",
        "Support asks customers to wait 30 seconds.",
        "Customers cannot pay with two of our three payment options.",
        "Two of three payment methods fail.",
        "Support got 20 calls from customers who could not pay.",
        "We lose about 240 orders a minute.",
        "Every minute 240 orders are lost.",
        "In the last half minute 285 orders were lost.",
        "In the last 30 seconds, 285 orders were lost.",
        "Every half minute somebody cannot pay.",
        "There are 80 % more failed checkouts than an hour ago.",
    ],
)
def test_a_true_figure_of_what_was_not_measured_is_left_alone(text: str) -> None:
    assert [one.said for one in false_figures(told(text), MEASURED)] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("90 % of checkouts fail (normally 0 %).", "90 %"),
        ("80 % of our customers cannot shop as usual.", "80 %"),
        ("More than 60 % get an error.", "60 %"),
        ("No more than 5 % of checkouts fail.", "5 %"),
        ("Many of our customers, about 80 %, cannot pay.", "80 %"),
        ("Customers cannot pay (80 %).", "80 %"),
        ("900 customers could not pay so far.", "900 customers"),
        ("About 900 customers, mostly in Germany, cannot pay.", "900 customers"),
        ("20 orders are lost so far.", "20 orders"),
        ("In the last half minute 2,000 orders were lost.", "2,000 orders"),
        ("Customers wait 30 seconds before they get an error.", "30 seconds"),
        ("Half of the checkouts go through, half of them fail.", "half"),
        ("Every customer fails, all customers cannot pay.", "all customers cannot"),
    ],
)
def test_a_false_figure_of_what_was_measured_stays_false(text: str, said: str) -> None:
    assert said in [one.said.lower() for one in false_figures(told(text), MEASURED)]
