"""How many labs a machine carries, worked out from what a few needed."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.themes import proof  # after the path that leads there
from benchmarks.themes.many_labs import fit_by_cores, fit_by_memory, of_one_more, still_quick
from benchmarks.whole_lab import why

GIB_FOR_LABS_MB = 23 * 1024


def test_one_more_lab_needs_what_the_line_through_all_counts_rises_by() -> None:
    assert of_one_more([1, 2, 4], [300, 500, 900]) == pytest.approx(200)


def test_with_one_count_alone_a_further_lab_is_taken_to_need_as_much_as_the_first() -> None:
    assert of_one_more([1], [240]) == 240


def test_memory_holds_the_first_lab_and_as_many_further_ones_as_are_whole() -> None:
    assert fit_by_memory(GIB_FOR_LABS_MB - 1000, 300) == 4
    assert fit_by_memory(GIB_FOR_LABS_MB, 300) == 1


def test_a_lab_larger_than_the_machine_does_not_fit() -> None:
    assert fit_by_memory(GIB_FOR_LABS_MB + 1, 300) == 0


def test_two_cores_carry_as_many_labs_as_are_whole() -> None:
    assert fit_by_cores(0.37) == 5


def test_the_shop_stays_quick_up_to_where_it_is_twice_as_slow_as_alone() -> None:
    assert still_quick([1, 2, 4, 6], [10, 12, 16, 26]) == 4
    assert still_quick([1, 2, 6], [10, 15, 25]) == 4


def test_a_shop_that_never_becomes_twice_as_slow_sets_no_limit() -> None:
    assert still_quick([1, 2, 4], [10, 20, 20]) is None


def test_a_proof_s_time_outside_its_judging_steps_is_told_apart() -> None:
    told = {"seconds": 40.0, "steps": [{"name": "baseline", "seconds": 6}, {"name": "reads", "seconds": 0.5}]}
    assert proof.where(told) == (6.5, 33.5)
    assert proof.longest(told) == [("baseline", 6.0)]


def test_a_command_that_failed_says_why_in_its_own_words() -> None:
    told = b"rate-limit\nError: The console did not\n       answer.\nTry:   lab doctor\n"
    assert why(subprocess.CompletedProcess([], 4, b"", told)) == "The console did not answer"
    assert why(subprocess.CompletedProcess([], 4, b"", b"")) == "it ended with 4"
