"""A request as a curl command that can be pasted."""

import shlex
from collections.abc import Mapping


def curl(method: str, url: str, headers: Mapping[str, str], body: str | None = None) -> str:
    """One command; the body, if any, as `--data`."""
    words = ["curl", "-i"]
    if method != "GET":
        words += ["-X", method]
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    if body is not None:
        words += ["--data", body]
    return " ".join(shlex.quote(word) for word in [*words, url])
