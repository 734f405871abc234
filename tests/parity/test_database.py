"""The store's database: what is refused, and what both kinds do alike."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import complete_tables, create_tables, open_database, storing, upsert, writing
from parity.errors import StoreError
from parity.tables import COUNTS, GROUPS, METADATA, SAMPLES


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_is_no_store_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="store"):
        open_database(url)


def test_a_database_that_is_away_is_named_when_it_is_used(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/no/such/folder/store.db")

    with (
        pytest.raises(StoreError, match="cannot read: unable to open database file"),
        storing("read"),
        engine.connect(),
    ):
        pass


def test_a_server_that_refuses_is_one_sentence() -> None:
    engine = open_database("postgresql://nobody@127.0.0.1:1/none")

    with (
        pytest.raises(StoreError, match="cannot read: connection failed") as caught,
        storing("read"),
        engine.connect(),
    ):
        pass
    assert "\n" not in str(caught.value)


def test_tables_are_made_once_by_however_many(engine: sa.Engine) -> None:
    def make(_number: int) -> None:
        with writing(engine) as connection:
            create_tables(connection, METADATA)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(make, range(8)))

    assert {table.name for table in METADATA.sorted_tables} <= set(sa.inspect(engine).get_table_names())


def earlier_samples(engine: sa.Engine) -> None:
    """The table of samples as version 0.1 made it, with a row."""
    columns = [sa.Column(column.name, column.type) for column in list(SAMPLES.columns)[:12]]
    earlier = sa.Table(SAMPLES.name, sa.MetaData(), *columns)
    with writing(engine) as connection:
        create_tables(connection, METADATA)
        connection.execute(sa.text(f"DROP TABLE {SAMPLES.name}"))
        earlier.create(connection)
        connection.execute(sa.insert(earlier).values(id=1, group_id="a", path="$.x"))


def test_a_table_of_an_earlier_version_gets_the_columns_that_it_lacks_and_keeps_its_rows(
    engine: sa.Engine,
) -> None:
    earlier_samples(engine)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: complete_tables(engine, METADATA), range(3)))

    with engine.connect() as connection:
        (row,) = connection.execute(sa.select(SAMPLES)).mappings()
    assert (row["path"], row["client"], row["is_first"]) == ("$.x", None, None)


def test_tables_that_lack_nothing_are_not_written_to(sqlite_url: str) -> None:
    engine = open_database(sqlite_url)
    complete_tables(engine, METADATA)

    with writing(
        engine
    ):  # the one who writes has its turn; another writer would wait for five seconds and fail
        complete_tables(engine, METADATA)


def test_an_upsert_adds_and_keeps_the_least_the_most_and_the_new(engine: sa.Engine) -> None:
    count = {"minute": 1, "endpoint": "GET /", "name": "match", "reason": "", "n": 2}
    group = dict.fromkeys(
        ("id", "endpoint", "domain", "path", "kind", "accepted_by", "owner", "expires"), "x"
    )

    with engine.begin() as connection:
        create_tables(connection, METADATA)
        upsert(connection, COUNTS, [])
        for n in (2, 5):
            upsert(connection, COUNTS, [count | {"n": n}], add=("n",))
        for seen_at, owner in ((5.0, "a"), (3.0, "b"), (4.0, "c")):
            row = group | {"owner": owner, "first_seen_at": seen_at, "last_seen_at": seen_at}
            upsert(connection, GROUPS, [row], first_seen_at="min", last_seen_at="max", owner="new")
        kept = connection.execute(
            sa.select(GROUPS.c.first_seen_at, GROUPS.c.last_seen_at, GROUPS.c.owner)
        ).one()

        assert connection.execute(sa.select(COUNTS.c.n)).scalar_one() == 7
        assert tuple(kept) == (3.0, 5.0, "c")


def test_a_reader_of_sqlite_sees_one_state_while_another_writes(sqlite_url: str) -> None:
    engine = open_database(sqlite_url)
    row = {"minute": 1, "endpoint": "GET /", "name": "match", "reason": "", "n": 1}
    with engine.begin() as connection:
        create_tables(connection, METADATA)

    with engine.connect() as reader:
        before = reader.execute(sa.select(sa.func.count()).select_from(COUNTS)).scalar_one()
        with engine.begin() as writer:
            writer.execute(sa.insert(COUNTS), row)
        after = reader.execute(sa.select(sa.func.count()).select_from(COUNTS)).scalar_one()

    assert (before, after) == (0, 0)
