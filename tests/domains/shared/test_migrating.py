"""Migrations against a real PostgreSQL: repeatable, one at a time, and the seed goes on to be loaded."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from domains.shared.errors import MigrationError
from domains.shared.migrating import _LOCK, NONE, migrate
from legacy_bridge.seed import reset


@pytest.fixture
def database(seeded_database: str) -> Iterator[str]:
    """The seeded database without migrations, before and after."""
    migrate(seeded_database, to=NONE)
    yield seeded_database
    migrate(seeded_database, to=NONE)


def test_what_is_applied_is_told_and_applied_once(database: str) -> None:
    assert migrate(database) == ["0001"]
    assert migrate(database) == []
    assert migrate(database, to=NONE) == ["0001"]


def test_the_seed_is_loaded_as_before_and_the_migrations_stay(database: str, contract: Path) -> None:
    migrate(database)

    rows = reset(database, contract / "seed")

    assert rows["escrows"] == 60
    assert migrate(database) == []


def test_two_do_not_migrate_at_once(database: str) -> None:
    with psycopg.connect(database) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [_LOCK])

        with pytest.raises(MigrationError, match="somebody else"):
            migrate(database)


def test_a_database_without_the_schema_is_told_so(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS without_schema")
        connection.execute("CREATE DATABASE without_schema")
    empty = psycopg.conninfo.make_conninfo(database, dbname="without_schema")

    with pytest.raises(MigrationError, match="no schema"):
        migrate(empty)


def test_a_database_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(MigrationError, match="was not brought"):
        migrate("postgresql://nobody@127.0.0.1:1/none")
