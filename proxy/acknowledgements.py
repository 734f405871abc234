"""Which proxy workers run, and which flag version each of them serves."""

import os
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa

from proxy.errors import NotAcknowledgedError
from proxy.figures import forget_figures
from proxy.flag_rows import (
    PROXY_WORKERS,
    Acknowledgement,
    LastAnswers,
    Registration,
    Worker,
    text_of,
    worker_of,
)

STALE_S = 5.0
_POLL_S = 0.004


class Acknowledgements:
    """The table of proxy workers. What is done on a connection of `connect` counts when it is committed."""

    def __init__(self, connect: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        self._connect = connect

    def workers(self) -> list[Worker]:
        """The proxy workers that run, by name.

        A worker of this host counts as long as its process is there, even when it is silent: one that
        lost the store still serves. Of another host only the heartbeat can be seen.
        """
        query = sa.select(PROXY_WORKERS).order_by(PROXY_WORKERS.c.name, PROXY_WORKERS.c.id)
        with self._connect() as connection:
            rows = [worker_of(row) for row in connection.execute(query).mappings()]
        return [worker for worker in rows if _is_running(worker)]

    def register(self, registration: Registration) -> None:
        """Enter a worker that serves nothing yet, and strike out those whose processes are gone."""
        query = sa.select(PROXY_WORKERS).where(PROXY_WORKERS.c.host == registration.host)
        with self._connect() as connection:
            # a write first: SQLite refuses one after a read when another worker has written in between
            connection.execute(sa.delete(PROXY_WORKERS).where(PROXY_WORKERS.c.id == registration.id))
            # read once: who registers at the same moment must not be taken for one that is gone
            known = [worker_of(row) for row in connection.execute(query).mappings()]
            gone = [worker.id for worker in known if not _is_running(worker)]
            connection.execute(sa.delete(PROXY_WORKERS).where(PROXY_WORKERS.c.id.in_(gone)))
            forget_figures(connection, time.time())
            connection.execute(
                sa.insert(PROXY_WORKERS).values(
                    id=registration.id,
                    name=registration.name,
                    host=registration.host,
                    pid=registration.pid,
                    port=registration.port,
                    admin_port=registration.admin_port,
                    started_at=registration.started_at.timestamp(),
                    version=-1,
                    acknowledged_at=0.0,
                    seen_at=time.time(),
                )
            )
            connection.commit()

    def acknowledge(self, worker: str, version: int, by_modern: LastAnswers) -> None:
        """That worker serves that version, and has given those answers of modern last."""
        now = time.time()
        with self._connect() as connection:
            connection.execute(
                sa.update(PROXY_WORKERS)
                .where(PROXY_WORKERS.c.id == worker)
                .values(version=version, acknowledged_at=now, seen_at=now, by_modern=text_of(by_modern))
            )
            connection.commit()

    def beat(
        self, worker: str, by_modern: LastAnswers, also: Callable[[sa.Connection], None] | None = None
    ) -> bool:
        """That worker is alive, and has given those answers of modern last; False if it is not registered.

        `also` is done in the same transaction.
        """
        with self._connect() as connection:
            result = connection.execute(
                sa.update(PROXY_WORKERS)
                .where(PROXY_WORKERS.c.id == worker)
                .values(seen_at=time.time(), by_modern=text_of(by_modern))
            )
            if also is not None:
                also(connection)
            connection.commit()
            return result.rowcount > 0

    def deregister(self, worker: str) -> None:
        """That worker has ended."""
        with self._connect() as connection:
            connection.execute(sa.delete(PROXY_WORKERS).where(PROXY_WORKERS.c.id == worker))
            connection.commit()

    def wait(self, version: int, timeout_s: float, *, since: float | None = None) -> list[Acknowledgement]:
        """Return when all workers serve at least `version`; raises `NotAcknowledgedError`."""
        started = time.monotonic()
        origin = started if since is None else since
        seen: dict[str, Acknowledgement] = {}
        while True:
            workers = self.workers()
            ms = (time.monotonic() - origin) * 1000
            for worker in workers:
                if worker.version >= version and worker.id not in seen:
                    seen[worker.id] = Acknowledgement(
                        worker.name, worker.version, round(ms, 1), worker.by_modern
                    )
            missing = [worker.name for worker in workers if worker.version < version]
            if not missing:
                return [seen[worker.id] for worker in workers]
            if time.monotonic() - started > timeout_s:
                raise NotAcknowledgedError(version, missing, timeout_s)
            time.sleep(_POLL_S)


def _is_running(worker: Worker) -> bool:
    if worker.host != socket.gethostname():
        return time.time() - worker.seen_at.timestamp() < STALE_S
    try:
        os.kill(worker.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
