"""A load test takes over from the background customers, and gives back to them, without a moment with nobody."""

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest
from fakes_session import close, standing

from lab.core.errors import Conflict, LabError
from lab.core.window import Window
from lab.load.profile import Profile
from lab.load.run import Result
from lab.session import customers, verdict


class Crowd:
    """The background customers; tells when they leave and come back."""

    def __init__(self, told: list[str]) -> None:
        self.told = told
        self.back = asyncio.Event()
        self.profile = Profile(host="http://shop", keys=({"key": "k"},), products=("bean-1",))

    def as_set(self) -> dict[str, Any]:
        return {"users": 48}

    async def set(self, users: int, **_more: Any) -> None:
        self.told.append(f"{users} in the background")
        if users:
            self.back.set()


class LoadRun:
    """A load test whose stages are over at once, and whose last customers leave when others have come."""

    def __init__(self, told: list[str], crowd: Crowd, clock: Any, profile: Profile) -> None:
        self.told, self.crowd, self.clock, self.profile = told, crowd, clock, profile
        self.last = None

    async def start(self) -> None:
        self.told.append("the load test's customers come")

    async def wait(self) -> Result:
        self.clock.advance(self.profile.seconds)
        await self.crowd.back.wait()
        self.clock.advance(3)
        self.told.append("the load test's customers have gone")
        return Result({}, {})

    async def cancel(self) -> None:
        return None


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What happened in which order, and the load test's result with the moment at which it began."""

    async def run() -> Any:
        _, session = standing(tmp_path)
        told: list[str] = []
        crowd = Crowd(told)
        session.system.customers = crowd  # type: ignore[assignment]  # all that is asked of it here
        monkeypatch.setattr(verdict, "LoadRun", lambda profile, _: LoadRun(told, crowd, session.clock, profile))
        profile = customers.load_test(session, 1)
        test = verdict.LoadTest(1, profile.seconds, session.clock.now(), None)
        monkeypatch.setattr(verdict, "_drained", _at_once)
        try:
            return told, await verdict._measure(session, test, profile), test, profile
        finally:
            close(session)

    return asyncio.run(run())


async def _at_once(*_given: Any) -> None:
    return None


def test_its_customers_know_what_the_shop_sells(measured: Any) -> None:
    *_, profile = measured
    assert profile.products == ("bean-1",)


def test_somebody_is_in_the_shop_all_the_time(measured: Any) -> None:
    told, *_ = measured
    assert told[:4] == [
        "the load test's customers come",
        "0 in the background",
        "48 in the background",
        "the load test's customers have gone",
    ]


def test_the_verdict_is_about_the_time_in_which_only_the_load_test_was_there(measured: Any) -> None:
    _, result, test, profile = measured
    assert result["window"] == [test.started_s + 1.0, test.started_s + profile.seconds]


async def test_a_load_test_that_breaks_off_leaves_no_window_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(LoadRun):
        async def wait(self) -> Result:
            raise LabError("The load test ended at once.", "Try again.")

    _, session = standing(tmp_path)
    crowd = Crowd([])
    session.system.customers = crowd  # type: ignore[assignment]  # all that is asked of it here
    monkeypatch.setattr(verdict, "LoadRun", lambda profile, _: Broken([], crowd, session.clock, profile))
    began = session.clock.now()
    test = verdict.LoadTest(1, 10.0, began, None)
    with pytest.raises(LabError):
        await verdict._measure(session, test, customers.load_test(session, 1))
    assert session.window("load") is None
    incident = session.window("incident")
    assert incident is not None
    assert incident.end_s == began, "its crowd was in the shop, and is no part of the incident"
    close(session)


async def test_nothing_goes_on_or_complains_after_one_that_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless(LoadRun):
        """As real ones do, it tells whoever still waits that it was stopped."""

        stopped = asyncio.Event()

        async def wait(self) -> Result:
            waits.set()
            await self.stopped.wait()
            raise Conflict("The load test was stopped.", "Run `lab load` to start another.")

        async def cancel(self) -> None:
            self.stopped.set()
            await asyncio.sleep(0)

    _, session = standing(tmp_path)
    crowd, waits, complaints = Crowd([]), asyncio.Event(), list[Any]()
    session.system.customers = crowd  # type: ignore[assignment]  # all that is asked of it here
    monkeypatch.setattr(verdict, "LoadRun", lambda profile, _: Endless([], crowd, session.clock, profile))
    asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
    test = verdict.LoadTest(1, 10.0, session.clock.now(), None)
    before = asyncio.all_tasks()
    measuring = asyncio.create_task(verdict._measure(session, test, customers.load_test(session, 1)))
    await waits.wait()
    measuring.cancel()
    await asyncio.wait([measuring])
    assert measuring.cancelled()
    assert asyncio.all_tasks() == before
    del measuring
    gc.collect()
    assert complaints == []
    close(session)


async def test_what_the_load_test_before_measured_can_be_asked_about_until_the_next_has_warmed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Looked(LoadRun):
        async def wait(self) -> Result:
            seen.append(session.window("load"))
            self.clock.advance(2)  # its warm-up is over
            seen.append(session.window("load"))
            return await super().wait()

    _, session = standing(tmp_path)
    crowd, seen = Crowd([]), list[Window | None]()
    session.system.customers = crowd  # type: ignore[assignment]  # all that is asked of it here
    monkeypatch.setattr(verdict, "LoadRun", lambda profile, _: Looked([], crowd, session.clock, profile))
    monkeypatch.setattr(verdict, "_drained", _at_once)
    before = session.moments.load = Window(session.clock.now() - 20, session.clock.now() - 10)
    test = verdict.LoadTest(2, 20.0, session.clock.now(), None)
    result = await verdict._measure(session, test, customers.load_test(session, 2))
    assert seen == [before, Window(test.started_s + 1, test.started_s + 2)]
    assert session.window("load") == Window(*result["window"])
    close(session)
