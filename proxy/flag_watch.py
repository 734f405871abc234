"""Follows the flag table in the store from one proxy worker: every change is swapped in and acknowledged."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from parity.errors import StoreError
from parity.exchange import Endpoint
from proxy.errors import FlagStoreError, ProxyError
from proxy.figures import Figures, FiguresTeller
from proxy.flag_rows import LastAnswers, Registration
from proxy.flag_store import CHANNEL, VERSION, FlagStore
from proxy.flags import FlagTable
from proxy.last_known_good import LastKnownGood

if TYPE_CHECKING:
    import psycopg

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

SQLITE_POLL_S = 0.02
POSTGRES_POLL_S = 1.0
"""How often PostgreSQL is asked although it tells of every change: what stands in between may lose that."""
_LISTEN_S = 0.2
"""How long a watch that is to stop may go on listening."""
BEAT_S = 1.0
_RETRY_S = 0.25
_FIRST_LOAD_S = 6.0
_IDENTIFY_EVERY = 25

_Identity = tuple[int, int] | None
"""Device and inode of a SQLite file; None for a database that is no file."""


class FlagWatch:
    """Two threads: one watches for changes, one keeps the heartbeat, so that neither waits for the other.

    `swap(table)` is called from the watching thread and returns when no request is admitted with the
    table before any more; only then the version is acknowledged. While the store is away the worker goes on
    with what it has. A table older than that is refused, except from a store that took another's place.
    `by_modern` says what modern answered last; it is told with each acknowledgement and heartbeat.
    `figures` reads what was served so far, None if it cannot just now; each heartbeat tells the store of it.
    """

    def __init__(
        self,
        *,
        open_engine: Callable[[], sa.Engine],
        endpoints: tuple[Endpoint, ...],
        registration: Registration,
        known_good: LastKnownGood,
        swap: Callable[[FlagTable], bool],
        by_modern: Callable[[], LastAnswers] = dict,
        figures: Callable[[], Figures | None] = lambda: None,
    ) -> None:
        self._open_engine = open_engine
        self._endpoints = endpoints
        self._registration = registration
        self._known_good = known_good
        self._swap = swap
        self._by_modern = by_modern
        self._figures = figures
        self._teller = FiguresTeller(registration.id)
        self._stop = threading.Event()
        self._tried = threading.Event()
        self._swapping = threading.Lock()
        self._served: FlagTable | None = None
        self._engine: sa.Engine | None = None
        self._store: FlagStore | None = None
        self._is_registered = False
        self._is_lost = False
        self._identity: _Identity = None
        self._refused_version: int | None = None
        self._threads = [
            threading.Thread(target=self._watch, name="flag-watch", daemon=True),
            threading.Thread(target=self._beat, name="flag-beat", daemon=True),
        ]

    def start(self) -> FlagTable:
        """Begin to watch; returns the table to begin with: the store's, else the last known good, else all `off`.

        Blocks until the store has answered or refused. Call it off the event loop, with `swap` at work.
        """
        for thread in self._threads:
            thread.start()
        self._tried.wait(_FIRST_LOAD_S)
        with self._swapping:
            if self._served is not None:
                return self._served
            fallback = self._known_good.load()
            origin = "nothing" if fallback is None else "last_known_good"
            table = fallback or FlagTable()
            log.warning("flags_without_store", origin=origin, version=table.version)
            self._swap(table)
            return table

    def engine(self) -> sa.Engine | None:
        """The store that is followed now, for who reads something else of it; None while there is none."""
        return None if self._store is None else self._engine

    def stop(self) -> None:
        """End the threads and strike this worker out of the store. Call it off the event loop."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._store is not None:
            try:
                self._store.deregister(self._registration.id)
            except ProxyError as error:
                log.warning("worker_not_deregistered", error=str(error))
        if self._engine is not None:
            self._engine.dispose()

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                self._engine = self._open_engine()
                self._follow(self._engine)
            except (ProxyError, StoreError, SQLAlchemyError, sqlite3.Error, OSError) as error:
                self._report_lost(error)
            finally:
                self._tried.set()
                if self._engine is not None and not self._stop.is_set():
                    self._store = None
                    self._is_registered = False
                    self._engine.dispose()
            self._stop.wait(_RETRY_S)

    def _follow(self, engine: sa.Engine) -> None:
        """Watch one store until it is lost."""
        store = FlagStore(engine, self._endpoints)
        self._identify(engine)
        store.prepare()
        identity = self._identify(engine)
        self._register(store)
        self._take(store.table(), store, identity)
        self._store = store
        self._tried.set()
        if self._is_lost:
            self._is_lost = False
            log.info("flag_store_back")
        for _ in self._changes(engine, identity):
            if not self._is_registered:
                self._register(store)
                self._take(store.table(), store, identity)
            elif store.version() != self._served_version:
                self._take(store.table(), store, identity)

    def _changes(self, engine: sa.Engine, identity: _Identity) -> Iterator[None]:
        """Yields when something in the store may have changed, until the watch is to stop."""
        if identity is None:
            yield from self._told(engine)
            return
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # by the driver: fifty times a second, and at each batch of parity, this must cost next to nothing
            cursor = connection.connection.cursor()
            version = str(VERSION.compile(engine))
            seen: object = None
            polls = 0
            while not self._stop.wait(SQLITE_POLL_S):
                polls += 1
                if polls % _IDENTIFY_EVERY == 0 and self._identify(engine) != identity:
                    raise OSError("the file of the flag store was replaced or removed")
                cursor.execute("PRAGMA data_version")
                now = cursor.fetchone()
                if now == seen and self._is_registered:
                    continue
                seen = now
                cursor.execute(version)
                if not self._is_registered or cursor.fetchone() != (self._served_version,):
                    yield

    def _told(self, engine: sa.Engine) -> Iterator[None]:
        """Yields when PostgreSQL says that something has changed, and each second."""
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"LISTEN {CHANNEL}")
            # what was changed before anybody listened was told to nobody
            yield
            listening = cast("psycopg.Connection", connection.connection.driver_connection)
            asked_s = time.monotonic()
            while not self._stop.is_set():
                told = _heard(listening)
                if told or not self._is_registered or time.monotonic() - asked_s >= POSTGRES_POLL_S:
                    asked_s = time.monotonic()
                    yield

    @property
    def _served_version(self) -> int:
        return -1 if self._served is None else self._served.version

    def _take(self, table: FlagTable, store: FlagStore, identity: _Identity) -> None:
        """Serve that table, and say so; or go on with what is served, and say that."""
        with self._swapping:
            served = self._served
            is_other_store = self._identity is not None and identity != self._identity
            # An empty store in the place of another one is an accident, not an order to go back.
            oldest = 1 if is_other_store else 0 if served is None else served.version
            if served is not None and table.version < oldest:
                self._refuse(table, store, served)
                return
            if table != served:
                if not self._swap(table):
                    return
                self._known_good.save(table)
                log.info("flags_changed", version=table.version, flags=_stages(table))
            self._served = table
            self._identity = identity
            self._refused_version = None
        store.acknowledge(self._registration.id, table.version, self._by_modern())

    def _refuse(self, table: FlagTable, store: FlagStore, served: FlagTable) -> None:
        # Not acknowledging anything tells an operator of that store that this worker does not follow it.
        if self._refused_version != table.version:
            self._refused_version = table.version
            log.warning("flags_refused", version=table.version, served=served.version)
            store.acknowledge(self._registration.id, -1)

    def _register(self, store: FlagStore) -> None:
        # Before the table is read: whoever waits for a later version either sees this worker or is seen by it.
        store.register(self._registration)
        self._is_registered = True

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_S):
            store = self._store
            if store is None:
                continue
            figures = self._figures()
            also = None if figures is None else partial(self._teller.tell, figures)
            try:
                if not store.beat(self._registration.id, self._by_modern(), also):
                    self._is_registered = False
                elif figures is not None:
                    self._teller.told(figures)
            except ProxyError as error:
                self._report_lost(error)

    def _identify(self, engine: sa.Engine) -> _Identity:
        """Which file the store is; a file that is gone is not made anew while there was one."""
        if engine.dialect.name != "sqlite":
            return None
        try:
            found = Path(engine.url.database or "").stat()
        except FileNotFoundError:
            if self._identity is not None:
                raise
            return None
        return (found.st_dev, found.st_ino)

    def _report_lost(self, error: Exception) -> None:
        if not self._is_lost:
            self._is_lost = True
            log.warning("flag_store_lost", error=str(error).splitlines()[0])


def _heard(listening: "psycopg.Connection") -> bool:
    """Whether something is told within a short while. Raises `FlagStoreError` when the connection is gone."""
    import psycopg  # it would be a tenth of the memory of a worker whose store is SQLite

    try:
        return bool(list(listening.notifies(timeout=_LISTEN_S, stop_after=1)))
    except psycopg.Error as error:
        raise FlagStoreError(f"the flag store does not answer: {error}") from error


def _stages(table: FlagTable) -> dict[str, str]:
    return {key: flag.stage.value for key, flag in table.rows.items()}
