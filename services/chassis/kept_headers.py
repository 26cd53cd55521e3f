"""Headers that a service keeps in its server spans: an allow-list, for what is not listed may be a secret."""

from collections.abc import Iterable, Mapping
from typing import Any

_LONGEST = 512
Raw = Iterable[tuple[bytes, bytes]]


class KeptHeaders:
    """Attribute → the header it is taken from, for requests and for answers; names of headers in lower case.

    A value is kept as one text, so that it can be searched for; OpenTelemetry would also allow a list.
    """

    def __init__(self, request: Mapping[str, str], answer: Mapping[str, str]) -> None:
        self._request = {header.encode(): name for name, header in request.items()}
        self._answer = {header.encode(): name for name, header in answer.items()}

    def of(self, request: Raw, answer: Raw) -> dict[str, Any]:
        """The attributes of one exchange."""
        return _found(self._request, request) | _found(self._answer, answer)


def _found(kept: Mapping[bytes, str], headers: Raw) -> dict[str, str]:
    found: dict[str, str] = {}
    for header, value in headers:
        name = kept.get(header)
        if name is not None:
            text = value.decode("latin-1")[:_LONGEST]
            found[name] = f"{found[name]}, {text}" if name in found else text
    return found
