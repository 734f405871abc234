"""The seed: what it loads, what it refuses, and that a refusal changes nothing."""

import asyncio
import json
import shutil
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from legacy_bridge import seed
from legacy_bridge.errors import DatabaseError, SeedError
from legacy_bridge.seed import TABLES, reset
from tests.legacy_bridge.support import Legacy, bare_database, escrow
from tests.support.seeded import Seeded

SCHEMA = Path(seed.__file__).with_name("schema.sql")


@pytest.fixture
def copied_seed(contract: Path, tmp_path: Path) -> Path:
    """A seed directory that a test may spoil."""
    return Path(shutil.copytree(contract / "seed", tmp_path / "seed"))


def _city(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT city FROM escrows WHERE numeric_id = 1").fetchone()
    assert row is not None
    return str(row[0])


def _mark(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE escrows SET city = 'Marked' WHERE numeric_id = 1")


def test_the_tests_load_it_again_where_something_was_written_and_only_there(
    database_url: str, contract: Path
) -> None:
    with bare_database(database_url) as bare, closing(Seeded(contract / "seed")) as seeded:
        loaded = [seeded.ensure(bare)]
        _city(bare)
        loaded.append(seeded.ensure(bare))
        _mark(bare)
        loaded.append(seeded.ensure(bare))
        city = _city(bare)
        with psycopg.connect(bare) as connection:
            connection.execute("INSERT INTO escrows (property_address) VALUES ('x')")
            connection.rollback()
        loaded.append(seeded.ensure(bare))

    assert loaded == [True, False, True, True]
    assert city == "Sampleville"


def test_the_packaged_schema_is_that_of_the_contract(contract: Path) -> None:
    assert SCHEMA.read_text() == (contract / "schema.sql").read_text()


def test_a_reset_undoes_what_was_written(seeded_database: str, contract: Path) -> None:
    _mark(seeded_database)
    told: list[str] = []

    rows = reset(seeded_database, contract / "seed", told.append)

    assert _city(seeded_database) == "Sampleville"
    assert (tuple(rows), rows["escrows"], rows["contacts"]) == (TABLES, 60, 160)
    assert "loading escrows: 60 rows" in told


def test_a_created_escrow_gets_a_number_from_1000_on(seeded_database: str) -> None:
    with psycopg.connect(seeded_database) as connection:
        created = connection.execute(
            "INSERT INTO escrows (property_address) VALUES ('x') RETURNING numeric_id"
        )

        assert created.fetchone() == (1000,)


def test_the_schema_is_made_where_there_is_none(database_url: str, contract: Path) -> None:
    with bare_database(database_url) as bare:
        rows = reset(bare, contract / "seed")

    assert rows["escrows"] == 60


def test_a_part_of_the_schema_is_not_filled_up(database_url: str, contract: Path) -> None:
    with bare_database(database_url) as bare:
        with psycopg.connect(bare) as connection:
            connection.execute("CREATE TABLE escrows (id integer)")

        with pytest.raises(
            DatabaseError, match=r"it holds a part of the schema only, without brokers, .*; nothing"
        ):
            reset(bare, contract / "seed")


def test_what_is_no_directory_is_not_a_seed(seeded_database: str, tmp_path: Path) -> None:
    _mark(seeded_database)

    with pytest.raises(SeedError, match="is not a seed: it is not a directory"):
        reset(seeded_database, tmp_path / "nowhere")

    assert _city(seeded_database) == "Marked"


def test_every_missing_file_is_named(seeded_database: str, copied_seed: Path) -> None:
    (copied_seed / "users.json").unlink()
    (copied_seed / "escrows.json").unlink()
    _mark(seeded_database)

    with pytest.raises(SeedError, match=r"is not a seed: it lacks users.json, escrows.json"):
        reset(seeded_database, copied_seed)

    assert _city(seeded_database) == "Marked"


def test_every_broken_file_is_named(seeded_database: str, copied_seed: Path) -> None:
    (copied_seed / "brokers.json").write_text("[{")
    (copied_seed / "teams.json").write_text("{}")
    (copied_seed / "users.json").write_bytes(b"\xff")
    _mark(seeded_database)

    with pytest.raises(SeedError) as raised:
        reset(seeded_database, copied_seed)

    assert "brokers.json is not JSON" in str(raised.value)
    assert "teams.json is not a list of rows" in str(raised.value)
    assert "users.json is not JSON" in str(raised.value)
    assert _city(seeded_database) == "Marked"


def test_rows_that_the_database_refuses_change_nothing(seeded_database: str, copied_seed: Path) -> None:
    rows = json.loads((copied_seed / "escrows.json").read_text())
    rows[-1]["access_level"] = "everybody"
    (copied_seed / "escrows.json").write_text(json.dumps(rows))
    _mark(seeded_database)

    with pytest.raises(DatabaseError, match=r"the database refuses: .*access_level.*; nothing was changed"):
        reset(seeded_database, copied_seed)

    assert _city(seeded_database) == "Marked"


def test_a_database_that_is_not_there_is_one_sentence(contract: Path) -> None:
    with pytest.raises(DatabaseError, match=r"^the database refuses: [^\n]+; nothing was changed$"):
        reset("postgresql://nobody@127.0.0.1:1/none", contract / "seed")


def test_a_table_that_stays_in_use_is_said(
    seeded_database: str, contract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seed, "_PATIENCE_S", 0.1)
    monkeypatch.setattr(seed, "_LOCK_TIMEOUT_MS", 50)
    told: list[str] = []
    with psycopg.connect(seeded_database) as user:
        user.execute("SELECT 1 FROM escrows")

        with pytest.raises(DatabaseError, match="the tables stayed in use"):
            reset(seeded_database, contract / "seed", told.append)

    assert told[:1] == ["waiting for requests in flight ..."]


async def test_a_reset_while_requests_are_served_fails_none_of_them(legacy: Legacy, contract: Path) -> None:
    done = asyncio.Event()

    async def read_and_write(number: int) -> set[int]:
        statuses: set[int] = set()
        while not done.is_set():
            statuses.add((await legacy.send("admin_ada", "GET", escrow(number))).status)
            statuses.add(
                (await legacy.send("admin_ada", "PUT", escrow(number), body={"city": "Busy"})).status
            )
        return statuses

    busy = [asyncio.create_task(read_and_write(number)) for number in (1, 2, 3)]
    for _ in range(3):
        await asyncio.to_thread(reset, legacy.database_url, contract / "seed")
    done.set()
    statuses = await asyncio.wait_for(asyncio.gather(*busy), timeout=10)

    assert set.union(*statuses) == {200}
