"""A span of time of one run."""

from dataclasses import dataclass

NAMED = ("baseline", "incident", "load", "all")
"""The parts of a run that go by a name."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `start_s` (included) to `end_s` (excluded), unix seconds."""

    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        """Length in seconds, never negative."""
        return max(0.0, self.end_s - self.start_s)

    def contains(self, time_s: float) -> bool:
        """Whether the moment lies inside."""
        return self.start_s <= time_s < self.end_s

    def overlap(self, other: "Window") -> "Window":
        """The part both share; empty when they do not meet."""
        start = max(self.start_s, other.start_s)
        return Window(start, max(start, min(self.end_s, other.end_s)))

    def halves(self) -> tuple["Window", "Window"]:
        """The earlier and the later half."""
        middle = self.start_s + self.seconds / 2
        return Window(self.start_s, middle), Window(middle, self.end_s)
