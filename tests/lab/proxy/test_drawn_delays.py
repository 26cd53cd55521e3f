"""Every form of latency on the wire: each request waits what its seed has drawn for it."""

import math
import time
from random import Random

import pytest

Z99 = 2.3263478740408408


def lognormal(random: Random) -> float:
    return 8 * math.exp(random.gauss(0.0, math.log(40 / 8) / Z99))


FORMS = {
    "fixed": ({"delay": "12ms"}, lambda random: 12.0),
    "lognormal": ({"median": "8ms", "p99": "40ms"}, lognormal),
    "normal": ({"mean": "12ms", "deviation": "6ms"}, lambda random: max(0.0, random.gauss(12, 6))),
    "pareto": ({"minimum": "5ms", "shape": 1.5}, lambda random: 5 * random.paretovariate(1.5)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("when", ["request", "answer"])
def test_each_request_waits_what_its_seed_has_drawn(edge, form, when):
    parameters, draw = FORMS[form]
    edge.put({"latency": {**parameters, "when": when}, "seed": 5})
    random = Random(f"5/{edge.name}/latency/values")
    caller = edge.caller()
    late_ms = []
    for _ in range(15):
        drawn_ms = draw(random)
        start_s = time.perf_counter()
        assert caller.get()[0] == 200
        late_ms.append((time.perf_counter() - start_s) * 1000 - drawn_ms)
    # never early; how late is for the benchmark of latency
    assert min(late_ms) >= 0


def test_no_request_waits_longer_than_the_most_allowed(edge):
    edge.put({"latency": {"minimum": "1m", "shape": 0.1, "at_most": "20ms"}, "seed": 1})
    assert {edge.caller().get()[0] for _ in range(3)} == {200}  # a caller waits for ten seconds at most
