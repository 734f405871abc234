"""The status for all who watch."""

import asyncio
from pathlib import Path

import pytest

from proxy.console.errors import UnavailableError
from proxy.console.live import AWAY, Live
from proxy.console.threads import StoreThreads
from proxy.console.views import Views
from proxy.stages import Stage
from tests.proxy.console.rig import Store


async def test_it_is_read_while_somebody_watches_and_once_for_all_of_them(tmp_path: Path) -> None:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    threads = StoreThreads(10)
    live = Live(Views(store.sources), threads, most=2, every_s=0.02)

    before = await live.next(None, 0.1)
    async with live.watching(), live.watching():
        one, other = await asyncio.gather(live.next(None, 10), live.next(None, 10))
        nothing_new = await live.next(one.id if one else "", 0.2)
        store.flip(Stage.SHADOW)
        after = await live.next(one.id if one else "", 10)
        with pytest.raises(UnavailableError, match="2 streams of events are open"):
            async with live.watching():
                pass
    await live.close()
    threads.close()

    assert (before, nothing_new) == (None, None)
    assert one is other
    assert after is not None
    assert b'"stage":"shadow"' in after.data


async def test_who_watches_is_told_that_the_store_is_away_and_that_it_is_back(tmp_path: Path) -> None:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    threads = StoreThreads(10)
    (tmp_path / "store.sqlite3").rename(tmp_path / "away")
    (tmp_path / "store.sqlite3").mkdir()
    store.engine.dispose()
    live = Live(Views(store.sources), threads, most=2, every_s=0.02)

    async with live.watching():
        away = await live.next(None, 10)
        (tmp_path / "store.sqlite3").rmdir()
        (tmp_path / "away").rename(tmp_path / "store.sqlite3")
        found = await live.next("away", 10)
    await live.close()
    threads.close()

    assert (away, found and found.event) == (AWAY, "status")
