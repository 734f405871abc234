"""When lines of a recording are due."""

import asyncio

import pytest

from parity.recordings.pace import Pace


async def waited_s(pace: Pace, *moments: float) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    for at_s in moments:
        await pace.until(at_s)
    return loop.time() - began


@pytest.mark.parametrize(
    ("speed", "least_s", "most_s"), [(1.0, 0.2, 1.0), (4.0, 0.05, 0.19), (None, 0.0, 0.19)]
)
async def test_lines_are_due_at_a_multiple_of_the_recorded_speed(
    speed: float | None, least_s: float, most_s: float
) -> None:
    assert least_s <= await waited_s(Pace(speed, asyncio.Event()), 100.0, 100.2) < most_s


async def test_the_first_line_that_is_waited_for_is_due_at_once() -> None:
    assert await waited_s(Pace(1.0, asyncio.Event()), 3_600.0) < 0.5


async def test_a_line_that_is_late_is_not_waited_for() -> None:
    assert await waited_s(Pace(1.0, asyncio.Event()), 100.0, 50.0) < 0.5


async def test_stopping_ends_the_wait() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.02, stop.set)

    assert await waited_s(Pace(1.0, stop), 0.0, 3_600.0) < 1.0
