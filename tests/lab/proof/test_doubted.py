"""What fails while the processors have more to do than they can is seen a second time, with nothing beside it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes_proof import GOOD

from lab.cli.root import COMMANDS
from lab.proof import prove as proving
from lab.proof.desks import Desks
from lab.proof.main_lab import MainLab
from lab.proof.processors import Processors
from lab.proof.result import Judged, Proof, Row
from lab.proof.trial import Tried
from lab.scenario import find

LATE = Row("late", "9 s", "1 s at most", False)


class Desk:
    """One at which nothing runs."""

    async def __aenter__(self) -> "Desk":
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass

    async def stop_session(self) -> None:
        """Nothing to stop."""


class Machine(Processors):
    """Always strained, or never."""

    def __init__(self, strained: bool) -> None:
        super().__init__(busy=lambda: 0.0)
        self._strained = strained

    def strained(self, since: int) -> bool:
        """As told."""
        return self._strained


class Watcher:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []
        self.judged_: list[Judged] = []

    def going(self, lab: str, text: str, share: float | None) -> None:
        """Keep it."""
        self.texts.append((lab, text))

    def judged(self, step: Judged) -> None:
        """Keep it."""
        self.judged_.append(step)


class Labs:
    """Labs without a shop: in the first of each kind something comes late, in later ones only if `ever`."""

    def __init__(self, main: str | None, trial: str | None, *, ever: bool) -> None:
        self._main, self._trial, self._ever = main, trial, ever
        self.mains = 0
        self.trials: list[str] = []

    def main_lab(self, _desk: Any, _variant: Any, applies: frozenset[str], **given: Any) -> MainLab:
        """Stands in for MainLab."""
        self.mains += 1
        late = self._main if self.mains == 1 or self._ever else None
        return _Main(applies, given["told"], given["broken"], late)  # type: ignore[return-value]

    async def try_one(self, _desk: Any, _variant: Any, mitigation: Any, _going: Any) -> Tried:
        """Stands in for a trial."""
        self.trials.append(mitigation.id)
        late = mitigation.id == self._trial and (self._ever or self.trials.count(mitigation.id) == 1)
        row = LATE if late else Row("in time", "1 s", "1 s at most", True)
        return Tried(mitigation.id, mitigation.works, (row,))


class _Main:
    def __init__(
        self, applies: frozenset[str], told: Callable[[Judged], None], broken: asyncio.Event | Any, late: str | None
    ) -> None:
        self._applies, self._told, self._broken, self._late = applies, told, broken, late
        self.answers: dict[str, str] = {}

    async def run(self) -> None:
        self._broken.set()
        for _ in range(50):  # it takes longer than a trial
            await asyncio.sleep(0)
        for name in GOOD:
            if name in self._applies and name not in ("reads", "updates", *proving.OF_TRIALS):
                self._told(Judged.of(name, [LATE] if name == self._late else GOOD[name]))


Prove = Callable[[Labs, bool], tuple[Proof, Watcher]]


@pytest.fixture
def prove(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Prove:
    """Proves `rate-limit` in such labs, on a machine that is strained or is not."""

    def prove(labs: Labs, strained: bool) -> tuple[Proof, Watcher]:
        monkeypatch.setattr(proving, "MainLab", labs.main_lab)
        monkeypatch.setattr(proving, "try_one", labs.try_one)
        watcher = Watcher()

        async def run() -> Proof:
            make: Any = lambda _cache: Desk()  # noqa: E731
            async with Desks(3, tmp_path, make, processors=Machine(strained)) as desks:
                return await proving.prove(find("rate-limit"), 1, desks, watcher, frozenset(COMMANDS))

        return asyncio.run(run()), watcher

    return prove


@pytest.mark.parametrize("late", [{"main": "solver", "trial": None}, {"main": None, "trial": "queue-payments"}])
def test_a_failure_on_a_machine_with_room_is_one(prove: Prove, late: dict[str, Any]) -> None:
    labs = Labs(**late, ever=False)
    proof, _ = prove(labs, False)

    assert not proof.ok
    assert (labs.mains, len(labs.trials)) == (1, len(set(labs.trials)))


def test_a_main_lab_that_failed_in_a_strain_is_run_again_and_its_second_outcome_counts(
    prove: Prove,
) -> None:
    labs = Labs("solver", None, ever=False)
    proof, watcher = prove(labs, True)

    assert proof.ok
    assert labs.mains == 2
    assert proof.again == ["main lab"]
    assert ("main lab", proving.AGAIN) in watcher.texts
    told = [step.name for step in watcher.judged_]
    assert len(told) == len(set(told)), "a step has one outcome"


def test_what_fails_in_a_strain_and_again_alone_has_failed(prove: Prove) -> None:
    labs = Labs("solver", "queue-payments", ever=True)
    proof, _ = prove(labs, True)

    assert [step.name for step in proof.failed] == ["solver", "right fixes"]
    assert labs.mains == 2
    assert labs.trials.count("queue-payments") == 2
    assert sorted(proof.again) == ["main lab", "queue-payments"]


def test_a_trial_that_failed_in_a_strain_is_tried_again_and_no_other(prove: Prove) -> None:
    labs = Labs(None, "queue-payments", ever=False)
    proof, watcher = prove(labs, True)

    assert proof.ok
    assert labs.mains == 1
    assert [name for name in set(labs.trials) if labs.trials.count(name) > 1] == ["queue-payments"]
    assert proof.again == ["queue-payments"]
    assert ("queue-payments", proving.AGAIN) in watcher.texts


def test_a_machine_that_is_busy_all_the_time_costs_nothing_when_all_holds(prove: Prove) -> None:
    labs = Labs(None, None, ever=False)
    proof, _ = prove(labs, True)

    assert proof.ok
    assert labs.mains == 1
    assert len(labs.trials) == len(set(labs.trials))
    assert proof.again == []
