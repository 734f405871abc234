"""What all guards see at one moment: the flags, the figures since their last change, and whether these can be trusted."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from parity.database import complete_tables, storing
from parity.figures import Compared, compared_up_to, read_compared
from parity.tables import METADATA as PARITY_METADATA
from proxy.acknowledgements import STALE_S
from proxy.errors import UnknownKeyError
from proxy.figures import Served, mirrored_up_to, read_served, told_at
from proxy.flag_rows import Change, Worker
from proxy.flag_store import FlagStore
from proxy.flags import FlagTable
from proxy.guard import Action, Guard, GuardSettings
from proxy.guard_look import Look, Recent, look
from proxy.last_changes import LastChanges
from proxy.stages import Stage

LAG_S = 15.0
"""A mirrored request that is older has its outcome, or nothing is compared."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one guard of a domain sees; without a `look` it does not watch at this stage."""

    domain: str
    stage: Stage
    guard: Guard
    change: Change | None
    look: Look | None

    @property
    def action(self) -> Action:
        """What a breach does now."""
        return self.guard.action_at(self.stage)

    @property
    def consequence(self) -> str:
        """What a breach comes to now: `roll_back`, `notify`, or `dry_run` where it would roll back and only says so."""
        return "dry_run" if self.guard.dry_run and self.action is Action.ROLL_BACK else self.action.value

    @property
    def changed_version(self) -> int:
        """The version by which the flags of the domain changed last; 0: they never did."""
        return 0 if self.change is None else self.change.version


@dataclass(frozen=True, slots=True)
class Survey:
    """What was seen at the moment `at` (Unix time), under that version of the flag table."""

    at: float
    version: int
    seen: tuple[Seen, ...]


class Surveyor:
    """Reads; it changes nothing but tables that are not there. Raises `FlagStoreError` or StoreError."""

    def __init__(
        self,
        engine: sa.Engine,
        flags: FlagStore,
        settings: GuardSettings,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._flags = flags
        self._settings = settings
        self._clock = clock
        self._changes = LastChanges(flags)
        self._prepared = False

    def survey(self) -> Survey:
        """Everything now."""
        if not self._prepared:
            with storing("make the tables of figures"):
                complete_tables(self._engine, PARITY_METADATA)
            self._prepared = True
        table = self._flags.table()
        workers = self._flags.workers()
        with storing("read the figures"), self._engine.connect() as connection:
            now = self._clock()
            changes = self._changes.read(connection, table.version)
            figures = _Figures(connection, now, _not_served(connection, workers, now))
            stages = self._stages(table)
            seen = [
                _see(domain, stages.get(domain, Stage.OFF), guard, changes.get(domain), figures)
                for domain in self._flags.domains
                for guard in self._settings.guards_of(domain)
            ]
        return Survey(now, table.version, tuple(seen))

    def _stages(self, table: FlagTable) -> dict[str, Stage]:
        """How far each domain has come, or that endpoint of it that has come furthest."""
        found: dict[str, Stage] = {}
        for key, flag in table.rows.items():
            try:
                domain = self._flags.domain_of(key)
            except UnknownKeyError:  # it was removed from the configuration
                continue
            if flag.stage.is_further_than(found.get(domain, Stage.OFF)):
                found[domain] = flag.stage
        return found


def _see(domain: str, stage: Stage, guard: Guard, change: Change | None, figures: "_Figures") -> Seen:
    if stage not in guard.stages:
        return Seen(domain, stage, guard, change, None)
    since = 0.0 if change is None else change.changed_at.timestamp()
    return Seen(domain, stage, guard, change, look(guard, figures.recent(domain, guard, since)))


class _Figures:
    """The figures of one moment, each window read once."""

    def __init__(self, connection: sa.Connection, now: float, not_served: str) -> None:
        self._connection = connection
        self._now = now
        self._not_served = not_served
        self._mirrored = mirrored_up_to(connection, now - LAG_S)
        self._compared = compared_up_to(connection)
        self._windows: dict[tuple[float, str | None], tuple[dict[str, Served], dict[str, Compared]]] = {}

    def recent(self, domain: str, guard: Guard, changed_at: float) -> Recent:
        """Of that domain in the window of that guard, which begins with the last change at the earliest."""
        begin = self._now - guard.window_s
        # most domains have not changed lately: they share one look into the tables
        key = (begin, None) if changed_at <= begin else (changed_at, domain)
        if key not in self._windows:
            self._windows[key] = (read_served(self._connection, *key), read_compared(self._connection, *key))
        all_served, all_compared = self._windows[key]
        served = all_served.get(domain, Served())
        is_behind = (
            served.mirrored - served.shed >= guard.min_samples
            and self._mirrored.get(domain, 0.0) - self._compared.get(domain, 0.0) > LAG_S
        )
        return Recent(
            served,
            all_compared.get(domain, Compared()),
            self._not_served,
            "copies are made and nothing is compared" if is_behind else "",
        )


def _not_served(connection: sa.Connection, workers: Sequence[Worker], now: float) -> str:
    """Why what was served is not all known; empty: it is."""
    if not workers:
        return "no proxy worker runs"
    told = told_at(connection)
    silent = [worker.name for worker in workers if now - told.get(worker.id, now) > STALE_S]
    if not silent:
        return ""
    many = len(silent) > 1
    return f"proxy worker{'s' * many} {', '.join(silent)} {'are' if many else 'is'} silent"
