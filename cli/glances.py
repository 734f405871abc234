"""What `crossfade watch` shows, read again and again on a thread of its own: a store that hangs holds up nobody else."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cli.context import Context
from cli.failures import explain
from cli.flag_words import words_of
from parity.tally import Tally
from parity.verdict import Verdict
from proxy.flag_rows import Change, Worker
from proxy.flags import DEFAULT_FLAG, Flag, FlagTable
from proxy.operations import GuardRow

INTERVAL_S = 1.0
JUDGED_EVERY_S = 5.0
"""How old a verdict, or where a guard stands, may become that is shown; a slow store is asked less often still."""
RATE_S = 10.0
"""Over which time requests a second are taken."""
LEDGER = 5

_MAX_SHARE = 0.2  # of the time may go into verdicts, and as much of the rest into reading


@dataclass(frozen=True, slots=True)
class DomainRow:
    """One domain: its flag, the endpoints with another one, what was counted ever, requests a second, the verdict."""

    name: str
    flag: Flag
    own_flags: Mapping[str, Flag]
    tally: Tally
    per_s: float = 0.0
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Glance:
    """What the store said at `at` (Unix seconds): `trouble` is why it did not since, everything else is as of then.

    Before it has said anything, `at` is None.
    """

    at: float | None = None
    version: int = 0
    domains: tuple[DomainRow, ...] = ()
    workers: tuple[Worker, ...] = ()
    changes: tuple[Change, ...] = ()
    guards: tuple[GuardRow, ...] = ()
    trouble: str = ""


class Reader:
    """Reads, and keeps what it needs to say how fast something grows. For one thread.

    When `quick`, the first glance does not wait for verdicts.
    """

    def __init__(
        self,
        context: Context,
        *,
        quick: bool = False,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._clock = clock
        self._ticks = ticks
        self._counted: deque[tuple[float, Mapping[str, Tally]]] = deque()
        self._at_first: Mapping[str, float] = {}
        self._verdicts: dict[str, Verdict] = {}
        self._guards: tuple[GuardRow, ...] = ()
        self._judge_at = ticks() + INTERVAL_S / 2 if quick else 0.0

    def read(self) -> Glance:
        """As it is now; raises StoreError or FlagStoreError when the store refuses."""
        context, operations = self._context, self._context.operations
        table = operations.table()
        workers = tuple(operations.workers())
        changes = tuple(operations.history(LEDGER))
        self._count()
        self._judge()
        domains = tuple(self._row(name, table) for name in context.domain_names())
        return Glance(self._clock(), table.version, domains, workers, changes, self._guards)

    def _row(self, name: str, table: FlagTable) -> DomainRow:
        flag = table.rows.get(name, DEFAULT_FLAG)
        own = {
            one.name: table.rows[one.name]
            for one in self._context.endpoints
            if one.domain == name
            and one.name in table.rows
            and words_of(table.rows[one.name]) != words_of(flag)
        }
        tally = self._counted[-1][1].get(name, Tally())
        return DomainRow(name, flag, own, tally, self._per_s(name), self._verdicts.get(name))

    def _count(self) -> None:
        now, operations = self._ticks(), self._context.operations
        if not self._counted:
            # of the first glance: what came in the minute before this one, and in this one
            at = self._clock()
            minute = int(at // 60) - 1
            lately = operations.tallies(minute)
            self._at_first = {name: one.requests / (at - minute * 60) for name, one in lately.items()}
        self._counted.append((now, operations.tallies()))
        while len(self._counted) > 2 and now - self._counted[1][0] >= RATE_S:
            self._counted.popleft()

    def _per_s(self, name: str) -> float:
        (first_at, first), (last_at, last) = self._counted[0], self._counted[-1]
        if last_at <= first_at:
            return self._at_first.get(name, 0.0)
        n = last.get(name, Tally()).requests - first.get(name, Tally()).requests
        return max(n, 0) / (last_at - first_at)

    def _judge(self) -> None:
        began = self._ticks()
        if began < self._judge_at:
            return
        found = self._context.operations.verdicts(self._context.domain_names())
        self._verdicts = {one.domain.name: one for one in found}
        self._guards = tuple(self._context.operations.guards())
        took_s = self._ticks() - began
        self._judge_at = began + max(JUDGED_EVERY_S, took_s / _MAX_SHARE)


class Glances:
    """Reads on a thread of its own; `latest` never waits."""

    def __init__(self, read: Callable[[], Glance], interval_s: float = INTERVAL_S) -> None:
        self._read = read
        self._interval_s = interval_s
        self._latest = Glance()
        self._asked_at: float | None = None
        self._over = threading.Event()
        # nobody waits for it at the end: it may be in the middle of asking a store that hangs
        self._thread = threading.Thread(target=self._run, daemon=True, name="watch")

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._over.set()

    def latest(self) -> Glance:
        """What was read last; a question that the store has not answered for some intervals is its trouble."""
        latest, asked_at = self._latest, self._asked_at
        if asked_at is not None and (waited_s := time.monotonic() - asked_at) > 3 * self._interval_s:
            return replace(latest, trouble=f"the store has not answered for {waited_s:.0f} s")
        return latest

    def _run(self) -> None:
        while not self._over.is_set():
            began = self._asked_at = time.monotonic()
            try:
                self._latest = self._read()
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is shown, and the next try may go well
                self._latest = replace(self._latest, trouble=explain(error)[0].splitlines()[0])
            self._asked_at = None
            took_s = time.monotonic() - began
            self._over.wait(max(self._interval_s, took_s / _MAX_SHARE))
