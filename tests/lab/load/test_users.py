"""What the customers do, asked in a process of its own: locust changes the one that imports it."""

import subprocess
import sys


def told(program: str) -> str:
    """What a program that knows the customers prints."""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return ran.stdout.strip()


ROUNDS = """
import random
from collections import Counter
from lab.load.users import Plan
profile = {"seed": 1, "pace_s": 1, "keys": [], "timeout_s": 1, "mix": %s}
rng, plan = random.Random(1), Plan(profile)
rounds = [Counter(plan.deck(rng)) for _ in range(%d)]
"""


def test_what_is_rare_in_a_mix_happens_as_often_as_the_mix_says() -> None:
    rounds = ROUNDS % ('{"checkout": 1, "browse": 200, "track": 0.5, "lookup": 0}', 4000)
    shares = told(f"{rounds}\nall = sum(rounds, Counter())\nprint(*(all[n] / all.total() * 201.5 for n in plan.mix))")
    checkout, browse, track, lookup = map(float, shares.split())
    assert 0.9 < checkout < 1.1
    assert 199 < browse < 201
    assert 0.4 < track < 0.6
    assert lookup == 0


def test_a_mix_of_few_whole_weights_is_kept_in_every_round() -> None:
    rounds = ROUNDS % ('{"checkout": 3, "browse": 4, "track": 1, "search": 2}', 100)
    assert told(f"{rounds}\nprint(all(one == plan.mix for one in rounds))") == "True"
