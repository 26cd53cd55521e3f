"""What a learner might do next, drawn at random."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from whole_lab import Said

from soak.ground import Soaked

LOOKS = (
    ("status",),
    ("logs",),
    ("logs", "status:>=500"),
    ("metrics",),
    ("metrics", "--service", "orders"),
    ("traces",),
    ("changes",),
    ("partner",),
    ("sql", "SELECT count(*) FROM orders"),
    ("request", "GET", "/api/v1/products"),
    ("report",),
    ("progress",),
    ("list",),
    ("explain", "p95"),
    ("fix",),
    ("diagnose",),
)


class Learner:
    """Draws actions; every command's words are told to `heard`, with what it said."""

    def __init__(self, lab: Soaked, scenarios: Mapping[str, str], rng: random.Random) -> None:
        self._lab = lab
        self._scenarios = scenarios
        self._rng = rng
        self.heard: list[tuple[tuple[str, ...], Said]] = []
        self.accepted = 0
        """Questions answered for the first time, as far as the lab has said so."""

    def start(self, *, anew: bool = False) -> Said:
        """Start a scenario; unless `anew`, what was interrupted, if anything was."""
        if not anew:
            said = self.say("start", "--no-wait")
            if said.code == 0 or "nothing to resume" not in said.err + said.out:
                return said
        name = self._rng.choice(sorted(self._scenarios))
        return self.say("start", self._scenarios[name], "--seed", str(self._rng.randrange(1, 100)), "--no-wait")

    def act(self) -> str:
        """Do one thing; returns what it was."""
        deeds: dict[str, tuple[int, Callable[[], object]]] = {
            "look": (4, self._look),
            "answer": (6, self._answer),
            "fix": (3, self._fix),
            "load": (1, lambda: self.say("load")),
            "reset": (1, lambda: self.say("reset", "--no-wait")),
            "stop": (1, lambda: self.say("stop")),
        }
        name = self._rng.choices(list(deeds), [weight for weight, _ in deeds.values()])[0]
        deeds[name][1]()
        return name

    def say(self, *words: str) -> Said:
        """Run one command."""
        said = self._lab.run(*words, within_s=180)
        self.heard.append((words, said))
        return said

    def get(self, *words: str) -> Any:
        """What a command answers as JSON; None when it ended with an error."""
        said = self.say(*words, "--json")
        return said.json if said.code == 0 else None

    def _look(self) -> None:
        self.say(*self._rng.choice(LOOKS))

    def _answer(self) -> None:
        questions = [one for one in self.get("diagnose") or () if one.get("options") and one["state"] == "open"]
        if not questions:
            self.say("hint", "--yes")
            return
        question = self._rng.choice(questions)
        said = self.say("diagnose", question["id"], self._rng.choice(question["options"])["key"])
        self.accepted += said.code in (0, 1) and "Error:" not in said.err

    def _fix(self) -> None:
        offered = self.get("fix")
        if not offered or self._rng.random() < 0.2:
            self.say("fix", "--undo")
            return
        rows = offered["mitigations"] if isinstance(offered, dict) else offered
        self.say("fix", self._rng.choice(rows)["id"])
