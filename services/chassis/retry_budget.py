"""How many retries all calls together may make; a library that wraps one call knows no such thing."""

_MOST_SAVED = 20.0


class RetryBudget:
    """Each call earns a share of a retry, each retry costs one; a share of 0 allows any number."""

    def __init__(self) -> None:
        self._saved = _MOST_SAVED

    def earn(self, share: float) -> None:
        """A call was made for the first time."""
        self._saved = min(_MOST_SAVED, self._saved + share)

    def spend(self, share: float) -> bool:
        """Whether the budget has a retry left; it is spent."""
        if share == 0:
            return True
        if self._saved < 1:
            return False
        self._saved -= 1
        return True
