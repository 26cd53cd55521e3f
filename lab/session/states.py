"""The states of a session, and which may follow which."""

from enum import StrEnum


class State(StrEnum):
    """Where a session stands."""

    STARTING = "starting"
    BASELINE = "baseline"
    BREAKING = "breaking"
    OPEN = "open"
    MITIGATED = "mitigated"
    LOADING = "loading"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


SAID = {
    "starting": "The shop is starting.",
    "baseline": "The shop is healthy; the lab records what normal looks like.",
    "breaking": "The shop is open and nobody has complained yet. The pager message will come.",
    "open": "The incident is open. What is broken is broken on purpose: finding out why is the exercise.",
    "mitigated": "Your fix is in force. A load test will prove whether it holds.",
    "loading": "A load test is running.",
    "done": "The load test passed: the fix is proved.",
    "failed": "The lab could not go on. This is a fault of the lab or the machine, not part of the exercise.",
    "stopped": "This session has ended.",
}
"""Each state in a sentence. Which of the two is broken, the shop or the lab, is always said."""
_IN_LESSONS = {
    "open": "The lesson is open. Whatever you find is part of it, not a fault of the lab.",
    "done": "Every question has an answer.",
}
"""What differs when nobody was paged."""
_IN_REVIEWS = {
    "mitigated": "Your plan is chosen. The load test carries it out, and proves whether it is sound.",
    "done": "The load test passed: your plan is proved.",
}
"""What differs when nothing is broken and something is to be changed."""

_NEXT: dict[State, set[State]] = {
    State.STARTING: {State.BASELINE},
    State.BASELINE: {State.BREAKING, State.OPEN},
    State.BREAKING: {State.OPEN},
    State.OPEN: {State.MITIGATED, State.LOADING, State.DONE},
    State.MITIGATED: {State.OPEN, State.MITIGATED, State.LOADING, State.DONE},
    State.LOADING: {State.OPEN, State.MITIGATED, State.DONE},
    State.DONE: {State.OPEN, State.MITIGATED, State.LOADING},
    State.FAILED: set(),
    State.STOPPED: set(),
}
LIVE = frozenset({State.OPEN, State.MITIGATED, State.LOADING, State.DONE})
"""States in which the learner may investigate and answer."""
ENDED = frozenset({State.FAILED, State.STOPPED})


def said(state: str, *, shape: str, proved: bool) -> str:
    """A state in a sentence; `proved` when a load test passed, `shape` as in the scenario."""
    if (state == "open" and shape != "incident") or (state == "done" and not proved):
        return _IN_LESSONS[state]
    return (_IN_REVIEWS if shape == "review" else {}).get(state) or SAID.get(state, state)


def may_follow(now: State, then: State) -> bool:
    """Every state may fail or be stopped; else only as the table says."""
    return then in _NEXT[now] or (then in ENDED and now not in ENDED)
