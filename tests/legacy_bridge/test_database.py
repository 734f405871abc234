"""The pool: what it counts, and how values travel."""

import asyncio
from typing import Any

import psycopg
import pytest

from legacy_bridge.database import Database, Statements, parameter, send, statements
from legacy_bridge.errors import DatabaseError


@pytest.fixture
async def database(seeded_database: str) -> Any:
    """An open pool, in the context of one request."""
    statements.set(Statements())
    database = Database(seeded_database, pool_size=2)
    await database.open()
    yield database
    await database.close()


async def test_every_statement_is_counted_and_timed(database: Database) -> None:
    await database.query("SELECT 1")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        await database.query("SELECT nonsense")

    assert statements.get().count == 2
    assert statements.get().duration_s > 0


async def test_a_transaction_counts_its_begin_and_commit(database: Database) -> None:
    async with database.transaction() as connection:
        await send(connection, "UPDATE escrows SET city = 'Kept' WHERE numeric_id = $1", [1])

    assert statements.get().count == 3
    assert await database.query("SELECT city FROM escrows WHERE numeric_id = 1") == [{"city": "Kept"}]


async def test_a_transaction_that_fails_is_rolled_back_and_counted(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as connection:
            await send(connection, "UPDATE escrows SET city = 'Lost' WHERE numeric_id = 1")
            await send(connection, "SELECT 1 / 0")

    with pytest.raises(psycopg.errors.DivisionByZero):
        await fail()

    assert statements.get().count == 4
    assert await database.query("SELECT 1 FROM escrows WHERE city = 'Lost'") == []


async def test_requests_at_the_same_time_count_each_their_own(database: Database) -> None:
    async def request(number: int) -> int:
        sent = Statements()
        statements.set(sent)
        for _ in range(number):
            await database.query("SELECT 1")
        return sent.count

    counts = await asyncio.gather(*(asyncio.create_task(request(number)) for number in (1, 2, 3)))

    assert counts == [1, 2, 3]


async def test_a_statement_that_nobody_waits_for_is_counted_at_once_and_only_once(database: Database) -> None:
    await database.query_unawaited("UPDATE escrows SET city = $1 WHERE numeric_id = 1", ["Later"])
    counted = statements.get().count
    await database.close()

    assert (counted, statements.get().count) == (1, 1)


async def test_a_transaction_that_nobody_waits_for_happens_as_a_whole_or_not(database: Database) -> None:
    change = "UPDATE escrows SET city = $1 WHERE numeric_id = 1"
    await database.transaction_unawaited([(change, ["Kept"])])
    await database.transaction_unawaited([(change, ["Lost"]), ("SELECT nonsense", [])])
    while database._unawaited:
        await asyncio.wait(database._unawaited)

    assert statements.get().count == 3 + 4
    assert await database.query("SELECT city FROM escrows WHERE numeric_id = 1") == [{"city": "Kept"}]


async def test_the_failure_of_a_statement_that_nobody_waits_for_hurts_nobody(database: Database) -> None:
    await database.query_unawaited("SELECT nonsense", [])

    assert await database.query("SELECT 1 AS one") == [{"one": 1}]


async def test_values_come_as_node_postgres_gives_them(database: Database) -> None:
    rows = await database.query(
        """
        SELECT 1.50::numeric AS money, 9::bigint AS big, 7 AS small, '{"a": 1.0}'::jsonb AS document,
               'c0ffee00-0000-4000-8000-000000000001'::uuid AS id, $1::text AS given
        """,
        [True],
    )

    expected = {"money": "1.50", "big": "9", "small": 7, "document": {"a": 1}, "given": "true"}
    assert rows == [expected | {"id": "c0ffee00-0000-4000-8000-000000000001"}]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (None, None),
        (1.5, "1.5"),
        (False, "false"),
        ("a", "a"),
        ("\ud800", "\ufffd"),
        ({"a": [1]}, '{"a":[1]}'),
        ([], "{}"),
        ([1, None, 'a"b\\', [True]], r'{"1",NULL,"a\"b\\",{"true"}}'),
        ([{"id": 1}], r'{"{\"id\":1}"}'),
    ],
)
def test_parameters_travel_as_text(value: Any, sent: str | None) -> None:
    assert parameter(value) == sent


async def test_a_database_that_is_not_there_is_said_at_the_start() -> None:
    with pytest.raises(DatabaseError, match=r"^the database refuses: [^\n]+$"):
        await Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1).open()
