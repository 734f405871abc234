"""Writes that are rolled back, and what they would have written."""

import json
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Uuid, delete, insert, select, text, update

from domains.escrows.models import escrows
from domains.shared.database import Database
from domains.shared.errors import InvalidInputError
from domains.shared.rehearsals import WriteSet
from domains.shared.statements import tallied

ROW = "e5c00000-0000-4000-8000-000000000009"
OTHER_ROW = "e5c00000-0000-4000-8000-000000000010"
CITY = select(escrows.c.city, escrows.c.version).where(escrows.c.id == ROW)
MOVE = update(escrows).where(escrows.c.id == ROW).values(city="Newtown", version=escrows.c.version + 1)


async def test_everything_runs_as_ever_and_nothing_of_it_stays(seeded_database: str) -> None:
    database = Database(seeded_database, pool_size=2)
    before = await database.run(CITY)

    async with database.rehearsal() as writes:
        await database.run(MOVE)
        inside = await database.run(CITY)

    after = await database.run(CITY)
    await database.close()
    assert (inside[0]["city"], after) == ("Newtown", before)
    assert writes.rows == [{"table": "escrows", "op": "update", "key": ROW, "columns": ["city", "version"]}]


async def test_insertions_and_deletions_are_told_by_their_keys_and_the_answer_is_the_same(
    seeded_database: str,
) -> None:
    database = Database(seeded_database, pool_size=2)
    new = {"id": "new", "display_id": "ESC-1999-0001", "property_address": "1 X", "escrow_status": "Active"}

    async with database.rehearsal() as writes:
        made = await database.run(
            insert(escrows).values(purchase_price=1, **new).returning(escrows.c.display_id)
        )
        gone = await database.run(delete(escrows).where(escrows.c.id == "new"))

    await database.close()
    assert [dict(row) for row in made] == [{"display_id": "ESC-1999-0001"}]
    assert list(gone) == []
    assert [(row["op"], row["key"]) for row in writes.rows] == [("insert", "new"), ("delete", "new")]


async def test_a_write_inside_of_a_statement_is_told_by_the_keys_that_it_returns(
    seeded_database: str,
) -> None:
    database = Database(seeded_database, pool_size=2)
    moved = MOVE.returning(escrows.c.id.label("moved_id"), escrows.c.city).cte("moved")
    none = MOVE.where(escrows.c.city == "Nowhere").returning(escrows.c.id).cte("none")
    silent = MOVE.returning(escrows.c.city).cte("silent")

    async with database.rehearsal() as writes:
        shown = await database.run(select(moved.c.city))
        await database.run(select(none))
        await database.run(select(silent.c.city))

    await database.close()
    assert [dict(row) for row in shown] == [{"city": "Newtown"}]
    assert [row["key"] for row in writes.rows] == [ROW, None]


async def test_the_rows_are_told_as_they_would_be_and_reading_them_is_not_counted(
    seeded_database: str,
) -> None:
    database = Database(seeded_database, pool_size=2)
    before = await database.run(CITY)
    new = {"id": "new", "display_id": "ESC-1999-0001", "property_address": "1 X", "escrow_status": "Active"}

    with tallied() as tally:
        async with database.rehearsal() as writes:
            await database.run(MOVE)
            await database.run(insert(escrows).values(purchase_price=1, closing_date=date(2026, 5, 1), **new))
            await database.run(delete(escrows).where(escrows.c.id == OTHER_ROW))
            await database.show(writes)

    await database.close()
    moved, made, gone = writes.rows
    assert (moved["row"]["city"], moved["row"]["version"]) == ("Newtown", before[0]["version"] + 1)
    assert (made["row"]["purchase_price"], made["row"]["closing_date"]) == (
        "1.00",
        "2026-05-01T00:00:00.000Z",
    )
    assert made["row"].keys() == moved["row"].keys() >= {"id", "created_at", "version"}
    assert gone["row"] is None
    assert tally.statements == 3


async def test_rows_of_a_key_of_two_columns_are_told_too(seeded_database: str) -> None:
    database = Database(seeded_database, pool_size=2)
    pairs = Table(
        "pairs", MetaData(), Column("one", Integer, primary_key=True), Column("two", Uuid, primary_key=True)
    )

    async with database.rehearsal() as writes:
        await database.run(
            text("CREATE TABLE pairs (one integer, two uuid, word text, PRIMARY KEY (one, two))")
        )
        await database.run(insert(pairs).values(one=1, two=UUID(int=1)))
        await database.run(insert(pairs).values(one=1, two=UUID(int=2)))
        await database.show(writes)

    await database.close()
    assert [row["row"] for row in writes.rows] == [
        {"one": 1, "two": UUID(int=1), "word": None},
        {"one": 1, "two": UUID(int=2), "word": None},
    ]


async def test_a_rehearsal_inside_of_a_rehearsal_is_the_same_one(seeded_database: str) -> None:
    database = Database(seeded_database, pool_size=2)
    before = await database.run(CITY)

    async with database.rehearsal() as outer:
        async with database.rehearsal() as inner:
            await database.run(MOVE)
        still = await database.run(CITY)

    after = await database.run(CITY)
    await database.close()
    assert inner is outer
    assert (still[0]["city"], after) == ("Newtown", before)


async def test_rows_are_shown_only_inside_of_a_rehearsal(seeded_database: str) -> None:
    database = Database(seeded_database, pool_size=2)

    with pytest.raises(LookupError, match="no rehearsal"):
        await database.show(WriteSet())


async def test_a_refused_statement_leaves_the_rehearsal_as_it_was(seeded_database: str) -> None:
    database = Database(seeded_database, pool_size=2)

    async with database.rehearsal():
        with pytest.raises(InvalidInputError):
            await database.run(text("SELECT 'none'::uuid"))
        found = await database.run(CITY)

    await database.close()
    assert len(found) == 1


async def test_it_counts_what_the_request_itself_would_have_sent(seeded_database: str) -> None:
    database = Database(seeded_database, pool_size=2)

    async def request() -> None:
        await database.run(CITY)
        async with database.transaction():
            await database.run(MOVE)
            async with database.transaction():
                await database.run(CITY)

    with tallied() as rehearsed:
        async with database.rehearsal():
            await request()
    with tallied() as real:
        await request()

    await database.close()
    assert rehearsed.statements == real.statements == 5


async def move_and_fail(database: Database) -> None:
    async with database.transaction():
        await database.run(MOVE)
        raise RuntimeError


async def test_a_transaction_inside_is_undone_alone(seeded_database: str) -> None:
    database = Database(seeded_database, pool_size=2)

    async with database.rehearsal():
        before = await database.run(CITY)
        with pytest.raises(RuntimeError):
            await move_and_fail(database)
        after = await database.run(CITY)

    await database.close()
    assert after == before


async def test_a_transaction_is_all_or_nothing(seeded_database: str) -> None:
    database = Database(seeded_database, pool_size=2)
    before = await database.run(CITY)

    with pytest.raises(RuntimeError):
        await move_and_fail(database)

    after = await database.run(CITY)
    await database.close()
    assert after == before


def test_a_header_has_room_for_some_rows_and_says_how_many_it_left_out() -> None:
    row = {"table": "escrows", "op": "update", "key": "é", "columns": []}

    header = WriteSet([row] * 1_000).header()

    told = json.loads(header)
    assert header.isascii()
    assert 31_000 < len(header) < 32_100
    assert told[0] == row
    assert told[-1] == {"truncated": 1_000 - (len(told) - 1)}
