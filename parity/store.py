"""The parity store: takes batches with their comparisons, each exactly once, everything redacted.

One transaction a batch. A batch that has been recorded before (the same proxy run and sequence number) changes
nothing, so a proxy worker sends a batch again until it has its receipt.
"""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa

from parity.acceptances import AcceptanceBook
from parity.adding_up import AddingUp
from parity.completing import Shed
from parity.database import create_tables, insert_into, storing, upsert, writing
from parity.errors import StoreError
from parity.evidence import MAX_CELLS, add_evidence
from parity.exchange import ENDED, PRESENT, REHEARSE, Batch, Exchange
from parity.figures import add_figures, forget_figures
from parity.fleeting import add_fleeting
from parity.groups import Groups
from parity.noise import NoisyPath, add_noise, forget_noise, read_noise
from parity.outcome import Aside, Comparison, Outcome
from parity.redact import Redactor
from parity.retention import Retention
from parity.rule_changes import note_rules
from parity.rules import RuleBook
from parity.samples import findings
from parity.settle import AskedAgain
from parity.stretches import count_in
from parity.tables import COUNTS, ENDPOINTS, METADATA, RUNS
from parity.tally import CHECKS, COMPARED

_NOT_COUNTED = (frozenset(Outcome) - {Outcome.SHED}) | {PRESENT, ENDED}
"""What a proxy worker says that is no count of its own: the outcomes are counted here."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large the store may grow, whatever the traffic."""

    samples_per_group: int = 5
    groups_per_endpoint: int = 200
    cells_per_endpoint: int = MAX_CELLS
    sample_characters: int = 8_000
    total_samples: int = 20_000
    retention_s: float = 30 * 86_400.0
    prune_every_s: float = 60.0
    max_bytes: int = 512 * 2**20
    measure_every_s: float = 300.0


class ParityStore:
    """The only writer of the parity tables; methods raise StoreError when the database refuses.

    `rules` are those that everything is compared by that comes from now on.
    """

    def __init__(
        self,
        engine: sa.Engine,
        redactor: Redactor,
        limits: Limits | None = None,
        *,
        rules: RuleBook | None = None,
    ) -> None:
        self._engine = engine
        self._redactor = redactor
        self._limits = limits or Limits()
        self._rules = rules
        self._groups = Groups(
            self._limits.samples_per_group,
            self._limits.groups_per_endpoint,
            self._limits.total_samples,
        )
        self._retention = Retention(
            engine, self._groups, max_age_s=self._limits.retention_s, max_bytes=self._limits.max_bytes
        )
        self._adding_up = AddingUp(engine)
        self._acceptances = AcceptanceBook(engine)
        self._prepared = False
        self._pruned_at = 0.0
        self._measured_at = 0.0

    def with_acceptances(self, rules: RuleBook) -> RuleBook:
        """The rule book with what was accepted in the store; a change holds within a second."""
        with suppress(StoreError):  # recording will find out, and say so
            self._prepare()
        return self._acceptances.over(rules)

    def last_seq(self, proxy: str) -> int:
        """Up to which batch that proxy run is recorded; 0: nothing of it is."""
        self._prepare()
        with storing("find a proxy run"), self._engine.connect() as connection:
            found = connection.execute(sa.select(RUNS.c.last_seq).where(RUNS.c.proxy == proxy)).scalar()
        return found or 0

    def record(
        self,
        batch: Batch,
        completed: Sequence[Exchange | Shed],
        comparisons: Sequence[Comparison],
        beside: AskedAgain | None = None,
        *,
        now: float | None = None,
    ) -> bool:
        """Record a batch, with what its captures became and the comparison of each; False if it had been before.

        `beside` is what asking again brought.
        """
        at = time.time() if now is None else now
        judged = [
            (exchange, comparison)
            for exchange, comparison in zip(completed, comparisons, strict=True)
            if not isinstance(exchange, Shed)
        ]
        found = findings(
            self._redactor,
            judged,
            max_characters=self._limits.sample_characters,
            latest=self._limits.samples_per_group,
        )
        again = beside or AskedAgain()
        self._prepare()
        with storing("record a batch"), writing(self._engine) as connection:
            if not self._is_new(connection, batch, at):
                return False
            minute = int(at // 60)
            count_in(connection, minute)
            self._count(connection, batch, judged, comparisons, again, minute)
            add_evidence(connection, judged, minute, at, max_cells=self._limits.cells_per_endpoint)
            add_figures(connection, batch.captures, completed, comparisons, at)
            add_noise(connection, again.twice, at)
            add_fleeting(connection, again.fleeting, minute, at)
            self._groups.add(connection, found, minute, at)
        if at - self._pruned_at >= self._limits.prune_every_s:
            self._pruned_at = at
            self.prune(now=at)
        return True

    def noise(self, *, now: float | None = None) -> tuple[NoisyPath, ...]:
        """The paths on which legacy lately differed from itself, proven noise or not."""
        self._prepare()
        with storing("read the noise"), self._engine.connect() as connection:
            return read_noise(connection, time.time() if now is None else now)

    def _prepare(self) -> None:
        if not self._prepared:
            with storing("make the tables of the store"), writing(self._engine) as connection:
                create_tables(connection, METADATA)
                if self._rules is not None:
                    note_rules(connection, self._rules, time.time())
            self._prepared = True

    def _is_new(self, connection: sa.Connection, batch: Batch, at: float) -> bool:
        # the first statement is a change, so that two workers with the same batch take turns
        said = {count.name for count in batch.counts}
        run = {"proxy": batch.proxy, "last_seq": batch.seq, "in_flight": batch.in_flight, "seen_at": at}
        if ENDED in said:
            run["ended"] = True
        since = {"present_since": at} if PRESENT in said else {}
        row = run | since
        newest = _newest_run(connection.dialect.name, tuple(row))
        return connection.execute(newest, row).first() is not None

    def _count(
        self,
        connection: sa.Connection,
        batch: Batch,
        judged: Sequence[tuple[Exchange, Comparison]],
        comparisons: Sequence[Comparison],
        again: AskedAgain,
        minute: int,
    ) -> None:
        counted: Counter[tuple[str, str, str]] = Counter()
        for (endpoint, name, reason), n in again.counts.items():
            counted[endpoint, name, self._redactor.reason(reason)] += n
        for count in batch.counts:
            if count.name not in _NOT_COUNTED:
                counted[
                    count.endpoint, self._redactor.reason(count.name), self._redactor.reason(count.reason)
                ] += count.n
        for capture, comparison in zip(batch.captures, comparisons, strict=True):
            counted[capture.endpoint, comparison.outcome.value, self._redactor.reason(comparison.reason)] += 1
        compared = [
            exchange for exchange, comparison in judged if exchange.check and comparison.outcome in COMPARED
        ]
        checks = [exchange for exchange in compared if exchange.check != REHEARSE]
        for exchange in checks:
            counted[exchange.endpoint, CHECKS, ""] += 1
        for exchange in compared:
            if exchange.check == REHEARSE:
                counted[
                    exchange.endpoint, Aside.REHEARSALS.value, "rows" if exchange.rows else "answers"
                ] += 1
        for exchange, _ in judged:
            for reason, n in exchange.row_counts.items():
                counted[exchange.endpoint, Aside.ROWS.value, self._redactor.reason(reason)] += n
        rows = [
            {"minute": minute, "endpoint": endpoint, "name": name, "reason": reason, "n": n}
            for (endpoint, name, reason), n in sorted(counted.items())
        ]
        upsert(connection, COUNTS, rows, add=("n",))
        domains = {capture.endpoint: capture.domain for capture in batch.captures}
        domains |= {exchange.endpoint: exchange.domain for exchange in checks}
        pairs = [{"endpoint": endpoint, "domain": domain} for endpoint, domain in sorted(domains.items())]
        upsert(connection, ENDPOINTS, pairs, domain="new")

    def prune(self, *, now: float) -> None:
        """Forget what is over the bounds of age and size (`retention.py`), add up what stays; raises StoreError."""
        self._prepare()
        is_done = self._retention.by_age(now)
        with storing("prune the store"), writing(self._engine) as connection:
            forget_noise(connection, now)
            forget_figures(connection, now)
            oldest = now - self._limits.retention_s
            connection.execute(sa.delete(RUNS).where(RUNS.c.seen_at < oldest, RUNS.c.in_flight == 0))
        if is_done and now - self._measured_at >= self._limits.measure_every_s:
            is_small = self._retention.by_size(now)
            self._measured_at = now if is_small else 0.0  # else it goes on with the next pruning
        self._adding_up.keep_up(now)


@cache
def _newest_run(dialect: str, columns: tuple[str, ...]) -> sa.Executable:
    """Says these columns of a run, unless this batch or a later one has said them; returns a row if it did."""
    insert = insert_into(RUNS, dialect)
    new = insert.excluded
    said = {
        name: sa.func.coalesce(RUNS.c[name], new[name]) if name == "present_since" else new[name]
        for name in columns
    }
    return insert.on_conflict_do_update(
        index_elements=["proxy"], set_=said, where=RUNS.c.last_seq < new.last_seq
    ).returning(RUNS.c.last_seq)
