"""How answers are come by: what a learner can see and do, and what somebody answers who does not look."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, Protocol

from lab.core.window import Window
from lab.probes import Probe
from lab.questions.steps.received import Received


class Look(Protocol):
    """What a learner can see and do. `solve` of a question has nothing else; every method raises LabError."""

    def window(self, name: str) -> Window:
        """`baseline`, `incident` or `load`, as `lab status` tells it."""
        ...

    def measure(self, probe: Probe, window: Window) -> float:
        """A number as a page or a citation shows it; NaN when there was nothing to measure."""
        ...

    def logs(self, query: str, window: Window, limit: int = 1) -> list[str]:
        """References of matching log records, newest first."""
        ...

    def traces(self, query: str, window: Window, limit: int = 1) -> list[str]:
        """References of matching traces, newest first."""
        ...

    def cite(self, what: str | Probe, window: Window | None = None) -> str:
        """Keep a record, or a measurement over a window, as evidence; returns its number, E1."""
        ...

    def facts(self) -> Mapping[str, str]:
        """The lesson's named numbers of this run, as people read them."""
        ...

    def request(self, method: str, path: str, **more: Any) -> Mapping[str, Any]:
        """Send a request to the shop with one's own key; `headers`, `body`, `key`, `to` as in `POST /api/request`."""
        ...

    def logged(self, query: str, attribute: str) -> str | None:
        """An attribute of the newest matching log record, as `lab logs --fields` shows it."""
        ...

    def rehearse(self) -> None:
        """Run the lesson's migration on a copy of the database, as `lab rehearse` does."""
        ...

    def received(self) -> tuple[Received, ...]:
        """One's own requests as they were received, oldest first, as `lab steps --received` lists them."""
        ...


Picks = Literal["random", "first", "longest", "shortest", "words"]


@dataclass(frozen=True)
class Glance:
    """Somebody who answers without looking closely: how options are picked, and what lies ready for the rest.

    `options` are lettered for this learner. `numbers` maps a unit (`%`, `ms`, `s`, `/s`, or nothing) to values that
    stand on a screen. `refs` are records within easy reach, `texts` are status updates that fit any incident.
    """

    rng: random.Random
    picks: Picks = "random"
    options: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    numbers: Mapping[str, Sequence[float]] = field(default_factory=dict)
    refs: Sequence[str] = ()
    texts: Sequence[str] = ()

    def ranked(self) -> list[str]:
        """The options, the one this person likes best first."""
        by: dict[Picks, Callable[[str], float]] = {
            "random": lambda _text: self.rng.random(),
            "first": lambda text: self.options.index(text),
            "longest": lambda text: -len(text),
            "shortest": len,
            "words": lambda text: -self._known_words(text) + self.rng.random() / 2,
        }
        return sorted(self.options, key=by[self.picks])

    def _known_words(self, text: str) -> int:
        return len(words_of(text) & self.words)


@cache
def words_of(text: str) -> frozenset[str]:
    """The words of a text that mean something: four letters or more, in lower case."""
    bare = "".join(char if char.isalnum() else " " for char in text.casefold())
    return frozenset(word for word in bare.split() if len(word) >= 4)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong answer: `why` must be told (a part of the feedback; empty: any), and it earns at most `most`, 0 to 1."""

    answer: Any
    why: str = ""
    most: float = 0.0
