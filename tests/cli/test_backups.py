"""Backups of a real PostgreSQL: one snapshot, one file, all or nothing back, also while others write."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psycopg
import pytest

from cli.backups import back_up, require_backup, restore
from cli.errors import UnavailableError, UsageError

EVERYTHING = "SELECT md5(string_agg(escrows::text, '' ORDER BY id)), count(*) FROM escrows"


def state(url: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute(EVERYTHING).fetchone()


def spoil(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM escrows WHERE numeric_id % 2 = 0")
        connection.execute("UPDATE escrows SET property_address = 'spoiled'")


def test_what_was_backed_up_comes_back_to_the_last_byte(seeded_database: str, tmp_path: Path) -> None:
    file = tmp_path / "crm.backup"
    before = state(seeded_database)

    size = back_up(seeded_database, file)
    spoil(seeded_database)
    restore(seeded_database, file)

    assert size == file.stat().st_size
    assert file.stat().st_mode & 0o077 == 0
    assert require_backup(seeded_database, file) > 20
    assert state(seeded_database) == before


def test_a_backup_never_replaces_a_file(seeded_database: str, tmp_path: Path) -> None:
    file = tmp_path / "crm.backup"
    file.write_text("precious")

    with pytest.raises(UsageError, match="never replaces"):
        back_up(seeded_database, file)

    assert file.read_text() == "precious"


def test_a_backup_that_fails_leaves_no_file(seeded_database: str, tmp_path: Path) -> None:
    with psycopg.connect(seeded_database) as connection:
        connection.execute("DROP ROLE IF EXISTS stranger")
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
        try:
            stranger = psycopg.conninfo.make_conninfo(seeded_database, user="stranger", password="stranger")
            connection.commit()
            with pytest.raises(UnavailableError, match="permission denied"):
                back_up(stranger, tmp_path / "crm.backup")
        finally:
            connection.execute("DROP ROLE stranger")

    assert list(tmp_path.iterdir()) == []


def test_a_truncated_backup_changes_nothing(seeded_database: str, tmp_path: Path) -> None:
    file, cut = tmp_path / "crm.backup", tmp_path / "cut.backup"
    back_up(seeded_database, file)
    cut.write_bytes(file.read_bytes()[:-2000])
    spoil(seeded_database)
    before = state(seeded_database)

    with pytest.raises(UnavailableError, match="nothing was changed"):
        restore(seeded_database, cut)

    assert state(seeded_database) == before


def test_a_file_that_is_no_backup_is_refused(seeded_database: str, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no backup")

    with pytest.raises(UsageError, match="is not a backup"):
        require_backup(seeded_database, file)


BOTH_ALIKE = "SELECT (SELECT max(name) FROM teams) = (SELECT max(name) FROM brokers)"


class Writers:
    """Two that write the same number to two tables in one transaction, each in another order, again and again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(order,))
            for order in (("teams", "brokers"), ("brokers", "teams"))
        ]
        self.failures: list[str] = []
        self.written = 0
        self.longest_s = 0.0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        while self.written < 5:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, tables: tuple[str, str]) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._stop.is_set():
                started_s = time.monotonic()
                try:
                    with connection.transaction():
                        # one writer at a time, so that all that is in their way is the restore
                        connection.execute("SELECT pg_advisory_xact_lock(4711)")
                        number = self.written
                        for table in tables:
                            connection.execute(f"UPDATE {table} SET name = %s", [f"{number:09}"])
                            connection.execute("SELECT pg_sleep(0.02)")
                    self.written += 1
                except psycopg.Error as error:
                    self.failures.append(str(error))
                self.longest_s = max(self.longest_s, time.monotonic() - started_s)


def test_a_backup_under_writes_is_one_snapshot_and_is_restored_under_writes_that_none_fails(
    seeded_database: str, tmp_path: Path
) -> None:
    file = tmp_path / "crm.backup"
    with Writers(seeded_database) as writers:
        back_up(seeded_database, file)
        restore(seeded_database, file)
        before = writers.written
        while writers.written < before + 5 and not writers.failures:
            time.sleep(0.01)

    assert writers.failures == []
    assert writers.longest_s < 5.0
    for _ in ("what was written since", "what the backup holds"):
        with psycopg.connect(seeded_database) as connection:
            assert connection.execute(BOTH_ALIKE).fetchone() == (True,)
        restore(seeded_database, file)


@contextmanager
def reading(url: str, name: str) -> Iterator[None]:
    with psycopg.connect(url, application_name=name) as connection:
        connection.execute("SELECT count(*) FROM escrows")
        yield


def test_a_restore_that_is_not_let_in_names_who_is_in_the_way_and_changes_nothing(
    seeded_database: str, tmp_path: Path
) -> None:
    file = tmp_path / "crm.backup"
    back_up(seeded_database, file)
    spoil(seeded_database)
    before = state(seeded_database)

    with (
        reading(seeded_database, "a-long-report"),
        pytest.raises(UnavailableError, match=r"by a-long-report \(1\); nothing was changed"),
    ):
        restore(seeded_database, file, patience_s=0.5)

    assert state(seeded_database) == before
