"""A database in the seeded state of the recording, loaded again only where it may have been written to."""

from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from legacy_bridge.seed import reset


class Seeded:
    """Remembers up to which transaction a database is as it was loaded.

    Whatever writes to a PostgreSQL takes the next number of a transaction, also if it takes back what it wrote.
    """

    def __init__(self, seed: Path) -> None:
        self._seed = seed
        self._known: dict[str, int] = {}
        self._asking: dict[str, psycopg.Connection] = {}

    def ensure(self, url: str) -> bool:
        """Put the database in the seeded state; whether it had to be loaded."""
        number = self._next_transaction(url)
        written = number != self._known.get(url, -1) + 1
        if written:
            reset(self._unchecked(url) if url in self._known else url, self._seed)
            number = self._next_transaction(url)
        self._known[url] = number
        return written

    def close(self) -> None:
        """Disconnect."""
        for connection in self._asking.values():
            connection.close()

    def _unchecked(self, url: str) -> str:
        """For loading what was found right before: its foreign keys are not looked up again, a quarter of the work.

        There are no other triggers. Only a superuser may leave them out.
        """
        if self._connected(url).info.parameter_status("is_superuser") != "on":
            return url
        given = conninfo_to_dict(url).get("options") or ""
        return make_conninfo(url, options=f"{given} -csession_replication_role=replica".strip())

    def _next_transaction(self, url: str) -> int:
        """Its number, which is taken by that."""
        row = self._connected(url).execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        assert row is not None
        return int(row[0])

    def _connected(self, url: str) -> psycopg.Connection:
        """Kept from test to test: another process of the server for each of them costs more than what it is asked."""
        connection = self._asking.get(url)
        if connection is None:
            connection = self._asking[url] = psycopg.connect(url, autocommit=True)
        return connection
