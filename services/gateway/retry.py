"""When to send a call again: how long to pause, and whether the budget that all calls share allows it.

tenacity and stamina wrap one call and know no budget shared by all calls; the loop itself is in `upstream`.
"""

import random

from services.chassis import RetryBudget
from services.gateway.settings import Settings


class Retries:
    """The seeded jitter, and the budget."""

    def __init__(self, settings: Settings) -> None:
        self._seed = settings.jitter_seed
        self._rng = random.Random(self._seed)
        self._budget = RetryBudget()

    def called(self, settings: Settings) -> None:
        """A call was made for the first time."""
        self._budget.earn(settings.retry_budget)

    def afford(self, settings: Settings) -> bool:
        """Whether the budget has a retry left; it is spent."""
        return self._budget.spend(settings.retry_budget)

    def pause_s(self, settings: Settings, attempt: int) -> float:
        """The pause before attempt 1, 2, …: doubling, up and down by the jitter."""
        if settings.jitter_seed != self._seed:
            self._seed = settings.jitter_seed
            self._rng.seed(self._seed)
        base_s = settings.backoff_ms / 1000 * 2.0 ** (attempt - 1)
        return float(base_s * (1 + settings.jitter * self._rng.uniform(-1, 1)))
