"""What an engine does to a container is said once, and made good when the container is back."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from lab.core.errors import LabError
from lab.runtimes import watching

SILENCE = LabError("A service did not answer.", "")


class Watched:
    """A watched container whose supervisor answers with these, in turn; the last one stays."""

    def __init__(self, *answers: dict[str, Any] | LabError, broken: int = 0) -> None:
        self.answers = list(answers)
        self.told: list[str] = []
        self.done: list[str] = []
        self.asked: list[int] = []
        self.broken = broken

    async def status(self, after: int) -> dict[str, Any]:
        self.asked.append(after)
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, LabError):
            raise answer
        return answer

    async def restarted(self) -> None:
        if self.broken:
            self.broken -= 1
            raise LabError("The container of it does not answer.", "")
        self.done.append("restarted")

    async def set_up_again(self) -> None:
        self.done.append("set up")

    async def until(self, true: Callable[[], object]) -> None:
        watch = asyncio.create_task(
            watching.watch_container(
                "it",
                status=self.status,
                restarted=self.restarted,
                set_up_again=self.set_up_again,
                tell=self.told.append,
            )
        )
        for _ in range(2000):
            await asyncio.sleep(0)
            if true() and len(self.answers) == 1:
                break
        else:
            raise AssertionError(f"it never happened: {self.told} {self.done}")
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "AGAIN_S", 0)


def up(boot: str, *events: dict[str, Any]) -> dict[str, Any]:
    return {"boot": boot, "events": list(events)}


def event(number: int, kind: str, text: str = "") -> dict[str, Any]:
    return {"number": number, "kind": kind, "text": text}


async def test_what_the_supervisor_saw_is_told_once_and_asked_for_no_more() -> None:
    it = Watched(up("a", event(1, "told", "it ended"), event(2, "restarted")), up("a"))
    await it.until(lambda: it.done)
    assert it.told == ["it ended"]
    assert it.done == ["set up"]
    assert it.asked[:2] == [0, 2]


async def test_a_container_that_falls_silent_and_comes_back_as_it_was_is_said_and_left_alone() -> None:
    it = Watched(up("a"), SILENCE, SILENCE, up("a"))
    await it.until(lambda: len(it.told) == 2)
    assert it.told == ["The container of it does not answer", "The container of it answers again"]
    assert it.done == []


async def test_a_restarted_container_has_its_service_started_again() -> None:
    it = Watched(up("a"), SILENCE, up("b"))
    await it.until(lambda: it.done)
    assert it.told[-1] == "The container of it was restarted; it is being started in it again"
    assert it.done == ["restarted"]


async def test_a_start_that_fails_is_tried_again() -> None:
    it = Watched(up("a"), up("b"), broken=1)
    await it.until(lambda: it.done)
    assert "it could not be started again: The container of it does not answer." in it.told
    assert it.done == ["restarted"]
