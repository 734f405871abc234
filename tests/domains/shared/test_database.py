"""Values and errors on the way from PostgreSQL."""

import asyncio

import pytest
from sqlalchemy import text

from domains.shared.database import Database
from domains.shared.errors import InvalidInputError
from domains.shared.statements import tallied


async def test_numeric_stays_text_json_numbers_lose_their_type_and_times_are_utc(database_url: str) -> None:
    database = Database(database_url, pool_size=1)

    found = await database.run(
        text("""SELECT 450000.00 AS money, '{"a": 1.50, "b": 10375.0}'::jsonb AS json, now() AS at""")
    )

    await database.close()
    assert found[0]["money"] == "450000.00"
    assert (found[0]["json"], type(found[0]["json"]["b"])) == ({"a": 1.5, "b": 10375}, int)
    assert found[0]["at"].utcoffset().total_seconds() == 0


async def test_what_postgresql_refuses_of_a_value_is_the_clients_error_without_its_words(
    seeded_database: str,
) -> None:
    database = Database(seeded_database, pool_size=1)

    with pytest.raises(InvalidInputError) as caught:
        await database.run(text("UPDATE escrows SET access_level = 'everybody' WHERE numeric_id = 1"))

    await database.close()
    fault = {"message": "Does not fit what is stored", "field": "access_level"}
    assert caught.value.extra == {"details": [fault]}


async def test_a_pool_opens_no_more_connections_than_it_may(database_url: str) -> None:
    database = Database(database_url, pool_size=3)
    me = text("SELECT pg_backend_pid() AS pid, pg_sleep(0.01)")

    found = await asyncio.gather(*(database.run(me) for _ in range(20)))

    await database.close()
    assert len({rows[0]["pid"] for rows in found}) <= 3


async def test_the_wait_for_a_connection_is_counted(database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    sleep = text("SELECT pg_sleep(0.05)")

    async def waited_s() -> float:
        with tallied() as tally:
            await database.run(sleep)
        return tally.waited_s

    await waited_s()
    first, second = sorted(await asyncio.gather(waited_s(), waited_s()))

    await database.close()
    assert first < 0.04
    assert second > 0.04


async def test_a_statement_is_its_own_transaction(database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    this = text("SELECT pg_current_xact_id()::text AS xid")

    first, second = [(await database.run(this))[0]["xid"] for _ in range(2)]

    await database.close()
    assert first != second


async def test_half_a_surrogate_pair_is_stored_as_the_recorded_driver_sends_it(database_url: str) -> None:
    database = Database(database_url, pool_size=1)

    rows = await database.run(text("SELECT CAST(:word AS text) AS word"), {"word": "a\ud800"})

    await database.close()
    assert rows[0]["word"] == "a\ufffd"
