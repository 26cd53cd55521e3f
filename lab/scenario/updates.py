"""updates.yaml: sample status updates that people labelled, to grade the grader with."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from lab.core.errors import did_you_mean
from lab.core.written import Written
from lab.questions import Fact
from lab.questions.status_update import EVERYDAY, StatusUpdate
from lab.questions.update import CHECKS, Check, Known, check_update
from lab.questions.update.check import UPDATE_PASS_MARK, worth
from lab.scenario.model import ScenarioFile
from lab.scenario.problem import InvalidScenario, Problem
from lab.scenario.tree import TreeError, read

NAME = "updates.yaml"
LEAST = {"good": 8, "bad": 8, "keyword-stuffed": 3, "with a false figure": 3}
LEAST_IN_ALL = 30


class Told(Written):
    """A figure that the samples were written against; what it is, the scenario says."""

    value: float
    say: str


class Sample(Written):
    """One text as somebody might send it, and what an experienced incident lead says of it."""

    id: str
    text: str = Field(min_length=1)
    fails: list[str] = Field(default_factory=list, description="The checks that do not hold; all others do")
    passes: bool = Field(description="Whether it could be sent as it is")
    proven: bool = Field(default=False, description="Whether the cause is known by then, and may be stated")
    held_out: bool = Field(default=False, description="Nothing was tuned on it")

    @model_validator(mode="after")
    def _known_checks(self) -> Self:
        for name in self.fails:
            if name not in CHECKS:
                raise ValueError(f"there is no check {name!r}; checks are {', '.join(CHECKS)}")
        if not self.fails and not self.passes:
            raise ValueError("a text that fails no check passes")
        return self

    @property
    def sorts(self) -> list[str]:
        """good, bad, keyword-stuffed, with a false figure: what it is a sample of."""
        sorts = ["good" if self.passes else "bad"]
        if len(self.fails) == len(CHECKS):
            sorts.append("keyword-stuffed")
        elif "figures" in self.fails:
            sorts.append("with a false figure")
        return sorts


class Updates(Written):
    """The file: what was true when the samples were written, and the samples."""

    trend: str = Field(description="getting better, holding steady or getting worse")
    facts: dict[str, Told] = Field(
        description=f"By the scenario's names, all that an update is compared with; also {', '.join(EVERYDAY)}"
    )
    samples: list[Sample] = Field(min_length=1)
    _says: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _known: Known = PrivateAttr(default_factory=Known)

    def checks(self, sample: Sample) -> list[Check]:
        """What the grader says of a sample."""
        facts = [Fact(self._says[name], one.value, one.say) for name, one in self.facts.items()]
        return check_update(
            sample.text, replace(self._known, facts=facts, directions=[self.trend], proven=sample.proven)
        )

    def passes(self, checks: list[Check]) -> bool:
        """Whether the grader would let it pass."""
        return worth(checks) >= UPDATE_PASS_MARK

    def of(self, file: ScenarioFile) -> Self:
        """With the words of the scenario that the facts belong to, and what its question says besides."""
        self._says = EVERYDAY | {name: fact.says for name, fact in file.facts.items()}
        for question in file.questions:
            if isinstance(question.question, StatusUpdate):
                self._known = question.question.stated
        return self


def load_updates(folder: Path, file: ScenarioFile) -> Updates | None:
    """The folder's samples, None when it has none; InvalidScenario lists every problem with its place."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        tree = read(path)
        found = Updates.model_validate(tree.value)
    except TreeError as error:
        raise InvalidScenario([Problem(path, error.line, error.column, error.what)]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidScenario([Problem(path, 1, 1, f"it cannot be read: {error}")]) from None
    except ValidationError as error:
        raise InvalidScenario([_problem(path, tree.place(one["loc"]), one) for one in error.errors()]) from None
    problems = [Problem(path, *tree.place(place), what, hint) for place, what, hint in _misfits(found, file)]
    if problems:
        raise InvalidScenario(problems)
    return found.of(file)


def _misfits(found: Updates, file: ScenarioFile) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Facts that no run has, and those that every run has and the samples were not written against."""
    known = {*file.facts, *EVERYDAY}
    for name in found.facts:
        if name not in known:
            hint = f"{did_you_mean(name, known)}Name one of the scenario's `facts`, or add it there."
            yield ("facts", name), f"no fact of the scenario is called {name!r}", hint
    for name, fact in file.facts.items():
        if name not in found.facts and fact.window != "load":
            hint = f"Add `{name}: {{value: …, say: …}}` with what was true when the samples were written."
            yield ("facts",), f"the scenario's fact {name!r} is missing, and updates are compared with it", hint


def _problem(path: Path, place: tuple[int, int], found: Any) -> Problem:
    name = ".".join(map(str, found["loc"]))
    return Problem(path, *place, f"{name}: {found['msg'].removeprefix('Value error, ')}")
