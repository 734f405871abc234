"""Rows are read by their keys from a real PostgreSQL; whatever that does, each row wanted has a row or a reason."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from parity.rehearsing import Found, Wanted
from parity.write_sets import NO_KEY
from proxy.legacy_rows import (
    BUSY,
    DOWN,
    NO_TABLE,
    REFUSED,
    TIMEOUT,
    TOO_LARGE,
    LegacyRows,
    RowSettings,
)
from tests.support.backends import FakeBackend, hanging

A, B = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"


@pytest.fixture
def url(database_url: str) -> Iterator[str]:
    """A database with a few tables of our own."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            f"""
            DROP SCHEMA IF EXISTS "row tests" CASCADE; CREATE SCHEMA "row tests"; SET search_path TO "row tests";
            CREATE TABLE "Things" (id uuid PRIMARY KEY, n serial, price numeric(12, 2), note text);
            CREATE TABLE pairs (one int, two uuid DEFAULT gen_random_uuid(), word varchar(20), PRIMARY KEY (two, one));
            CREATE TABLE keyless (id int);
            INSERT INTO "Things" VALUES ('{A}', 1, 5, 'x'), ('{B}', 2, NULL, repeat('long', 20000));
            INSERT INTO pairs VALUES (1, '{A}', 'first'), (2, '{A}', 'second');
            """.encode()
        )
        yield f"{database_url}{'&' if '?' in database_url else '?'}options=-csearch_path%3D%22row%5C%20tests%22"
        connection.execute('DROP SCHEMA "row tests" CASCADE')


@pytest.fixture
async def rows(url: str) -> AsyncIterator[LegacyRows]:
    found = LegacyRows(url)
    yield found
    await found.close()


def wanted(table: str, *key: Any, row: dict[str, Any] | None = None) -> Wanted:
    return Wanted(table, key, row, is_certain=True)


async def test_each_row_is_found_by_its_key_with_the_types_of_its_columns(rows: LegacyRows) -> None:
    first, gone, second = await rows.read(
        [wanted("Things", A.upper()), wanted("Things", f"{B[:-1]}9"), wanted("row tests.Things", A)]
    )

    assert (
        first
        == second
        == Found(
            {"id": A, "n": 1, "price": Decimal("5.00"), "note": "x"},
            {"id": "uuid", "n": "int4", "price": "numeric", "note": "text"},
            frozenset({"id", "n"}),
            first.size if isinstance(first, Found) else 0,
        )
    )
    assert isinstance(gone, Found)
    assert gone.row is None


async def test_a_key_of_several_columns_is_read_by_name_where_the_row_has_them(rows: LegacyRows) -> None:
    by_name, by_place, wrong = await rows.read(
        [
            wanted("pairs", 1, A, row={"one": 1, "two": A, "word": "w"}),
            wanted("pairs", A, 2),
            wanted("pairs", A),
        ]
    )

    assert [one.row["word"] for one in (by_name, by_place) if isinstance(one, Found) and one.row] == [
        "first",
        "second",
    ]
    assert isinstance(by_name, Found)
    assert by_name.made == {"one", "two"}
    assert wrong == NO_KEY


async def test_what_cannot_be_read_has_its_reason_and_spoils_nothing_else(rows: LegacyRows) -> None:
    found = await rows.read(
        [
            *(wanted("nowhere", 1), wanted("keyless", 1), wanted("Things", B), wanted("Things", A)),
            *(wanted('"; DROP TABLE pairs; --', 1), wanted("a.b.c.d", 1), wanted("", 1)),
        ]
    )

    assert [one if isinstance(one, str) else "found" for one in found] == [
        *(NO_TABLE, NO_KEY, TOO_LARGE, "found"),
        *(NO_TABLE, NO_TABLE, NO_TABLE),
    ]


@pytest.mark.parametrize("key", ["no uuid", "'; DROP TABLE pairs; --", "\0", "\ud800"])
async def test_a_key_that_is_none_is_refused_and_the_next_one_is_read(rows: LegacyRows, key: str) -> None:
    refused = await rows.read([wanted("Things", key), wanted("Things", A)])
    read = await rows.read([wanted("Things", A)])

    assert refused == [REFUSED, REFUSED]
    assert isinstance(read[0], Found)


async def test_nothing_is_asked_where_nothing_is_wanted() -> None:
    assert await LegacyRows("postgresql://127.0.0.1:9/none").read([]) == []


async def test_the_connections_cannot_write(url: str) -> None:
    rows = LegacyRows(url)
    await rows.read([wanted("Things", A)])
    assert rows._pool is not None
    async with rows._pool.connection() as connection:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await connection.execute("INSERT INTO keyless VALUES (1)")
    await rows.close()


# A database at fault


async def test_a_database_that_is_not_there_is_told_at_once_and_then_left_alone() -> None:
    rows = LegacyRows("postgresql://127.0.0.1:9/none", RowSettings(failures=2, cool_down_s=60))

    found = [await rows.read([wanted("Things", A)]) for _ in range(4)]

    await rows.close()
    assert found == [[DOWN]] * 4


async def test_a_database_that_hangs_costs_its_deadline_and_then_nothing() -> None:
    async with FakeBackend(hanging()) as silent:
        host, _, port = silent.url.removeprefix("http://").partition(":")
        rows = LegacyRows(
            f"postgresql://{host}:{port}/none", RowSettings(timeout_s=0.1, failures=1, cool_down_s=60)
        )

        first = await rows.read([wanted("Things", A)])
        async with asyncio.timeout(0.05):
            second = await rows.read([wanted("Things", A)] * 2)

        await rows.close()
        assert (first, second) == ([TIMEOUT], [DOWN, DOWN])


async def test_a_slow_statement_is_given_up_and_the_next_one_is_read(url: str) -> None:
    rows = LegacyRows(url, RowSettings(timeout_s=0.3))
    await rows.read([wanted("Things", A)])
    with psycopg.connect(url) as locked:
        locked.execute('LOCK TABLE "Things" IN ACCESS EXCLUSIVE MODE')

        slow = await rows.read([wanted("Things", A)])

    read = await rows.read([wanted("Things", A)])
    await rows.close()
    assert slow == [TIMEOUT]
    assert isinstance(read[0], Found)


async def test_only_so_many_wait_and_the_others_are_told(url: str) -> None:
    rows = LegacyRows(url, RowSettings(connections=1, waiting=1, timeout_s=5.0))
    await rows.read([wanted("Things", A)])
    with psycopg.connect(url) as locked:
        locked.execute('LOCK TABLE "Things" IN ACCESS EXCLUSIVE MODE')
        reading = [asyncio.create_task(rows.read([wanted("Things", A)])) for _ in range(4)]
        done, _ = await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)
        refused = [task.result() for task in done]
        locked.rollback()

    found = [await task for task in reading]
    await rows.close()
    assert refused[0] == [BUSY]
    assert sum(one == [BUSY] for one in found) == 2


async def test_a_table_that_changed_is_looked_at_anew(url: str) -> None:
    rows = LegacyRows(url)
    await rows.read([wanted("Things", A)])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute('ALTER TABLE "Things" RENAME COLUMN id TO key')

    refused = await rows.read([wanted("Things", A)])
    (found,) = await rows.read([wanted("Things", A)])

    await rows.close()
    assert refused == [REFUSED]
    assert isinstance(found, Found)
    assert found.row is not None
    assert "key" in found.row
