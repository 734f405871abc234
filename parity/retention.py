"""What is removed from the store when it is older or more than it may be, and how much that was.

Oldest details go first: samples but the first of each group, then whole hours of minutes and evidence. Counts are
added up, not lost, so the books still balance; ledger, flags and acceptances are never touched. What was removed is
kept in the store, so that a report or verdict that reaches back further says where it begins.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
import structlog

from parity.database import storing, upsert, writing
from parity.evidence import forget_evidence
from parity.fleeting import forget_fleeting
from parity.groups import Groups
from parity.stretches import forget_stretches
from parity.tables import COUNTS, METADATA, REMOVALS, SAMPLES

SAMPLES_AT_ONCE = 500
HOURS_AT_ONCE = 6
KEPT_S = 86_400.0
"""The last day stays, however large it is."""
WITHIN_S = 0.5
"""How long one look may go on removing; what is left then goes at the next."""
SAMPLES_OF = "samples"
MINUTES_OF = "minutes"

_log = structlog.get_logger("parity")

_INDICES = 1.4  # what indices and pages that are not full take on top of PostgreSQL's rows
_ROW_BYTES = 28  # the head of one


@dataclass(frozen=True, slots=True)
class Removed:
    """How many rows of `samples` or `minutes` were removed, all from before `before`; times are Unix seconds."""

    what: str
    before: float
    n: int
    removed_at: float

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def used_bytes(connection: sa.Connection, *, is_quick: bool = False) -> int:
    """What the store takes: of a SQLite file the pages in use, of PostgreSQL an estimate by the rows of these tables.

    A page that is free is used again before the file grows; PostgreSQL likewise keeps what it has. When `is_quick` its
    rows are not counted, but what its statistics know of them, which may be some seconds old.
    """
    if connection.dialect.name == "sqlite":
        pages, free, size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)
    there = set(sa.inspect(connection).get_table_names())
    # one question for all tables: `status` waits for its answer
    of_each = " UNION ALL ".join(
        _estimate(name, is_quick=is_quick) for name in METADATA.tables if name in there
    )
    if not of_each:
        return 0
    total = connection.exec_driver_sql(f"SELECT sum(bytes) FROM ({of_each}) AS tables").scalar_one()  # noqa: S608  names of our own tables
    return int(float(total) * _INDICES)


def _estimate(name: str, *, is_quick: bool) -> str:
    some = f"SELECT t.* FROM {name} t LIMIT 1000"  # noqa: S608  as above
    mean = f"(SELECT avg(pg_column_size(s.*)) FROM ({some}) s)"  # noqa: S608  as above
    rows = f"(SELECT count(*) FROM {name})"  # noqa: S608  as above
    if is_quick:
        rows = f"pg_stat_get_live_tuples('{name}'::regclass)"
    return f"SELECT (coalesce({mean}, 0) + {_ROW_BYTES}) * {rows} AS bytes"


def read_removed(connection: sa.Connection) -> tuple[Removed, ...]:
    """All that was ever removed."""
    chosen = sa.select(REMOVALS).order_by(REMOVALS.c.what)
    return tuple(Removed(row.what, row.before, row.n, row.removed_at) for row in connection.execute(chosen))


def minutes_removed_before(connection: sa.Connection) -> float | None:
    """From before that time there are no counts by minute any more; None: there are all."""
    return connection.execute(sa.select(REMOVALS.c.before).where(REMOVALS.c.what == MINUTES_OF)).scalar()


class Retention:
    """Removes from one store, each time in transactions small enough that nobody waits for them."""

    def __init__(
        self,
        engine: sa.Engine,
        groups: Groups,
        *,
        max_age_s: float,
        max_bytes: int,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._groups = groups
        self._max_age_s = max_age_s
        self._max_bytes = max_bytes
        self._timer = timer

    def by_age(self, now: float) -> bool:
        """Forget what is older than it may be; False: there is more of it, for the next time. Raises StoreError."""
        ends_at = self._timer() + WITHIN_S
        oldest = now - self._max_age_s
        while (first := self._first()) is not None and first + HOURS_AT_ONCE * 3_600 < oldest:
            self._forget_before(first + HOURS_AT_ONCE * 3_600, now)
            if self._timer() >= ends_at:
                return False
        self._forget_before(oldest, now)
        return True

    def by_size(self, now: float) -> bool:
        """Forget the oldest details until the store is as small as it may be; False: there is more, for the next time.

        Raises StoreError.
        """
        ends_at = self._timer() + WITHIN_S
        while (used := self._used()) > self._max_bytes:
            if not self._forget_some(now):
                _log.warning("store_too_large", bytes=used, max_bytes=self._max_bytes)
                return True
            if self._timer() >= ends_at:
                return False
        return True

    def _used(self) -> int:
        with storing("measure the store"), self._engine.connect() as connection:
            return used_bytes(connection)

    def _forget_some(self, now: float) -> bool:
        """One step; False when nothing is left that may go."""
        with storing("prune the store"), writing(self._engine) as connection:
            oldest = (
                sa.select(SAMPLES.c.id)
                .where(SAMPLES.c.is_first.is_not(True))
                .order_by(SAMPLES.c.id)
                .limit(SAMPLES_AT_ONCE)
            )
            gone = sa.delete(SAMPLES).where(SAMPLES.c.id.in_(oldest)).returning(SAMPLES.c.at)
            times = list(connection.execute(gone).scalars())
            _note(connection, SAMPLES_OF, max(times, default=0.0), len(times), now)
        if times:
            return True
        first = self._first()
        if first is None:
            return False
        return self._forget_before(min(first + HOURS_AT_ONCE * 3_600, now - KEPT_S), now) > 0

    def _first(self) -> float | None:
        """The time of the oldest minute that is still there."""
        first = sa.select(sa.func.min(COUNTS.c.minute)).where(COUNTS.c.minute > 0)
        with storing("read the store"), self._engine.connect() as connection:
            minute = connection.execute(first).scalar()
        return None if minute is None else minute * 60.0

    def _forget_before(self, oldest: float, now: float) -> int:
        """Forget all details of before; says how many minutes' counts were added up."""
        minute = int(oldest // 60)
        with storing("prune the store"), writing(self._engine) as connection:
            forget_stretches(connection, minute)
            old = sa.delete(COUNTS).where(COUNTS.c.minute > 0, COUNTS.c.minute < minute).returning(*COUNTS.c)
            folded: Counter[tuple[str, str, str]] = Counter()
            n = 0
            for row in connection.execute(old):
                folded[row.endpoint, row.name, row.reason] += row.n
                n += 1
            rows = [
                {"minute": 0, "endpoint": endpoint, "name": name, "reason": reason, "n": counted}
                for (endpoint, name, reason), counted in sorted(folded.items())
            ]
            upsert(connection, COUNTS, rows, add=("n",))
            forget_evidence(connection, oldest)
            forget_fleeting(connection, minute)
            self._groups.prune(connection, oldest)
            _note(connection, MINUTES_OF, minute * 60.0, n, now)
        return n


def _note(connection: sa.Connection, what: str, before: float, n: int, now: float) -> None:
    if n:
        row = {"what": what, "before": before, "n": n, "removed_at": now}
        upsert(connection, REMOVALS, [row], add=("n",), before="max", removed_at="new")
