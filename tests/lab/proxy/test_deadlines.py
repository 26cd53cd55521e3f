"""Calls come at their moment, in order, never early, and not at all when cancelled."""

import asyncio
from time import monotonic

import pytest

from lab.proxy.deadlines import Deadlines


@pytest.fixture(params=["timerfd", "loop"])
async def clock(request):
    made = Deadlines(asyncio.get_running_loop(), timerfd=request.param == "timerfd")
    yield made
    made.close()


async def test_calls_come_in_the_order_of_their_moments_and_never_early(clock):
    came = []
    done = asyncio.Event()
    start = monotonic()
    for wait_ms in (30, 10, 20, 10, 0, -5):
        due_s = start + wait_ms / 1000
        clock.at(due_s, lambda due_s=due_s, wait_ms=wait_ms: came.append((wait_ms, monotonic() - due_s)))
    clock.at(start + 0.04, done.set)
    await asyncio.wait_for(done.wait(), 5)
    assert [wait_ms for wait_ms, _ in came] == [-5, 0, 10, 10, 20, 30]
    assert min(late_s for _, late_s in came) >= 0


async def test_a_cancelled_call_never_comes(clock):
    came = []
    done = asyncio.Event()
    first = clock.at(monotonic() + 0.005, lambda: came.append("first"))
    clock.at(monotonic() + 0.01, lambda: came.append("second"))
    clock.at(monotonic() + 0.02, done.set)
    first.cancel()
    await asyncio.wait_for(done.wait(), 5)
    assert came == ["second"]


async def test_a_call_may_ask_for_another(clock):
    done = asyncio.Event()
    clock.at(monotonic() + 0.005, lambda: clock.at(monotonic() + 0.005, done.set))
    await asyncio.wait_for(done.wait(), 5)


async def test_a_call_that_fails_does_not_stop_the_others(clock):
    done = asyncio.Event()
    errors = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    clock.at(monotonic() + 0.005, lambda: 1 / 0)
    clock.at(monotonic() + 0.005, done.set)
    await asyncio.wait_for(done.wait(), 5)
    assert len(errors) == 1
