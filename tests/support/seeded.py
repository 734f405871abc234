"""A database in the seeded state of the recording, loaded again only where it may have been written to."""

from pathlib import Path

import psycopg

from legacy_bridge.seed import reset


class Seeded:
    """Remembers up to which transaction a database is as it was loaded.

    Whatever writes to a PostgreSQL takes the next number of a transaction, also if it takes back what it wrote.
    """

    def __init__(self, seed: Path) -> None:
        self._seed = seed
        self._known: dict[str, int] = {}

    def ensure(self, url: str) -> bool:
        """Put the database in the seeded state; whether it had to be loaded."""
        number = _next_transaction(url)
        written = number != self._known.get(url, -1) + 1
        if written:
            reset(url, self._seed)
            number = _next_transaction(url)
        self._known[url] = number
        return written


def _next_transaction(url: str) -> int:
    """Its number, which is taken by that."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
    assert row is not None
    return int(row[0])
