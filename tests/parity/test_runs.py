"""Batches of a run: asked for side by side, recorded in order, each once; every capture has an outcome."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

import parity.runs
from parity.acceptances import REFRESH_S
from parity.completing import Shadow, Shed
from parity.database import open_database
from parity.exchange import Batch, Capture, Exchange
from parity.outcome import Outcome
from parity.redact import Redactor
from parity.report import Report, build_report
from parity.room import Room
from parity.rules import RuleBook
from parity.runs import RECORD_EVERY_S, Runs
from parity.selftest_live import SelfTest, SelfTestLimits
from parity.selftest_results import state_of
from parity.store import ParityStore
from tests.parity.factories import Carried, acceptance, accepted_in, batch, exchange, until


class Bench:
    """The runs of a worker without its socket."""

    def __init__(self, store_url: str, thread: ThreadPoolExecutor) -> None:
        self.engine = open_database(store_url)
        self.room = Room(64, 1_000_000)
        self.stop = asyncio.Event()
        self._thread = thread

    def runs(
        self, shadow: Shadow, self_test: SelfTest | None = None, store: ParityStore | None = None
    ) -> Runs:
        """Of a process that has just begun, with the same store."""
        return Runs(
            store or ParityStore(self.engine, Redactor(b"key")),
            RuleBook(),
            shadow,
            thread=self._thread,
            room=self.room,
            stop=self.stop,
            self_test=self_test,
        )

    async def enter(self, runs: Runs, given: Batch) -> asyncio.Task[None] | None:
        """As the intake does."""
        await self.room.take(100)
        return await runs.enter(given, 100)

    def report(self) -> Report:
        """What the store has."""
        return build_report(self.engine)


@pytest.fixture
async def bench(sqlite_url: str) -> AsyncIterator[Bench]:
    with ThreadPoolExecutor(1) as thread:
        bench = Bench(sqlite_url, thread)
        yield bench
        bench.engine.dispose()


class OneByOne:
    """A shadow that completes a batch when it is let, by the id of its first capture."""

    def __init__(self) -> None:
        self.gates: dict[str, asyncio.Event] = {}
        self.carried = Carried()

    async def complete(self, captures: Sequence[Capture]) -> list[Exchange | Shed]:
        """When its gate is open."""
        await self.gates.setdefault(captures[0].id, asyncio.Event()).wait()
        return await self.carried.complete(captures)

    def release(self, completed: Sequence[Exchange | Shed]) -> None:
        """Count them."""
        self.carried.release(completed)


class Throwing:
    """A shadow with a fault of its own: it raises, or has a result too few."""

    def __init__(self, *, raises: bool) -> None:
        self._raises = raises

    async def complete(self, _captures: Sequence[Capture]) -> list[Exchange | Shed]:
        """Fail."""
        if self._raises:
            raise RuntimeError("Nettle Brindlefox")
        return []

    def release(self, completed: Sequence[Exchange | Shed]) -> None:
        """Nothing is held."""


async def test_batches_are_recorded_in_order_whichever_is_completed_first(bench: Bench) -> None:
    shadow = OneByOne()
    runs = bench.runs(shadow)
    tasks = [
        await bench.enter(runs, batch(exchange(id=f"id-{seq}"), seq=seq, proxy="a")) for seq in (1, 2, 3)
    ]
    await until(lambda: len(shadow.gates) == 3)
    shadow.gates["id-3"].set()
    shadow.gates["id-2"].set()
    await until(lambda: len(shadow.carried.asked) == 2)
    await asyncio.sleep(0.05)
    before = runs.taken
    shadow.gates["id-1"].set()
    await asyncio.gather(*(task for task in tasks if task is not None))

    assert (before, runs.taken) == (0, 3)
    assert bench.report().tally.total == 3
    assert (bench.room.held_items, bench.room.held_bytes, shadow.carried.released) == (0, 0, 3)


class Counting(ParityStore):
    """A store that says up to which batch each of its transactions goes."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.engine, Redactor(b"key"))
        self.recorded: list[int] = []

    def record(self, batch: Batch, *others: Any, now: float | None = None) -> bool:
        """As ever, and note it."""
        self.recorded.append(batch.seq)
        return super().record(batch, *others, now=now)


async def entered(bench: Bench, runs: Runs, *seqs: int) -> list[asyncio.Task[None]]:
    """These batches, one after the other."""
    tasks = [await bench.enter(runs, batch(exchange(id=f"id-{seq}"), seq=seq)) for seq in seqs]
    return [task for task in tasks if task is not None]


async def test_the_first_batch_is_recorded_at_once_and_what_follows_within_moments_together(
    bench: Bench,
) -> None:
    store = Counting(bench)
    runs = bench.runs(Carried(), store=store)

    await asyncio.gather(*await entered(bench, runs, 1))
    began_s = time.monotonic()
    await asyncio.gather(*await entered(bench, runs, 2, 3))
    waited_s = time.monotonic() - began_s

    assert store.recorded == [1, 3]
    assert waited_s > RECORD_EVERY_S / 2
    report = bench.report()
    assert (report.tally.requests, report.tally.total, report.balance.balanced) == (3, 3, True)
    assert runs.taken == 3


async def test_many_batches_wait_for_no_others(bench: Bench) -> None:
    store = Counting(bench)
    runs = bench.runs(Carried(), store=store)
    await asyncio.gather(*await entered(bench, runs, 1))

    first = await entered(bench, runs, 2, 3)
    await asyncio.sleep(0.02)
    waiting = list(store.recorded)
    await asyncio.gather(*first, *await entered(bench, runs, 4, 5))

    assert waiting == [1]
    assert store.recorded[-1] == 5
    assert len(store.recorded) < 5
    assert bench.report().tally.total == 5


async def test_a_worker_that_is_to_stop_waits_for_no_more(bench: Bench) -> None:
    store = Counting(bench)
    runs = bench.runs(Carried(), store=store)
    await asyncio.gather(*await entered(bench, runs, 1))
    bench.stop.set()

    began_s = time.monotonic()
    await asyncio.gather(*await entered(bench, runs, 2))

    assert time.monotonic() - began_s < RECORD_EVERY_S
    assert store.recorded == [1, 2]


async def test_batches_that_were_recorded_together_are_known_one_by_one_after_a_restart(bench: Bench) -> None:
    runs = bench.runs(Carried())
    await asyncio.gather(*await entered(bench, runs, 1, 2, 3))
    shadow = Carried()

    again = await entered(bench, bench.runs(shadow), 1, 2, 3)

    assert (again, shadow.asked) == ([], [])
    assert bench.report().tally.total == 3


async def test_after_a_batch_was_recorded_mutations_of_its_pairs_are_tried(bench: Bench) -> None:
    self_test = SelfTest(bench.engine, SelfTestLimits(per_second=1_000_000))
    runs = bench.runs(Carried(), self_test)

    task = await bench.enter(runs, batch(exchange(), seq=1))
    assert task is not None
    await task

    state = state_of(bench.engine, "escrows")
    assert state is not None
    assert (state.tried, state.missed) == (state.caught, 0)
    assert bench.report().tally.total == 1


async def test_a_batch_that_the_store_has_is_not_asked_for_again(bench: Bench) -> None:
    task = await bench.enter(bench.runs(Carried()), batch(exchange(), seq=4))
    assert task is not None
    await task
    shadow = Carried()
    restarted = bench.runs(shadow)

    again = await bench.enter(restarted, batch(exchange(), seq=4))

    assert again is None
    assert (shadow.asked, bench.room.held_items) == ([], 0)


async def test_a_batch_after_one_that_failed_is_not_recorded_before_it(bench: Bench, tmp_path: Path) -> None:
    bench.engine = open_database(f"sqlite:///{tmp_path / 'later' / 'store.db'}")
    runs = bench.runs(Carried())
    tasks = [await bench.enter(runs, batch(exchange(), seq=seq)) for seq in (1, 2)]
    await asyncio.sleep(0.05)
    bench.stop.set()
    failed = await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
    (tmp_path / "later").mkdir()

    assert [type(error).__name__ for error in failed] == ["StoreError", "StoreError"]
    for seq in (1, 2):
        task = await bench.enter(runs, batch(exchange(), seq=seq))
        assert task is not None
        await task
    assert bench.report().tally.total == 2
    assert bench.room.held_items == 0


@pytest.mark.parametrize("raises", [True, False])
async def test_a_fault_in_asking_the_shadow_is_an_outcome(bench: Bench, raises: bool) -> None:  # noqa: FBT001  both faults
    with capture_logs() as logs:
        task = await bench.enter(bench.runs(Throwing(raises=raises)), batch(exchange(), exchange()))
        assert task is not None
        await task

    assert bench.report().tally.reasons == {Outcome.SKIPPED: {"completing_failed": 2}}
    assert [entry["event"] for entry in logs] == ["completing_failed"]
    assert "Brindlefox" not in str(logs)


async def test_what_was_shed_is_an_outcome_with_its_reason(bench: Bench) -> None:
    task = await bench.enter(bench.runs(Carried()), batch(exchange(), Shed("shadow_down")))
    assert task is not None
    await task

    assert bench.report().tally.reasons == {Outcome.SHED: {"shadow_down": 1}}
    assert bench.report().balance.balanced


async def test_a_fault_of_the_comparer_is_an_outcome_and_quotes_no_body(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("Nettle Brindlefox")

    monkeypatch.setattr(parity.runs, "compare", broken)
    with capture_logs() as logs:
        task = await bench.enter(bench.runs(Carried()), batch(exchange()))
        assert task is not None
        await task

    (entry,) = [entry for entry in logs if entry["event"] == "comparison_failed"]
    assert bench.report().tally.reasons == {Outcome.SKIPPED: {"comparison_failed": 1}}
    assert entry["fault"].startswith("KeyError in test_runs.py:")
    assert "Brindlefox" not in str(logs)


async def test_draining_gives_up_what_hangs(bench: Bench) -> None:
    runs = bench.runs(Carried(asyncio.Event()))
    task = await bench.enter(runs, batch(exchange()))
    await runs.drain(0.02)

    assert task is not None
    assert task.cancelled()
    assert (bench.room.held_items, bench.report().tally.total) == (0, 0)


async def test_runs_that_ended_long_ago_are_forgotten(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity.runs, "_RUNS_KEPT", 3)
    runs = bench.runs(Carried())
    for number in range(6):
        task = await bench.enter(runs, batch(exchange(), proxy=f"proxy-{number}"))
        assert task is not None
        await task

    assert list(runs._runs) == ["proxy-3", "proxy-4", "proxy-5"]


async def test_a_fault_in_recording_fails_its_batch_and_says_where(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("Nettle Brindlefox")

    monkeypatch.setattr(ParityStore, "record", broken)
    with capture_logs() as logs:
        task = await bench.enter(bench.runs(Carried()), batch(exchange()))
        assert task is not None
        with pytest.raises(KeyError):
            await task
        await asyncio.sleep(0)

    assert [entry["event"] for entry in logs] == ["batch_failed"]
    assert "Brindlefox" not in str(logs)
    assert bench.room.held_items == 0


async def test_what_a_person_accepts_holds_for_the_batches_that_come_within_seconds(bench: Bench) -> None:
    runs = bench.runs(Carried())

    async def send(seq: int) -> None:
        task = await bench.enter(runs, batch(exchange({"n": 1}, {"n": 2}), seq=seq))
        assert task is not None
        await task

    await send(1)
    accepted_in(bench.engine, acceptance("$.n", id="a-1", expires=date(9999, 1, 1)))
    deadline = time.monotonic() + 5 * REFRESH_S
    seq = 1
    while not bench.report().tally.outcomes[Outcome.ACCEPTED]:
        assert time.monotonic() < deadline, "the acceptance was not taken"
        seq += 1
        await send(seq)
        await asyncio.sleep(0.1)

    assert bench.report().tally.mismatches == seq - 1
