"""What a parity worker counts, whether anybody shows it or not."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from parity.database import open_database
from parity.recorded_counts import RecordedCounts
from parity.redact import Redactor
from parity.room import Room
from parity.rules import RuleBook
from parity.runs import Runs
from parity.store import ParityStore
from tests.parity.factories import Carried, batch


async def test_it_is_counted_without_a_collector(tmp_path: Path) -> None:
    counts, gate = RecordedCounts(), asyncio.Event()
    gate.set()
    with ThreadPoolExecutor(1) as thread:
        room = Room(64, 1_000_000)
        runs = Runs(
            ParityStore(open_database(f"sqlite:///{tmp_path / 'store.sqlite3'}"), Redactor(b"key")),
            RuleBook(),
            Carried(gate),
            thread=thread,
            room=room,
            stop=asyncio.Event(),
            metrics=counts,
        )
        for _ in range(2):
            await room.take(100)
            if task := await runs.enter(batch(), 100):
                await task

    assert counts.resent == 1
    assert counts.busy_s > 0
    assert not counts.is_refused
