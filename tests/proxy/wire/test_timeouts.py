"""Many deadlines, one timer."""

import asyncio
from collections.abc import Callable

from proxy.wire.timeouts import NEVER, TICK_S, Timeouts
from tests.proxy.wire.fakes import Clock, timeouts_of


class Item:
    """Has a deadline; does something when it has passed."""

    def __init__(self, deadline: float, then: Callable[[], None] = lambda: None) -> None:
        self.deadline = deadline
        self.expirations = 0
        self._then = then

    def expired(self) -> None:
        """Count."""
        self.expirations += 1
        self._then()


def test_what_is_due_is_told_at_every_tick_until_it_moves() -> None:
    clock = Clock()
    timeouts = timeouts_of(clock)
    early, late, never = Item(timeouts.now + 1), Item(timeouts.now + 10), Item(NEVER)
    for item in (early, late, never):
        timeouts.watch(item)

    clock.advance(2)
    clock.advance(TICK_S)
    early.deadline = NEVER
    clock.advance(TICK_S)

    assert (early.expirations, late.expirations, never.expirations) == (2, 0, 0)


def test_what_is_dropped_is_told_no_more() -> None:
    clock = Clock()
    timeouts = timeouts_of(clock)
    item = Item(timeouts.now + 1)
    timeouts.watch(item)

    timeouts.drop(item)
    timeouts.drop(item)
    clock.advance(2)

    assert item.expirations == 0


def test_what_another_drops_or_moves_in_the_same_tick_is_told_no_more() -> None:
    clock = Clock()
    timeouts = timeouts_of(clock)
    items: list[Item] = []

    def drop_the_others() -> None:
        told = next(item for item in items if item.expirations)
        for other in items:
            if other is not told and len(items) == 2:
                timeouts.drop(other)
            elif other is not told:
                other.deadline = NEVER

    for count in (2, 3):
        items[:] = [Item(timeouts.now + 1, drop_the_others) for _ in range(count)]
        for item in items:
            timeouts.watch(item)
        clock.advance(2)
        assert sum(item.expirations for item in items) == 1
        for item in items:
            timeouts.drop(item)


def test_one_that_fails_does_not_stop_the_clock() -> None:
    clock = Clock()
    timeouts = timeouts_of(clock)

    def fail() -> None:
        timeouts.drop(item)
        raise RuntimeError("a fault")

    item = Item(timeouts.now + 1, fail)
    timeouts.watch(item)
    try:
        clock.advance(2)
    except RuntimeError:
        other = Item(timeouts.now + 1)
        timeouts.watch(other)
    clock.advance(2)

    assert other.expirations == 1


def test_a_clock_that_was_stopped_ticks_no_more() -> None:
    clock = Clock()
    timeouts = timeouts_of(clock)
    item = Item(timeouts.now + 1)
    timeouts.watch(item)

    timeouts.stop()
    timeouts.stop()
    clock.advance(2)

    assert (item.expirations, clock.waiting) == (0, 0)


async def test_a_real_deadline_is_kept_late_by_two_ticks_at_most() -> None:
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    timeouts = Timeouts(loop)
    timeouts.start()
    item = Item(timeouts.now + 0.1, told.set)
    timeouts.watch(item)
    started = loop.time()

    await asyncio.wait_for(told.wait(), 5)
    timeouts.stop()

    assert 0.1 - 0.001 <= loop.time() - started < 0.1 + 2 * TICK_S + 0.3
