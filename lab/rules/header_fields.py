"""Which header fields a rule may put on the wire."""

import re

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = frozenset({"connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})


def check_name(name: str) -> str:
    """The same name; ValueError when it is none, or when it would change the framing."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a header name")
    if name.lower() in _FRAMING:
        raise ValueError(f"{name} is part of the framing and cannot be changed")
    return name


def check_value(value: str) -> str:
    """The same value; ValueError when it cannot stand on the wire."""
    if not (value.isascii() and value.isprintable()):
        raise ValueError(f"{value!r} must be printable ASCII to be a header's value")
    return value


def check_headers(headers: dict[str, str]) -> dict[str, str]:
    """The same headers; ValueError when one of them cannot be sent."""
    return {check_name(name): check_value(value) for name, value in headers.items()}
