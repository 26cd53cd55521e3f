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


def may_follow(now: State, then: State) -> bool:
    """Every state may fail or be stopped; else only as the table says."""
    return then in _NEXT[now] or (then in ENDED and now not in ENDED)
