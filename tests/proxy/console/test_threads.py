"""The store is asked in threads."""

import asyncio
import threading

import pytest

from proxy.console.errors import UnavailableError
from proxy.console.threads import StoreThreads


async def test_what_it_returns_and_raises_comes_through() -> None:
    threads = StoreThreads(10)

    assert await threads.run(pow, 2, exp=5) == 32
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 1, 0)
    threads.close()


async def test_who_hangs_is_not_waited_for_and_what_it_does_is_finished() -> None:
    threads = StoreThreads(0.1)
    gate, done = threading.Event(), threading.Event()

    def hang() -> None:
        gate.wait(10)
        done.set()

    with pytest.raises(UnavailableError, match=r"did not answer within 0\.1 s"):
        await threads.run(hang)
    other = await threads.run(pow, 2, exp=3)
    gate.set()

    assert other == 8
    assert await asyncio.to_thread(done.wait, 10)
    threads.close()


async def test_the_line_is_bounded() -> None:
    threads = StoreThreads(10, threads=1, waiting=1)
    gate = threading.Event()
    waiting = [asyncio.create_task(threads.run(gate.wait, 10)) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(UnavailableError, match="too many requests wait for the store"):
        await threads.run(pow, 2, exp=3)
    gate.set()

    assert await asyncio.gather(*waiting) == [True, True]
    assert await threads.run(pow, 2, exp=3) == 8
    threads.close()
