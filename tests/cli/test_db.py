"""`crossfade db reset`."""

import json
from pathlib import Path

import psycopg
import pytest

from tests.support.command import InProcess


def count(url: str, table: str = "escrows") -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_the_seed_is_loaded_and_counted(crossfade: InProcess, database_url: str, contract: Path) -> None:
    ran = crossfade(
        "db", "reset", "--seed", str(contract / "seed"), "--yes", "--json", "--database-url", database_url
    )

    assert ran.code == 0
    assert json.loads(ran.out)["rows"]["escrows"] == 60
    assert count(database_url) == 60


def test_a_directory_that_is_no_seed_is_exit_code_2_and_changes_nothing(
    crossfade: InProcess, seeded_database: str, tmp_path: Path
) -> None:
    ran = crossfade("db", "reset", "--seed", str(tmp_path), "--yes", "--database-url", seeded_database)

    assert ran.code == 2
    assert str(tmp_path) in ran.err
    assert count(seeded_database) == 60


def test_without_a_yes_nothing_is_replaced(
    crossfade: InProcess, seeded_database: str, contract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(seeded_database) as connection:
        connection.execute("DELETE FROM appointments")
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")

    ran = crossfade("db", "reset", "--seed", str(contract / "seed"), "--database-url", seeded_database)

    assert ran.code == 130
    assert count(seeded_database, "appointments") == 0


def test_a_database_that_refuses_is_exit_code_3(crossfade: InProcess, contract: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/x"

    ran = crossfade("db", "reset", "--seed", str(contract / "seed"), "--yes", "--database-url", url)

    assert ran.code == 3
    assert "refuse" in ran.err
    assert "Traceback" not in ran.err


def test_migrations_are_applied_and_taken_back(crossfade: InProcess, seeded_database: str) -> None:
    arguments = ("db", "migrate", "--database-url", seeded_database)
    crossfade(*arguments, "--undo")

    applied, again, undone = (
        crossfade(*arguments, "--json"),
        crossfade(*arguments),
        crossfade(*arguments, "--undo"),
    )

    assert json.loads(applied.out)["applied"] == ["0001"]
    assert "nothing to do" in again.err
    assert "took back 0001" in undone.err


def test_a_backup_is_written_and_restored(crossfade: InProcess, seeded_database: str, tmp_path: Path) -> None:
    file = str(tmp_path / "crm.backup")
    at = ("--database-url", seeded_database)

    written = crossfade("db", "backup", file, *at)
    with psycopg.connect(seeded_database) as connection:
        connection.execute("DELETE FROM appointments")
    restored = crossfade("db", "restore", file, "--yes", "--json", *at)

    assert (written.code, restored.code) == (0, 0)
    assert json.loads(restored.out)["tables"] > 20
    assert count(seeded_database, "appointments") > 0


def test_a_file_that_exists_is_exit_code_2(
    crossfade: InProcess, seeded_database: str, tmp_path: Path
) -> None:
    file = tmp_path / "crm.backup"
    file.touch()

    ran = crossfade("db", "backup", str(file), "--database-url", seeded_database)

    assert ran.code == 2
    assert "never replaces" in ran.err
