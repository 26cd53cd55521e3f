"""The gate: order of arrival, a size that changes, places that are never lost."""

import asyncio

import pytest

from services.chassis import Pool


async def test_places_come_in_order_of_arrival() -> None:
    pool = Pool(lambda: 1)
    await pool.acquire()
    came: list[int] = []

    async def wait(number: int) -> None:
        await pool.acquire()
        came.append(number)
        pool.release()

    tasks = [asyncio.create_task(wait(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert pool.waiting == 5
    pool.release()
    await asyncio.gather(*tasks)
    assert came == [0, 1, 2, 3, 4]
    assert (pool.in_use, pool.waiting) == (0, 0)


async def test_who_waits_too_long_gets_nothing_and_loses_nothing() -> None:
    pool = Pool(lambda: 1)
    await pool.acquire()
    with pytest.raises(TimeoutError):
        await pool.acquire(0.01)
    assert pool.waiting == 0
    pool.release()
    await pool.acquire(0.01)
    assert pool.in_use == 1


async def test_whose_wait_ends_as_a_place_comes_free_is_told_of_the_wait_alone() -> None:
    pool = Pool(lambda: 1)
    await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    waiting.cancel()
    pool.release()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await pool.acquire(0.01)
    assert (pool.in_use, pool.waiting) == (1, 0)


async def test_a_larger_size_admits_more_at_the_next_release() -> None:
    size = 1
    pool = Pool(lambda: size)
    await pool.acquire()
    waiting = [asyncio.create_task(pool.acquire()) for _ in range(3)]
    await asyncio.sleep(0)
    size = 3
    pool.release()
    await asyncio.sleep(0)
    assert (pool.in_use, pool.waiting) == (3, 0)
    await asyncio.gather(*waiting)


async def test_a_smaller_size_holds_back_until_enough_have_left() -> None:
    size = 2
    pool = Pool(lambda: size)
    await pool.acquire()
    await pool.acquire()
    size = 1
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    pool.release()
    await asyncio.sleep(0)
    assert pool.waiting == 1
    pool.release()
    await waiting
    assert pool.in_use == 1


async def test_cancelled_waiters_never_leak_a_place() -> None:
    pool = Pool(lambda: 2)

    async def hold(number: int) -> None:
        await pool.acquire()
        try:
            await asyncio.sleep(0.0005 * (number % 3))
        finally:
            pool.release()

    for round_ in range(20):
        tasks = [asyncio.create_task(hold(number)) for number in range(20)]
        await asyncio.sleep(0.0003 * (round_ % 4))
        for task in tasks[::3]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (pool.in_use, pool.waiting) == (0, 0)
