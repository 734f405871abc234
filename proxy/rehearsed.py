"""Makes exchanges of rehearsed writes in the parity worker: legacy's committed answer against modern's rehearsed one.

Nobody is asked here but legacy's database, and only for rows: both answers came with the capture.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import structs

from parity.completing import Shed, exchange_of
from parity.exchange import REHEARSE, Capture, Exchange, Observation, Rehearsal, RowPair
from parity.recordings.moments import SKEW
from parity.rehearsing import Found, Prepared, prepare
from parity.write_sets import NO_DATABASE
from proxy.captures import NO_ROOM, Budget
from proxy.fields import name_of, value_of
from proxy.write_checks import UNCOUNTED, CountedWrites

if TYPE_CHECKING:  # it brings in psycopg, which only a worker that is told of legacy's database needs
    from proxy.legacy_rows import LegacyRows

UNKNOWN_COMMIT = "unknown_commit"
_NO_ANSWER = frozenset({"timeout", "refused", "broken"})
_WRITE_SET = b"x-write-set"

Observe = Callable[[bytes, int, float, bytes], Observation]
"""Header block, status, duration and body of an answer as parity sees it."""


class RehearsedWrites:
    """Without `rows` only answers are compared, and each row that was told is counted so; without `writes` nothing is."""

    def __init__(
        self, observe: Observe, budget: Budget, writes: CountedWrites | None, rows: "LegacyRows | None"
    ) -> None:
        self._observe = observe
        self._budget = budget
        self._writes = writes
        self._rows = rows

    async def exchange(
        self, capture: Capture, rehearsal: Rehearsal, client: str, answer: Observation
    ) -> Exchange | Shed:
        """The exchange of both answers and of the rows; `answer` is what the write's client got."""
        if rehearsal.shed:
            return Shed(rehearsal.shed)
        skipped = UNKNOWN_COMMIT if capture.status >= 500 else ""
        if rehearsal.error in _NO_ANSWER and not skipped:
            failed = Observation(error=rehearsal.error, duration_s=rehearsal.duration_s)
            return self._exchange(capture, client, answer, failed)
        skipped = skipped or rehearsal.error or (UNCOUNTED if self._writes is None else "")
        try:
            if not skipped:
                return await self._compared(capture, rehearsal, client, answer)
        except RecursionError:
            skipped = "too_deep"
        return self._exchange(capture, client, answer, Observation(), skipped=skipped)

    async def _compared(
        self, capture: Capture, rehearsal: Rehearsal, client: str, answer: Observation
    ) -> Exchange | Shed:
        """The exchange of two whole answers."""
        modern = self._observe(rehearsal.head, rehearsal.status, rehearsal.duration_s, rehearsal.body)
        told = _told(rehearsal.head)
        made = _made(capture, rehearsal)
        prepared = await asyncio.to_thread(prepare, capture.target, answer, modern, told, made)
        if not self._budget.take(len(prepared.modern.body)):
            return Shed("shadow_queue")
        held = len(prepared.modern.body)
        try:
            pairs, counts, size = await self._pairs(prepared, len(told or ""))
            held += size
            return self._exchange(
                capture, client, answer, prepared.modern, rows=pairs, counts=counts, rows_bytes=size
            )
        except BaseException:
            self._budget.give_back(held)
            raise

    async def close(self) -> None:
        """Let go of legacy's database."""
        if self._rows is not None:
            await self._rows.close()

    async def _pairs(self, prepared: Prepared, told: int) -> tuple[tuple[RowPair, ...], dict[str, int], int]:
        """The pairs, what became of each row, and the bytes that were taken for them; `told` are modern's."""
        found: list[Found | str] = [NO_DATABASE] * len(prepared.wanted)
        if self._rows is not None:
            found = await self._rows.read(prepared.wanted)
        size = told + sum(one.size for one in found if isinstance(one, Found))
        if not self._budget.take(size):
            return (), prepared.with_rows([NO_ROOM] * len(found))[1], 0
        try:
            pairs, counts = await asyncio.to_thread(prepared.with_rows, found)
        except BaseException:
            self._budget.give_back(size)
            raise
        return pairs, counts, size

    def _exchange(
        self,
        capture: Capture,
        client: str,
        answer: Observation,
        modern: Observation,
        *,
        skipped: str = "",
        rows: tuple[RowPair, ...] = (),
        counts: dict[str, int] | None = None,
        rows_bytes: int = 0,
    ) -> Exchange:
        # of the writes that began since the mark one is this one's own
        in_flight, begun = capture.mark
        others = in_flight, begun + 1
        raced = self._writes is not None and self._writes.overlapped(capture.domain, others)
        made = exchange_of(capture, client, answer, modern, raced=raced, skipped=skipped)
        return structs.replace(
            made,
            check=REHEARSE,
            write=capture.endpoint,
            rows=rows,
            row_counts=counts or {},
            rows_bytes=rows_bytes,
        )


def _told(head: bytes) -> str | None:
    """The value of the last `X-Write-Set`, None without one."""
    values = [value_of(line) for line in head.split(b"\r\n") if line and name_of(line).lower() == _WRITE_SET]
    return values[-1].decode("utf-8", "replace") if values else None


def _made(capture: Capture, rehearsal: Rehearsal) -> tuple[datetime, datetime]:
    """When either backend can have made a moment: from when the request came until both had answered."""
    began = datetime.fromtimestamp(capture.at, UTC)
    return began - SKEW, began + timedelta(seconds=capture.duration_s + rehearsal.duration_s) + SKEW
