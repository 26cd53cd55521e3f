"""The one definition of a percentile: exact nearest rank.

The p-th percentile of n ordered values is the value at rank ceil(p/100 × n), counted from 1
(https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method). It is always a value that was measured.
"""

import math
from collections.abc import Sequence


def nearest_rank(ordered: Sequence[float], percentile: float) -> float:
    """The percentile (0 < p ≤ 100) of values sorted ascending; NaN when there are none."""
    if not 0 < percentile <= 100:
        raise ValueError(f"a percentile lies above 0 and at most at 100, not at {percentile}")
    if not ordered:
        return math.nan
    rank = math.ceil(percentile * len(ordered) / 100)
    return ordered[max(rank, 1) - 1]
