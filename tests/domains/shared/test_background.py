"""Work that an answer does not wait for."""

import asyncio

from domains.shared.background import Background


async def test_what_was_started_is_finished_by_draining() -> None:
    background, done = Background(), []

    async def work(n: int) -> None:
        await asyncio.sleep(0)
        done.append(n)

    for n in range(5):
        await background.run("work", work(n))
    await background.drain()

    assert sorted(done) == [0, 1, 2, 3, 4]


async def test_a_failure_hurts_nobody() -> None:
    background = Background()

    async def fail() -> None:
        raise RuntimeError("boom")

    await background.run("fail", fail())

    await background.drain()


async def test_a_full_set_lets_the_next_one_wait() -> None:
    background, gate = Background(limit=2), asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    await background.run("first", wait())
    await background.run("second", wait())
    third = asyncio.ensure_future(background.run("third", wait()))
    await asyncio.sleep(0.01)
    waited = not third.done()
    gate.set()
    await asyncio.wait_for(third, 5)
    await background.drain()

    assert waited
