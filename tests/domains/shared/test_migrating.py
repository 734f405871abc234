"""Migrations against a real PostgreSQL: repeatable, one at a time, and the seed goes on to be loaded."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from domains.shared.errors import MigrationError
from domains.shared.migrating import _LOCK, NONE, migrate
from domains.shared.migrations.versions.m0001_indexes import INDEXES
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


HALF_BUILT = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
OURS = "SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'idx%%' AND indexname = ANY(%s)"
# In the order of their ids: two writers that lock all rows, each in the order it finds them, can deadlock.
EVERY_CLIENT = """
WITH locked AS MATERIALIZED (SELECT id FROM clients ORDER BY id FOR UPDATE)
UPDATE clients SET status = status FROM locked WHERE clients.id = locked.id
"""


def test_writers_go_on_while_indexes_are_built_and_dropped(database: str) -> None:
    stop, took_s, failures = threading.Event(), [], []

    def write() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SET application_name = 'crossfade-legacy'")
            while not stop.is_set():
                started_s = time.monotonic()
                try:
                    connection.execute("UPDATE escrows SET version = version + 1 WHERE numeric_id = 7")
                    connection.execute(EVERY_CLIENT)
                except psycopg.Error as error:
                    failures.append(str(error))
                took_s.append(time.monotonic() - started_s)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    applied, taken_back = migrate(database), migrate(database, to=NONE)
    stop.set()
    for writer in writers:
        writer.join()

    assert (applied, taken_back, failures) == (["0001"], ["0001"], [])
    assert len(took_s) > 10
    assert max(took_s) < 2.0


def test_a_migration_that_does_not_get_on_says_what_it_left_and_the_next_run_repairs_it(
    database: str,
) -> None:
    with psycopg.connect(database) as report:
        report.execute("UPDATE listings SET version = version")  # and no commit

        with pytest.raises(
            MigrationError, match=r"timeout; idx_\w+ was left half built: run `crossfade db mig"
        ):
            migrate(database, patience_s=0.3)

    repaired = migrate(database)

    with psycopg.connect(database) as connection:
        assert connection.execute(HALF_BUILT).fetchone() == (0,)
    assert repaired == ["0001"]


def test_whoever_has_migrated_or_failed_to_lets_the_next_one_begin_at_once(database: str) -> None:
    for _ in range(5):
        with psycopg.connect(database) as report:
            report.execute("UPDATE listings SET version = version")
            with pytest.raises(MigrationError, match="timeout"):
                migrate(database, patience_s=0.001)

        assert migrate(database, to=NONE) == ["0001"]


def test_what_an_interrupted_migration_left_can_be_taken_back(database: str) -> None:
    with psycopg.connect(database) as report:
        report.execute("UPDATE listings SET version = version")
        with pytest.raises(MigrationError):
            migrate(database, patience_s=0.3)

    taken_back = migrate(database, to=NONE)

    with psycopg.connect(database) as connection:
        assert connection.execute(OURS, [list(INDEXES)]).fetchone() == (0,)
    assert taken_back == ["0001"]
    assert migrate(database, to=NONE) == []


def test_a_migration_that_was_killed_is_noticed_and_repaired_by_the_next(database: str) -> None:
    with psycopg.connect(database) as report:
        report.execute("UPDATE listings SET version = version")
        code = f"from domains.shared.migrating import migrate; migrate({database!r})"
        with subprocess.Popen([sys.executable, "-c", code]) as killed, psycopg.connect(database) as watch:
            watch.autocommit = True
            while watch.execute(HALF_BUILT).fetchone() == (0,):
                time.sleep(0.02)
            killed.kill()
        end_what_goes_on(database)

    assert migrate(database) == ["0001"]
    with psycopg.connect(database) as connection:
        assert connection.execute(HALF_BUILT).fetchone() == (0,)


def end_what_goes_on(url: str) -> None:
    """A server process that waits for a lock notices only afterwards that its client is gone."""
    sql = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%'"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(sql).fetchall():
            time.sleep(0.02)


def test_an_index_that_became_invalid_later_is_built_anew(database: str) -> None:
    migrate(database)
    with psycopg.connect(database) as connection:
        connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_leads_owner'::regclass"
        )

    assert migrate(database) == ["0001"]
    with psycopg.connect(database) as connection:
        assert connection.execute(HALF_BUILT).fetchone() == (0,)
