"""Backups of a real PostgreSQL: one snapshot, one file, all or nothing back."""

from pathlib import Path

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
        connection.execute("CREATE ROLE stranger LOGIN")
        try:
            stranger = psycopg.conninfo.make_conninfo(seeded_database, user="stranger")
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
