"""One computation for each missing value, a bound in bytes, a short life."""

import asyncio

import pytest

from domains.shared.caching import Cache, CacheSettings


class Clock:
    """A time that stands until it is set."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Source:
    """Computes a value, as slowly as it is told to."""

    def __init__(self, size: int | None = 100) -> None:
        self.calls = 0
        self.size = size
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def compute(self) -> int:
        self.calls += 1
        mine = self.calls
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return mine

    def size_of(self, _: int) -> int | None:
        return self.size


async def ask(cache: Cache, source: Source, key: str = "k") -> tuple[int, bool]:
    return await cache.get(key, source.compute, source.size_of)


async def test_a_value_is_computed_once_and_found_from_then_on() -> None:
    cache, source = Cache(CacheSettings()), Source()

    assert [await ask(cache, source) for _ in range(3)] == [(1, False), (1, True), (1, True)]


async def test_however_many_ask_at_once_it_is_computed_once() -> None:
    cache, source = Cache(CacheSettings()), Source()
    source.gate.clear()
    asking = [asyncio.create_task(ask(cache, source)) for _ in range(50)]
    await asyncio.sleep(0)

    source.gate.set()

    assert sorted(await asyncio.gather(*asking)) == [(1, False)] + [(1, True)] * 49


async def test_when_the_first_one_leaves_another_computes_it() -> None:
    cache, source = Cache(CacheSettings()), Source()
    source.gate.clear()
    first, second = (asyncio.create_task(ask(cache, source)) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()
    source.gate.set()

    assert await second == (2, False)
    assert first.cancelled() or await asyncio.gather(first, return_exceptions=True)


async def test_an_error_is_told_to_all_who_wait_and_not_kept() -> None:
    cache, source = Cache(CacheSettings()), Source()
    source.gate.clear()
    source.error = ValueError("no")
    asking = [asyncio.create_task(ask(cache, source)) for _ in range(3)]
    await asyncio.sleep(0)

    source.gate.set()
    told = await asyncio.gather(*asking, return_exceptions=True)
    source.error = None

    assert [str(error) for error in told] == ["no"] * 3
    assert await ask(cache, source) == (2, False)


async def test_what_must_not_be_kept_is_computed_for_everyone() -> None:
    cache, source = Cache(CacheSettings()), Source(size=None)
    source.gate.clear()
    asking = [asyncio.create_task(ask(cache, source)) for _ in range(3)]
    await asyncio.sleep(0)

    source.gate.set()

    assert sorted(await asyncio.gather(*asking)) == [(1, False), (2, False), (3, False)]
    assert cache.held_bytes == 0


async def test_a_value_lives_as_long_as_it_may() -> None:
    clock, source = Clock(), Source()
    cache = Cache(CacheSettings(ttl_s=2), timer=clock)
    await ask(cache, source)

    clock.now_s = 1.9
    young = await ask(cache, source)
    clock.now_s = 2.1
    old = await ask(cache, source)

    assert (young, old) == ((1, True), (2, False))


@pytest.mark.parametrize("size", [1, 5_000, 60_000])
async def test_it_never_holds_more_than_its_bytes(size: int) -> None:
    cache, source = Cache(CacheSettings(max_bytes=50_000)), Source(size=size)

    for number in range(500):
        await ask(cache, source, str(number))
        assert cache.held_bytes <= 50_000


async def test_a_cache_without_bytes_is_off() -> None:
    assert not Cache(CacheSettings(max_bytes=0)).is_on
