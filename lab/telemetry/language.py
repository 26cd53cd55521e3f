"""The search language of logs and traces: words and `field:value`, joined by spaces."""

from typing import Any


def parse(text: str) -> Any:
    """A query, parsed; UsageError says what is wrong and how to write it."""
    raise NotImplementedError
