"""Counting what is really sent."""

import asyncio

import pytest
from sqlalchemy import text

from domains.shared.database import Database
from domains.shared.errors import InvalidInputError
from domains.shared.statements import announce, count_later, note_commit, one_statement, tallied

ONE = text("SELECT 1 AS one")


async def test_outside_of_a_transaction_a_statement_is_one(database_url: str) -> None:
    database = Database(database_url, pool_size=1)

    with tallied() as tally:
        await database.run(ONE)
        await database.run(ONE)

    await database.close()
    assert tally.statements == 2
    assert tally.seconds > 0


def test_what_is_announced_is_not_sent_yet() -> None:
    with tallied() as tally:
        announce(3)
    announce(4)

    assert (tally.statements, tally.announced) == (0, 3)


async def test_in_a_transaction_begin_and_commit_count_too(database_url: str) -> None:
    database = Database(database_url, pool_size=1)

    with tallied() as tally:
        async with database.transaction():
            await database.run(ONE)
            await database.run(ONE)

    await database.close()
    assert tally.statements == 4


async def test_a_statement_that_fails_was_sent_and_so_was_the_rollback(database_url: str) -> None:
    database = Database(database_url, pool_size=1)

    with tallied() as tally, pytest.raises(InvalidInputError):
        async with database.transaction():
            await database.run(text("SELECT 'none'::uuid"))

    await database.close()
    assert tally.statements == 3


async def test_requests_at_the_same_time_are_counted_apart(database_url: str) -> None:
    database = Database(database_url, pool_size=3)

    async def request(n: int) -> int:
        with tallied() as tally:
            for _ in range(n):
                await database.run(ONE)
        return tally.statements

    counted = await asyncio.gather(*(request(n) for n in range(6)))

    await database.close()
    assert counted == [0, 1, 2, 3, 4, 5]


def test_a_statement_that_comes_later_is_counted_now() -> None:
    with tallied() as tally:
        count_later(1)

    count_later(1)

    assert tally.statements == 1


def test_what_belongs_to_no_request_is_not_counted() -> None:
    with one_statement():
        pass

    with tallied() as tally:
        pass

    assert (tally.statements, tally.seconds) == (0, 0)


def test_what_was_sent_may_have_been_committed_once_that_is_noted_or_left_to_somebody_else() -> None:
    with tallied() as noted:
        note_commit()
    with tallied() as later:
        count_later(1)
    with tallied() as neither:
        announce(1)
    note_commit()

    assert [one.may_have_committed for one in (noted, later, neither)] == [True, True, False]
