"""Counting what is really sent."""

import asyncio

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from domains.shared.statements import count_later, count_statements, tallied

ONE = text("SELECT 1")


def engine_of(database_url: str, **options: str) -> AsyncEngine:
    engine = create_async_engine(make_url(database_url).set(drivername="postgresql+psycopg"), **options)
    count_statements(engine)
    return engine


async def test_in_autocommit_a_statement_is_one(database_url: str) -> None:
    engine = engine_of(database_url, isolation_level="AUTOCOMMIT")

    with tallied() as tally:
        async with engine.connect() as connection:
            await connection.execute(ONE)
            await connection.execute(ONE)

    await engine.dispose()
    assert tally.statements == 2
    assert tally.seconds > 0


@pytest.mark.parametrize(("ending", "statements"), [("commit", 4), ("rollback", 4), ("close", 4)])
async def test_in_a_transaction_begin_and_its_end_count_too(
    database_url: str, ending: str, statements: int
) -> None:
    engine = engine_of(database_url)

    with tallied() as tally:
        async with engine.connect() as connection:
            await connection.execute(ONE)
            await connection.execute(ONE)
            if ending != "close":
                await getattr(connection, ending)()

    await engine.dispose()
    assert tally.statements == statements


async def test_a_transaction_in_which_nothing_was_sent_sends_nothing(database_url: str) -> None:
    engine = engine_of(database_url)

    with tallied() as tally:
        async with engine.begin():
            pass

    await engine.dispose()
    assert tally.statements == 0


async def test_many_rows_at_once_are_many_statements(database_url: str) -> None:
    engine = engine_of(database_url, isolation_level="AUTOCOMMIT")

    with tallied() as tally:
        async with engine.connect() as connection:
            await connection.execute(
                text("SELECT set_config('crossfade.n', :n, false)"), [{"n": "1"}, {"n": "2"}]
            )

    await engine.dispose()
    assert tally.statements == 2


async def test_requests_at_the_same_time_are_counted_apart(database_url: str) -> None:
    engine = engine_of(database_url, isolation_level="AUTOCOMMIT")

    async def request(n: int) -> int:
        with tallied() as tally:
            for _ in range(n):
                async with engine.connect() as connection:
                    await connection.execute(ONE)
        return tally.statements

    counted = await asyncio.gather(*(request(n) for n in range(6)))

    await engine.dispose()
    assert counted == [0, 1, 2, 3, 4, 5]


def test_a_statement_that_comes_later_is_counted_now() -> None:
    with tallied() as tally:
        count_later(1)

    count_later(1)

    assert tally.statements == 1
