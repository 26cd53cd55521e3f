"""A request as a curl command that can be pasted."""

import json
import shlex
from collections.abc import Mapping

from lab.export.calls import Call
from lab.questions.steps.template import filled


def curl(method: str, url: str, headers: Mapping[str, str], body: str | None = None) -> str:
    """One command; the body, if any, as `--data`."""
    words = ["curl", "-I" if method == "HEAD" else "-i"]  # -X HEAD would wait for a body
    if method not in ("GET", "HEAD"):
        words += ["-X", method]
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    if body is not None:
        # plain --data takes `@name` for a file to send
        words += ["--data-raw" if body.startswith("@") else "--data", body]
    return " ".join(shlex.quote(word) for word in [*words, url])


def curl_of(call: Call, values: Mapping[str, str]) -> str:
    """A call as a command; variables without a value stay as they are."""
    headers = {}
    if call.key:
        headers["Authorization" if call.bearer else "X-API-Key"] = (
            "Bearer " if call.bearer else ""
        ) + f"{{{{{call.key}}}}}"
    headers |= {one.name: one.value for one in call.headers if not one.off}
    return curl(
        call.method,
        filled(f"{{{{{call.base}}}}}{call.target}", values),
        {name: filled(value, values) for name, value in headers.items()},
        None if call.body is None else filled(_one_line(call.body), values),
    )


def _one_line(body: str) -> str:
    """A body in JSON without line breaks; any other as it is."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        return body
