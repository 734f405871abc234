"""The flag table's truth in the database: flags, ledger of changes, and the proxy workers that follow them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from parity.database import create_tables
from parity.exchange import Endpoint
from proxy.acknowledgements import Acknowledgements
from proxy.errors import ConflictError, FlagStoreError, StageError
from proxy.flag_keys import FlagKeys
from proxy.flag_rows import (
    FLAG_CHANGES,
    FLAGS,
    METADATA,
    REVISIONS,
    Acknowledgement,
    Change,
    Judged,
    LastAnswers,
    Note,
    Registration,
    RowChange,
    Worker,
    change_of,
    text_of,
)
from proxy.flags import DEFAULT_FLAG, Flag, FlagTable, check_share, check_step, check_version
from proxy.stages import Stage

_CREATIONS = 6
_CREATION_PAUSE_S = 0.01

VERSION = sa.select(REVISIONS.c.version)
"""The version of the present table; no row, or none, is 0."""
CHANNEL = "crossfade_flags"
"""Where PostgreSQL tells who listens that the version has grown."""


class FlagStore:
    """The only way to change a flag. Every method raises `FlagStoreError` when the database refuses.

    A change is one database transaction that begins by raising the version, so that changes happen one
    after the other; who gives `expected_version` changes nothing if anybody was quicker.
    """

    def __init__(self, engine: sa.Engine, endpoints: Sequence[Endpoint]) -> None:
        self._engine = engine
        self._keys = FlagKeys(endpoints)
        self._prepared = False
        self._workers = Acknowledgements(self._connect)

    @property
    def domains(self) -> list[str]:
        """The names of the domains, in the order of the endpoints."""
        return list(self._keys.domains)

    def domain_of(self, key: str) -> str:
        """The domain that a domain or endpoint name belongs to; raises `UnknownKeyError`."""
        return self._keys.domain_of(key)

    def table(self) -> FlagTable:
        """The present table."""
        with self._connect() as connection:
            return _read(connection)

    def version(self) -> int:
        """The version of the present table."""
        with self._connect() as connection:
            return _version(connection)

    def flip(
        self,
        key: str,
        stage: Stage,
        *,
        canary_share: float | None = None,
        sample_rate: float | None = None,
        actor: str,
        reason: str,
        expected_version: int | None = None,
        action: str = "flip",
        verdict: Judged | None = None,
        forced: bool = False,
        also: Callable[[sa.Connection], None] | None = None,
    ) -> Change:
        """Set the stage of a domain or an endpoint: the next one, the same with other shares, or any earlier.

        Going back takes along the endpoint rows of the domain that are further. No verdict is asked for here: operators
        go through `proxy.control`. `also` is done in the same transaction; when it raises, nothing is changed.
        """
        domain = self.domain_of(key)
        shares: dict[str, float] = {}
        if canary_share is not None:
            shares["canary_share"] = check_share("the canary share", canary_share)
        if sample_rate is not None:
            shares["sample_rate"] = check_share("the sample rate", sample_rate)

        def decide(table: FlagTable) -> list[RowChange]:
            before = table.rows.get(key) or table.rows.get(domain) or DEFAULT_FLAG
            after = replace(before, stage=stage, **shares)
            if after == before:
                return []
            check_step(key, before, after)
            keys = self._keys.domains.get(key, ()) if before.stage.is_further_than(stage) else ()
            return [RowChange(key, table.rows.get(key), after), *self._further(table, keys, stage)]

        entry = _Entry(action, key, actor, reason, verdict, forced=forced)
        change = self._apply(decide, entry, expected_version, also)
        if change is None:
            raise StageError(f"{key} is already at {stage} with these shares; nothing was changed")
        return change

    def apply(
        self,
        wanted: Mapping[str, Flag],
        *,
        actor: str,
        reason: str,
        expected_version: int | None = None,
        verdict: Judged | None = None,
        forced: bool = False,
    ) -> Change | None:
        """Set several rows at once, all or none of them; None: they are so already. Raises StageError with every fault.

        A domain that goes back takes along its endpoint rows that are further and not named.
        """
        domains = {key: self.domain_of(key) for key in wanted}

        def decide(table: FlagTable) -> list[RowChange]:
            rows: list[RowChange] = []
            problems: list[str] = []
            for key, after in wanted.items():
                before = table.rows.get(key) or table.rows.get(domains[key]) or DEFAULT_FLAG
                if after == before:
                    continue
                try:
                    check_step(key, before, after)
                except StageError as error:
                    problems.append(str(error))
                rows.append(RowChange(key, table.rows.get(key), after))
                if before.stage.is_further_than(after.stage):
                    unnamed = [name for name in self._keys.domains.get(key, ()) if name not in wanted]
                    rows += self._further(table, unnamed, after.stage)
            if problems:
                raise StageError("\n  ".join(problems))
            return rows

        entry = _Entry("apply", "", actor, reason, verdict, forced=forced)
        return self._apply(decide, entry, expected_version)

    def roll_back(
        self,
        key: str | None = None,
        *,
        to: Stage = Stage.OFF,
        actor: str,
        reason: str,
        expected_version: int | None = None,
    ) -> Change | None:
        """Take a domain, an endpoint, or (None) everything that is further back to `to`; None: nothing was."""
        if key is not None:
            self.domain_of(key)
        return self._apply(
            lambda table: self._rollback_rows(table, key, to),
            _Entry("rollback", key or "", actor, reason),
            expected_version,
        )

    def add_verdict(self, version: int, verdict: Judged) -> None:
        """Say what the verdict was when that change was made, if its entry does not say it yet."""
        with self._connect() as connection:
            connection.execute(
                sa.update(FLAG_CHANGES)
                .where(FLAG_CHANGES.c.version == version, FLAG_CHANGES.c.verdict.is_(None))
                .values(verdict=text_of(verdict))
            )
            connection.commit()

    def add_served(self, version: int, ms: float) -> None:
        """Say how long it took until every proxy worker served that change, if its entry does not say it yet."""
        with self._connect() as connection:
            connection.execute(
                sa.update(FLAG_CHANGES)
                .where(FLAG_CHANGES.c.version == version, FLAG_CHANGES.c.served_ms.is_(None))
                .values(served_ms=ms)
            )
            connection.commit()

    def note(
        self, action: str, key: str, *, actor: str, reason: str, apply: Callable[[sa.Connection], None]
    ) -> Change:
        """Change something beside the flags, with its entry in the ledger: both or, when `apply` raises, neither.

        It raises the version too, so that the ledger has one order; the flags stay as they are.
        """
        (change,) = self.note_all(action, [Note(key, reason, apply)], actor=actor)
        return change

    def note_all(self, action: str, notes: Sequence[Note], *, actor: str) -> list[Change]:
        """Several such changes with an entry each: all of them or none."""
        with self._connect() as connection:
            changes = []
            for note in notes:
                connection.execute(sa.update(REVISIONS).values(version=REVISIONS.c.version + 1))
                note.apply(connection)
                version = _version(connection)
                changes.append(_write(connection, version, _Entry(action, note.key, actor, note.reason), []))
            connection.commit()
            return changes

    def history(self, limit: int = 50, *, before: int | None = None) -> list[Change]:
        """The latest changes, or the latest before a version, newest first."""
        query = sa.select(FLAG_CHANGES).order_by(FLAG_CHANGES.c.version.desc()).limit(limit)
        if before is not None:
            query = query.where(FLAG_CHANGES.c.version < before)
        with self._connect() as connection:
            return [change_of(row) for row in connection.execute(query).mappings()]

    def workers(self) -> list[Worker]:
        """The proxy workers that run."""
        return self._workers.workers()

    def register(self, registration: Registration) -> None:
        """A proxy worker starts; it must do so before it reads the table (see `wait_acknowledged`)."""
        self._workers.register(registration)

    def acknowledge(self, worker: str, version: int, by_modern: LastAnswers | None = None) -> None:
        """A proxy worker serves that version from now on and none before it; and what modern answered last there."""
        self._workers.acknowledge(worker, version, by_modern or {})

    def beat(
        self,
        worker: str,
        by_modern: LastAnswers | None = None,
        also: Callable[[sa.Connection], None] | None = None,
    ) -> bool:
        """A proxy worker is alive; False if it is not registered (any more). `also` is done in the same transaction."""
        return self._workers.beat(worker, by_modern or {}, also)

    def deregister(self, worker: str) -> None:
        """A proxy worker has ended."""
        self._workers.deregister(worker)

    def wait_acknowledged(
        self, version: int, timeout_s: float = 5.0, *, since: float | None = None
    ) -> list[Acknowledgement]:
        """Return when every proxy worker that runs serves at least `version`.

        `since` is the `time.monotonic()` from which the milliseconds count, by default now. A worker that
        registers later reads the new table anyway. Raises `NotAcknowledgedError`.
        """
        return self._workers.wait(version, timeout_s, since=since)

    def prepare(self) -> None:
        """Create the tables if they are not there."""
        for attempt in range(_CREATIONS):
            try:
                self._create()
                break
            except (SQLAlchemyError, OSError) as error:
                # Processes that create the same table at once get in each other's way; the next try finds it.
                if attempt == _CREATIONS - 1:
                    raise _refused(error) from error
                time.sleep(_CREATION_PAUSE_S * 2**attempt)
        self._prepared = True

    def _create(self) -> None:
        with self._engine.begin() as connection:
            create_tables(connection, METADATA)
            if connection.scalar(sa.select(REVISIONS.c.version)) is None:
                connection.execute(sa.insert(REVISIONS).values(id=1, version=0))

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        """A connection whose work counts only if it is committed."""
        if not self._prepared:
            self.prepare()
        try:
            with self._engine.connect() as connection:
                yield connection
        except IntegrityError as error:
            raise ConflictError(
                "somebody else changed the flag table at the same moment; look again"
            ) from error
        except (SQLAlchemyError, OSError) as error:
            raise _refused(error) from error

    def _apply(
        self,
        decide: Callable[[FlagTable], Sequence[RowChange]],
        entry: "_Entry",
        expected_version: int | None = None,
        also: Callable[[sa.Connection], None] | None = None,
    ) -> Change | None:
        with self._connect() as connection:
            # The update comes first: it takes the write lock, and what is read then cannot change.
            connection.execute(sa.update(REVISIONS).values(version=REVISIONS.c.version + 1))
            table = _read(connection)
            check_version(table.version - 1, expected_version)
            rows = decide(table)
            if not rows:
                return None
            change = _write(connection, table.version, entry, rows)
            if also is not None:
                also(connection)
            connection.commit()
            return change

    def _rollback_rows(self, table: FlagTable, key: str | None, to: Stage) -> list[RowChange]:
        if key is None:
            return self._further(table, list(table.rows), to)
        if own_keys := self._keys.domains.get(key):
            return self._further(table, [key, *own_keys], to)
        own = table.rows.get(key)
        flag = own or table.rows.get(self.domain_of(key)) or DEFAULT_FLAG
        return [RowChange(key, own, replace(flag, stage=to))] if flag.stage.is_further_than(to) else []

    @staticmethod
    def _further(table: FlagTable, keys: Sequence[str], stage: Stage) -> list[RowChange]:
        flags = ((key, table.rows[key]) for key in keys if key in table.rows)
        return [
            RowChange(key, flag, replace(flag, stage=stage))
            for key, flag in flags
            if flag.stage.is_further_than(stage)
        ]


def _read(connection: sa.Connection) -> FlagTable:
    rows = connection.execute(sa.select(FLAGS)).mappings()
    flags = {str(row["key"]): _flag(row) for row in rows}
    return FlagTable(_version(connection), flags)


def _version(connection: sa.Connection) -> int:
    return connection.scalar(VERSION) or 0


def _flag(row: Mapping[Any, Any]) -> Flag:
    known = {name: row[name] for name in ("stage", "canary_share", "sample_rate")}
    return msgspec.convert(known, Flag, strict=False)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the ledger is told beside the rows."""

    action: str
    key: str
    actor: str
    reason: str
    verdict: Judged | None = None
    forced: bool = False


def _write(connection: sa.Connection, version: int, entry: _Entry, rows: Sequence[RowChange]) -> Change:
    for row in rows:
        flag = {
            "stage": row.after.stage.value,
            "canary_share": row.after.canary_share,
            "sample_rate": row.after.sample_rate,
        }
        if row.before is None:
            connection.execute(sa.insert(FLAGS).values(key=row.key, **flag))
        else:
            connection.execute(sa.update(FLAGS).where(FLAGS.c.key == row.key).values(flag))
    values = {
        "version": version,
        "changed_at": time.time(),
        "action": entry.action,
        "key": entry.key,
        "actor": entry.actor,
        "reason": entry.reason,
        "rows": text_of(list(rows)),
        "verdict": None if entry.verdict is None else text_of(entry.verdict),
        "forced": entry.forced,
    }
    connection.execute(sa.insert(FLAG_CHANGES).values(values))
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_notify(CHANNEL, str(version))))
    return change_of(values)


def _refused(error: Exception) -> FlagStoreError:
    cause = getattr(error, "orig", None) or error
    return FlagStoreError(f"the flag store does not answer: {str(cause).strip().splitlines()[0]}")
