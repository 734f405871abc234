"""The batches of each proxy run: completed side by side, compared in a thread, recorded in order, each once.

A transaction costs as much as fifty captures, so batches that come one by one are recorded several at a time.

A batch that comes again while it is under way is not begun anew, and one that the store has is not asked for: the
shadow gets no copy twice, unless this process was killed in between.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from typing import ParamSpec, TypeVar

import structlog

from parity.bodies import BOUNDS, Bounds
from parity.compare import compare
from parity.completing import Shadow, Shed, not_completed
from parity.confirm import Confirmer
from parity.errors import StoreError, fault_of
from parity.exchange import Batch, Capture, Exchange
from parity.judged import JudgedBatch, together
from parity.noise import NoisyBook
from parity.outcome import Comparison, Outcome
from parity.recorded_counts import RecordedCounts
from parity.room import Room
from parity.rules import RuleBook
from parity.selftest_live import SelfTest
from parity.settle import AskedAgain
from parity.store import ParityStore

STORE_PAUSE_S = 0.2
"""How long after the store refused a batch it is asked again."""
RECORD_EVERY_S = 0.2
"""How long after a transaction the next one waits for more batches of its run."""
_TOGETHER = 4
"""So many under way are worth a transaction: half of those for which a proxy worker waits for receipts."""
_RUNS_KEPT = 256

_P = ParamSpec("_P")
_T = TypeVar("_T")

_log = structlog.get_logger("parity")


@dataclass(slots=True)
class _Run:
    """One run of one proxy worker: up to which batch it is recorded, and what is under way, in order."""

    recorded: int
    under_way: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    judged: dict[int, JudgedBatch] = field(default_factory=dict)
    recorded_at: float = float("-inf")
    entered: asyncio.Event = field(default_factory=asyncio.Event)


class Runs:
    """Takes batches from any number of connections. Used on one event loop; `taken` counts what was recorded."""

    def __init__(
        self,
        store: ParityStore,
        rules: RuleBook,
        shadow: Shadow,
        *,
        thread: ThreadPoolExecutor,
        room: Room,
        stop: asyncio.Event,
        confirmer: Confirmer | None = None,
        self_test: SelfTest | None = None,
        bounds: Bounds = BOUNDS,
        metrics: RecordedCounts | None = None,
    ) -> None:
        self._bounds = bounds
        self._metrics = metrics or RecordedCounts()
        self._self_test = self_test
        self._store = store
        self._rules = rules
        self._noise = NoisyBook(store.noise)
        self._confirmer = confirmer
        self._shadow = shadow
        self._thread = thread
        self._room = room
        self._stop = stop
        self._runs: dict[str, _Run] = {}
        self.taken = 0

    async def enter(self, batch: Batch, size: int) -> asyncio.Task[None] | None:
        """Begin with a batch that has `size` bytes of the room; None: it is recorded.

        The task ends when the batch is recorded, and fails when it will not be.
        """
        run = await self._run(batch.proxy)
        task = run.under_way.get(batch.seq)
        if task is not None or batch.seq <= run.recorded:
            _log.info("batch_resent", proxy=batch.proxy, seq=batch.seq)
            self._room.give_back(size)
            self._metrics.resent += 1
            return task
        before = run.under_way[next(reversed(run.under_way))] if run.under_way else None
        task = asyncio.get_running_loop().create_task(self._take(run, batch, size, before))
        task.add_done_callback(_report_end)
        run.under_way[batch.seq] = task
        run.entered.set()
        return task

    async def drain(self, timeout_s: float) -> None:
        """Let what is under way be recorded within that time; the rest is given up, its proxies will send it again."""
        under_way = {task for run in self._runs.values() for task in run.under_way.values()}
        if under_way:
            await asyncio.wait(under_way, timeout=timeout_s)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _run(self, proxy: str) -> _Run:
        found = self._runs.pop(proxy, None)
        if found is None:
            recorded = 0
            with suppress(StoreError):  # recording will find out, and say so
                recorded = await self._in_thread(self._store.last_seq, proxy)
            found = self._runs.pop(proxy, None) or _Run(recorded)
            idle = [name for name, run in self._runs.items() if not run.under_way]
            for name in idle[: max(0, len(self._runs) + 1 - _RUNS_KEPT)]:
                del self._runs[name]
        self._runs[proxy] = found  # the last that was asked for is the last to be forgotten
        return found

    async def _take(self, run: _Run, batch: Batch, size: int, before: asyncio.Task[None] | None) -> None:
        completed: list[Exchange | Shed] = []
        try:
            completed = await self._complete(batch.captures)
            comparisons, beside = await self._judge(batch.captures, completed)
            run.judged[batch.seq] = JudgedBatch(batch, completed, comparisons, beside)
            if before is not None:
                await asyncio.wait({before})
                if before.cancelled() or before.exception() is not None:
                    # recording this one would make the store take the one before for recorded
                    raise StoreError(f"batch {batch.seq} cannot be recorded before the one before it")
            if run.recorded < batch.seq:
                await self._record_from(run, batch.seq)
            self.taken += 1
            self._metrics.recorded(batch, comparisons, beside)
            if self._self_test is not None:
                await self._in_thread(self._test_itself, self._self_test, completed, comparisons)
        finally:
            del run.under_way[batch.seq]
            run.judged.pop(batch.seq, None)
            self._shadow.release(completed)
            self._room.give_back(size)

    def _test_itself(
        self, test: SelfTest, completed: Sequence[Exchange | Shed], comparisons: Sequence[Comparison]
    ) -> None:
        _, rules = self._rules_in_force()
        test.after(completed, comparisons, rules)

    async def _complete(self, captures: Sequence[Capture]) -> list[Exchange | Shed]:
        try:
            completed = await self._shadow.complete(captures)
            if len(completed) == len(captures):
                return completed
            _log.error("completing_failed", fault=f"{len(completed)} results for {len(captures)} captures")
        except Exception as error:  # noqa: BLE001  the books must balance whatever asking the shadow does
            _log.error("completing_failed", fault=fault_of(error))
        return [not_completed(capture) for capture in captures]

    async def _judge(
        self, captures: Sequence[Capture], completed: Sequence[Exchange | Shed]
    ) -> tuple[list[Comparison], AskedAgain]:
        """Compare, and ask again where the confirmer wants to know."""
        today = datetime.now(UTC).date()
        comparisons, plain, rules = await self._in_thread(self._compare_all, completed, today)
        confirmer = self._confirmer
        if confirmer is None or not (asked := await confirmer.ask(captures, completed, comparisons)):
            return comparisons, AskedAgain()
        try:
            return await self._in_thread(
                confirmer.settle,
                asked,
                completed,
                comparisons,
                rules=rules,
                plain=plain,
                today=today,
            )
        finally:
            confirmer.release(asked)

    async def _record_from(self, run: _Run, seq: int) -> None:
        """Record that batch, which is the next, with those behind it that are ready."""
        loop = asyncio.get_running_loop()
        due = run.recorded_at + RECORD_EVERY_S
        while len(run.under_way) < _TOGETHER and not self._stop.is_set() and (left := due - loop.time()) > 0:
            run.entered.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(run.entered.wait(), left)
        ready = [run.judged[seq]]
        while (following := run.judged.get(ready[-1].batch.seq + 1)) is not None:
            ready.append(following)
        await self._record(together(ready))
        run.recorded = ready[-1].batch.seq
        run.recorded_at = loop.time()

    async def _record(self, judged: JudgedBatch) -> None:
        """Until the store takes it; raises StoreError when it refuses and the worker is to stop."""
        while True:
            try:
                await self._in_thread(
                    self._store.record, judged.batch, judged.completed, judged.comparisons, judged.beside
                )
            except StoreError as error:
                if not self._metrics.is_refused:
                    self._metrics.is_refused = True
                    _log.error("batch_not_recorded", reason=str(error))
                if self._stop.is_set():
                    raise
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), STORE_PAUSE_S)
            else:
                self._metrics.is_refused = False
                if any(one.paths for one in judged.beside.twice):
                    self._noise.changed()
                return

    async def _in_thread(self, call: Callable[_P, _T], *args: _P.args, **named: _P.kwargs) -> _T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(self._timed, partial(call, *args, **named)))

    def _timed(self, call: Callable[[], _T]) -> _T:
        started = time.perf_counter()
        try:
            return call()
        finally:
            self._metrics.busy_s += time.perf_counter() - started

    def _compare_all(
        self, completed: Sequence[Exchange | Shed], today: date
    ) -> tuple[list[Comparison], RuleBook, RuleBook]:
        """The comparisons, the rules without what noise adds, and those by which they were made."""
        plain, rules = self._rules_in_force()
        comparisons = [
            Comparison(Outcome.SHED, one.reason)
            if isinstance(one, Shed)
            else self._compare(one, rules, today)
            for one in completed
        ]
        return comparisons, plain, rules

    def _rules_in_force(self) -> tuple[RuleBook, RuleBook]:
        """As people wrote and accepted them, and with what noise adds."""
        plain = self._store.with_acceptances(self._rules)
        return plain, self._noise.over(plain)

    def _compare(self, exchange: Exchange, rules: RuleBook, today: date) -> Comparison:
        try:
            return compare(exchange, rules, today=today, bounds=self._bounds)
        except Exception as error:  # noqa: BLE001  the books must balance whatever a backend sends
            _log.error("comparison_failed", endpoint=exchange.endpoint, fault=fault_of(error))
            return Comparison(Outcome.SKIPPED, "comparison_failed")


def _report_end(task: asyncio.Task[None]) -> None:
    """Whether or not its connection is still there to notice."""
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, StoreError):
        _log.error("batch_failed", fault=fault_of(error))
