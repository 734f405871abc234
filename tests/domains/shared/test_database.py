"""Values and errors on the way from PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import (
    Column,
    Executable,
    Integer,
    MetaData,
    Select,
    Table,
    bindparam,
    func,
    insert,
    select,
    text,
)

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


UNIQUE = text("CREATE TEMP TABLE kept (n int CHECK (n > 0), UNIQUE (n) DEFERRABLE INITIALLY DEFERRED)")
KEPT = Table("kept", MetaData(), Column("n", Integer))
ONE_MORE = insert(KEPT).values(n=bindparam("n"))
IN_A_CTE = select(ONE_MORE.returning(KEPT.c.n).cte("made"))
GONE = text("SELECT pg_terminate_backend(pg_backend_pid())")


@asynccontextmanager
async def with_one_kept(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=1)
    try:
        await database.run(UNIQUE)
        await database.run(ONE_MORE, {"n": 1})
        yield database
    finally:
        await database.close()


async def kept(database: Database) -> list[int]:
    return [row["n"] for row in await database.run(select(KEPT).order_by(KEPT.c.n))]


async def in_one(database: Database, *statements: Executable, n: int) -> None:
    async with database.transaction():
        for statement in statements:
            await database.run(statement, {"n": n})


@pytest.mark.parametrize("statement", [ONE_MORE, IN_A_CTE, text("INSERT INTO kept VALUES (:n)")])
async def test_a_write_is_noted_as_committed_and_a_read_is_not(
    database_url: str, statement: Executable
) -> None:
    async with with_one_kept(database_url) as database:
        with tallied() as reading:
            await kept(database)
        with tallied() as writing:
            await database.run(statement, {"n": 2})
        with tallied() as both:
            async with database.transaction():
                await database.run(statement, {"n": 3})
                before = both.may_have_committed

        assert (reading.may_have_committed, writing.may_have_committed) == (False, True)
        assert (before, both.may_have_committed) == (False, True)
        assert await kept(database) == [1, 2, 3]


@pytest.mark.parametrize("n", [0, 1], ids=["at the statement", "at the commit"])
@pytest.mark.parametrize("together", [True, False])
async def test_what_postgresql_refuses_is_certain_not_to_be_committed(
    database_url: str, n: int, *, together: bool
) -> None:
    async with with_one_kept(database_url) as database:
        with tallied() as tally, pytest.raises((InvalidInputError, psycopg.IntegrityError)):
            await (in_one(database, ONE_MORE, n=n) if together else database.run(ONE_MORE, {"n": n}))

        assert not tally.may_have_committed
        assert await kept(database) == [1]


async def test_a_connection_that_is_lost_before_the_commit_was_asked_for_commits_nothing(
    database_url: str,
) -> None:
    async with with_one_kept(database_url) as database:
        with tallied() as tally, pytest.raises(psycopg.OperationalError):
            await in_one(database, ONE_MORE, GONE, n=2)

        assert not tally.may_have_committed


async def test_of_a_connection_that_is_lost_in_the_commit_nobody_can_tell(database_url: str) -> None:
    ends = """CREATE FUNCTION pg_temp.gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"""
    then = "CREATE CONSTRAINT TRIGGER gone AFTER INSERT ON kept DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    async with with_one_kept(database_url) as database:
        await database.run(text(ends))
        await database.run(text(f"{then} EXECUTE FUNCTION pg_temp.gone()"))

        with tallied() as tally, pytest.raises(psycopg.OperationalError):
            await in_one(database, ONE_MORE, n=2)

        assert tally.may_have_committed


async def test_a_database_that_is_not_there_is_certain_to_have_committed_nothing() -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)

    with tallied() as tally, pytest.raises(psycopg.OperationalError):
        await nowhere.run(ONE_MORE, {"n": 2})

    assert not tally.may_have_committed


async def test_what_a_rehearsal_writes_is_committed_by_nobody(database_url: str) -> None:
    async with with_one_kept(database_url) as database:
        with tallied() as tally:
            async with database.rehearsal():
                await database.run(ONE_MORE, {"n": 2})

        assert not tally.may_have_committed
        assert await kept(database) == [1]


@pytest.mark.parametrize(
    ("state", "is_certain"),
    [("53100", True), ("40001", True), ("40003", False), ("57014", False), ("08P01", False)],
)
async def test_an_error_that_may_come_after_the_commit_is_none_that_says_so(
    database_url: str, state: str, *, is_certain: bool
) -> None:
    database = Database(database_url, pool_size=1)

    with tallied() as tally, pytest.raises(psycopg.Error):
        await database.run(text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$"))

    await database.close()
    assert tally.may_have_committed is not is_certain


async def test_a_write_is_sent_on_no_connection_that_postgresql_has_ended(database_url: str) -> None:
    database, other = Database(database_url, pool_size=1), Database(database_url, pool_size=1)
    try:
        await database.run(text("CREATE TABLE IF NOT EXISTS noted (n int)"))
        ended = (await database.run(text("SELECT pg_backend_pid() AS pid")))[0]["pid"]
        await other.run(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": ended})

        with tallied() as tally:
            await database.run(text("INSERT INTO noted VALUES (1)"))

        found = await other.run(text("SELECT count(*) AS n FROM noted"))
        assert (found[0]["n"], tally.statements) == (1, 1)
    finally:
        await other.run(text("DROP TABLE IF EXISTS noted"))
        await database.close()
        await other.close()


@pytest.mark.parametrize(("is_read", "times"), [(True, 2), (False, 1)])
async def test_what_was_not_answered_is_sent_again_only_if_it_writes_nothing(
    database_url: str, *, is_read: bool, times: int
) -> None:
    counting: Select[Any] = select(func.nextval("sent"), func.pg_terminate_backend(func.pg_backend_pid()))
    statement = counting if is_read else text(str(counting.compile(compile_kwargs={"literal_binds": True})))
    database, other = Database(database_url, pool_size=1), Database(database_url, pool_size=1)
    try:
        await other.run(text("CREATE SEQUENCE sent"))
        with pytest.raises(psycopg.errors.AdminShutdown):
            await database.run(statement)

        assert (await other.run(text("SELECT last_value FROM sent")))[0]["last_value"] == times
    finally:
        await other.run(text("DROP SEQUENCE IF EXISTS sent"))
        await database.close()
        await other.close()
