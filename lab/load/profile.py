"""What the simulated customers do: how many, how often, which mix, in which stages."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lab.core.errors import UsageError, did_you_mean

TASKS = ("checkout", "browse", "track", "search", "lookup")
MOST_USERS = 5000


@dataclass(frozen=True, slots=True)
class Stage:
    """So many users for so many seconds."""

    users: int
    for_s: float


@dataclass(frozen=True, slots=True)
class Profile:
    """One run of customers; crosses the pipe as one line of JSON (no pydantic: every megabyte counts)."""

    host: str
    keys: tuple[Mapping[str, str], ...]
    users: int = 0
    seed: int = 1
    pace_s: float = 1.0
    mix: Mapping[str, float] = field(default_factory=lambda: {"checkout": 3, "browse": 5, "track": 1})
    stages: tuple[Stage, ...] | None = None
    out: str | None = None
    drain_s: float = 2.0
    """How long requests in flight may finish when the last stage ends or users are taken away."""
    timeout_s: float = 30.0
    """After how long a customer gives up on a request."""
    exit_with_parent: bool = True
    products: tuple[str, ...] = ()
    """The ids of what the shop sells, from customers who asked it when it was well; none: these ask it themselves."""

    def __post_init__(self) -> None:
        if not self.host.startswith(("http://", "https://")):
            raise UsageError(f"The host is not a web address: {self.host!r}.", "Write it like http://127.0.0.1:8000.")
        if not self.keys or not all(key.get("key") for key in self.keys):
            raise UsageError("The customers have no API key.", 'Give at least one {"name": …, "key": …}.')
        check_users(self.users)
        check_pace(self.pace_s)
        check_mix(self.mix)
        for stage in self.stages or ():
            check_users(stage.users)
            if not (0 < stage.for_s < math.inf):
                raise UsageError(f"A stage lasts {stage.for_s} s.", "Give every stage a length above 0 s.")
        if self.stages == ():
            raise UsageError("The list of stages is empty.", "Give one stage or more, or leave stages out.")

    @property
    def seconds(self) -> float:
        """The length of all stages; 0 for background traffic."""
        return sum(stage.for_s for stage in self.stages or ())

    def line(self) -> str:
        """The one line of JSON the program reads first."""
        return json.dumps(asdict(self), separators=(",", ":")) + "\n"

    @classmethod
    def read(cls, written: Any) -> "Profile":
        """A profile from its JSON form; UsageError names what is wrong."""
        if not isinstance(written, dict):
            raise UsageError("A load profile is a JSON object.", 'Start it like {"host": "http://…", "keys": […]}.')
        known = cls.__dataclass_fields__
        for name in written:
            if name not in known:
                raise UsageError(
                    f"A load profile has no field {name!r}.",
                    f"{did_you_mean(name, known)}Fields are {', '.join(known)}.",
                )
        fields = dict(written)
        try:
            fields["keys"] = tuple(dict(key) for key in fields.get("keys") or ())
            fields["products"] = tuple(map(str, fields.get("products") or ()))
            if fields.get("stages") is not None:
                fields["stages"] = tuple(Stage(**stage) for stage in fields["stages"])
            return cls(**fields)
        except (TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"The load profile is malformed: {error}.", "Compare it with Profile.") from error


def check_users(users: Any) -> int:
    """A sensible number of users; UsageError otherwise."""
    if isinstance(users, bool) or not isinstance(users, int) or not 0 <= users <= MOST_USERS:
        raise UsageError(f"{users!r} is not a number of users.", f"Give a whole number from 0 to {MOST_USERS}.")
    return users


def check_pace(pace_s: Any) -> float:
    """A sensible pause between a user's actions; UsageError otherwise."""
    if isinstance(pace_s, bool) or not isinstance(pace_s, int | float) or not 0.01 <= pace_s <= 3600:
        raise UsageError(f"{pace_s!r} is not a pace.", "Give the seconds between a user's actions, 0.01 to 3600.")
    return float(pace_s)


def check_mix(mix: Any) -> dict[str, float]:
    """Weights of known tasks, not all zero; UsageError otherwise."""
    if not isinstance(mix, Mapping) or not mix:
        raise UsageError(
            "The mix of tasks is empty.", f"Give weights, as in checkout: 3; tasks are {', '.join(TASKS)}."
        )
    for name, weight in mix.items():
        if name not in TASKS:
            raise UsageError(
                f"Customers know no task {name!r}.",
                f"{did_you_mean(str(name), TASKS)}Use {', '.join(TASKS)}.",
            )
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1000:
            raise UsageError(f"The weight of {name} is {weight!r}.", "Give a number from 0 to 1000.")
    if not any(mix.values()):
        raise UsageError("Every weight in the mix is zero.", "Give at least one task a weight above 0.")
    return {str(name): float(weight) for name, weight in mix.items()}
