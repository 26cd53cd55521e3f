"""References to what a learner cites: `log:123`, `trace:4bf92f35…`, or a probe measured over a window.

A cited metric is written `metric:{"probe": {"error_rate": {"service": "gateway"}}, "window": [since, until]}`.
"""

import json
import re
from dataclasses import dataclass

from pydantic import ValidationError

from lab.core.errors import UsageError
from lab.core.window import Window
from lab.probes import Probe, probes

LOG_KEY = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Ref:
    """What one citation points at; `key` is the record's id, or empty for a metric."""

    kind: str
    key: str = ""
    probe: Probe | None = None
    window: Window | None = None


def metric_ref(probe: Probe, window: Window) -> str:
    """The reference to a probe's value in a window."""
    written = {"probe": probe.written(), "window": [window.start_s, window.end_s]}
    return f"metric:{json.dumps(written, separators=(',', ':'))}"


def read_ref(text: str) -> Ref:
    """A reference from its text; UsageError when it is none."""
    kind, _, key = text.strip().partition(":")
    if kind == "log" and LOG_KEY.fullmatch(key):
        return Ref("log", key)
    if kind == "trace" and re.fullmatch(r"[0-9a-f]{1,32}", key.lower()):
        return Ref("trace", key)
    if kind == "metric":
        try:
            written = json.loads(key)
            start, end = map(float, written["window"])
            return Ref("metric", "", probes.read(written["probe"]), Window(start, end))
        except (ValueError, TypeError, KeyError, ValidationError) as error:
            raise UsageError("This citation of a metric is damaged.", "Cite it again with `lab cite`.") from error
    raise UsageError(
        f"{text[:40]!r} is not a citation.", "Cite a record with `lab cite log:123` and answer with its E1."
    )
