"""A parity worker without its socket, between two small real backends whose answers change from one asking to the next."""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from parity.allowance import ConfirmSettings
from parity.confirm import Confirmer
from parity.database import open_database
from parity.exchange import Batch, Capture, Count
from parity.redact import Redactor
from parity.report import Report, build_report
from parity.room import Room
from parity.rules import RuleBook
from parity.runs import Runs
from parity.store import ParityStore
from proxy.completion import Completion, Overlapped, busy_at_mark
from proxy.settings import MirrorSettings, ProxySettings
from tests.parity.factories import batch
from tests.proxy.rig import ENDPOINTS, SECRET, STEADY, completing
from tests.proxy.test_outbox import a_capture
from tests.support.backends import Behaviour, FakeBackend, Seen, answering

ALWAYS = ConfirmSettings(share=1.0, noise_share=0.0, burst=1_000.0, wait_s=30.0)
PATIENT = MirrorSettings(timeout_s=30.0, wait_s=30.0, failures=1_000_000, adaptive=STEADY)
"""A busy machine is no fault of a backend."""


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """The first request gets the first, and so on; the last one stays."""
    left = list(behaviours)

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        return await (left.pop(0) if len(left) > 1 else left[0])(seen, writer)

    return behave


def telling(*values: object) -> Behaviour:
    """`{"v": value}` of the first value, then of the next."""
    return in_turn(*(answering(body(value)) for value in values))


def body(value: object) -> bytes:
    """`{"v": value}`."""
    return json.dumps({"v": value}).encode()


class Bench:
    """A parity worker without its socket, between two small real backends."""

    def __init__(self, store_url: str, completion: Completion, confirm: ConfirmSettings) -> None:
        self.engine = open_database(store_url)
        self.completion = completion
        self.confirmer = Confirmer(self.completion, confirm)
        self.room = Room(64, 1_000_000)
        self.thread = ThreadPoolExecutor(1)
        self.seq = 0

    def runs(self) -> Runs:
        """Of a process that has just begun, with the same store."""
        store = ParityStore(self.engine, Redactor(b"key"))
        stop = asyncio.Event()
        return Runs(
            store,
            RuleBook(),
            self.completion,
            thread=self.thread,
            room=self.room,
            stop=stop,
            confirmer=self.confirmer,
        )

    async def take(self, *captures: Capture, runs: Runs | None = None) -> None:
        """One batch, recorded."""
        self.seq += 1
        task = await (runs or self.runs()).enter(handed_over(captures, self.seq), 0)
        assert task is not None
        await task

    def report(self) -> Report:
        """What the store has; its books must balance, and nothing be held."""
        found = build_report(self.engine)
        assert found.balance.balanced
        assert self.completion.held_bytes == 0
        return found

    def asides(self) -> dict[str, dict[str, int]]:
        """What was counted beside the outcomes."""
        return {aside.value: dict(found) for aside, found in self.report().tally.asides.items()}


def handed_over(captures: tuple[Capture, ...], seq: int = 1) -> Batch:
    """As a proxy does, each of them counted as mirrored."""
    counts = [Count(one.endpoint, "mirrored", "", 1) for one in captures]
    return batch(captures=captures, counts=counts, seq=seq)


@asynccontextmanager
async def benched(
    tmp_path: Path,
    legacy: Behaviour,
    modern: Behaviour,
    confirm: ConfirmSettings = ALWAYS,
    mirror: MirrorSettings = PATIENT,
    overlapped: Overlapped = busy_at_mark,
) -> AsyncIterator[tuple[Bench, FakeBackend, FakeBackend]]:
    """The bench with its legacy and its modern backend."""
    async with FakeBackend(legacy) as old, FakeBackend(modern) as new:
        settings = ProxySettings(
            legacy_url=old.url,
            modern_url=new.url,
            store_url="sqlite://",
            state_dir=tmp_path,
            endpoints=ENDPOINTS,
            token_key=b"a token key of some length",
            shadow_secret=SECRET,
            mirror=mirror,
        )
        bench = Bench(
            f"sqlite:///{tmp_path / 'store.db'}", completing(settings, overlapped=overlapped), confirm
        )
        try:
            yield bench, old, new
        finally:
            await bench.completion.close()
            bench.thread.shutdown()
            bench.engine.dispose()


def read(value: object, **changes: Any) -> Capture:
    """A mirrored read whose client got `{"v": value}`."""
    return a_capture(body(value), **changes)


def ever_new(price: int = 5) -> Behaviour:
    """An id that no two answers share, and a price."""
    numbers = iter(range(1_000_000))

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        return await answering(json.dumps(fresh(next(numbers), price)).encode())(seen, writer)

    return behave


def fresh(number: int, price: int = 5) -> dict[str, object]:
    """The answer with the id of that number."""
    return {"id": f"5f0c2d9e-0000-4000-8000-{number:012d}", "price": price}


def read_fresh(number: int, price: int = 5) -> Capture:
    """A read whose client got such an answer."""
    return a_capture(json.dumps(fresh(10_000_000 + number, price)).encode())
