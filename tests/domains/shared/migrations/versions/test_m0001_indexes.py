"""The indexes on a real PostgreSQL: additive, unlocking, built anew where one was left half built."""

from collections.abc import Iterator

import psycopg
import pytest

from domains.shared.migrating import NONE, migrate
from domains.shared.migrations.versions.m0001_indexes import INDEXES


@pytest.fixture
def database(seeded_database: str) -> Iterator[str]:
    """The seeded database without migrations, before and after."""
    migrate(seeded_database, to=NONE)
    yield seeded_database
    migrate(seeded_database, to=NONE)


def valid(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indisvalid"
        ).fetchall()
    return {name for (name,) in rows} & set(INDEXES)


def test_every_index_is_built_and_taken_back(database: str) -> None:
    migrate(database)
    built = valid(database)
    migrate(database, to=NONE)

    assert built == set(INDEXES)
    assert valid(database) == set()


def test_a_write_that_is_not_committed_is_not_locked_out_by_the_finished_index(database: str) -> None:
    migrate(database)

    with psycopg.connect(database) as connection:
        changed = connection.execute("UPDATE escrows SET closing_date = closing_date").rowcount

    assert changed == 60


def test_an_index_that_was_left_half_built_is_built_anew(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE clients SET owner_id = NULL WHERE false")
        connection.execute("CREATE INDEX idx_clients_owner ON clients (owner_id)")
        connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_clients_owner'::regclass"
        )

    migrate(database)

    assert valid(database) == set(INDEXES)
