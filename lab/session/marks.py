"""Moments worth a line in a chart: the pager message, releases of the company, the learner's own actions."""

from typing import Any

from lab.core.window import Window
from lab.session.session import Session

SHORT = {"pager": "pager", "fix": "fix", "undo": "undone", "load": "test"}


def marks(session: Session, window: Window) -> list[dict[str, Any]]:
    """What happened in the window, oldest first: `time_s`, a `kind`, a `short` label and the whole `text`.

    Changes come from the public feed, which tells nothing that the learner could not read there.
    """
    found: list[dict[str, Any]] = [
        {"time_s": event.time_s, "kind": event.kind, "short": SHORT[event.kind], "text": event.text}
        for event in session.timeline
        if event.kind in SHORT
    ]
    found += [
        {"time_s": row["time_s"], "kind": "change", "short": "change", "text": f"{row['service']}: {row['what']}"}
        for row in session.public_feed()
        if row["by"] != "you"
    ]
    inside = [mark for mark in found if window.contains(mark["time_s"])]
    return sorted(inside, key=lambda mark: float(mark["time_s"]))
