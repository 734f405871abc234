"""Deleting many at once: all that was granted, or nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domains.escrows.models import ESCROW, escrows
from domains.shared.batches import Batch, Needs, batch_values, ids_of
from domains.shared.clock import utc_now
from domains.shared.database import Database
from domains.shared.errors import ApiError, InvalidInputError, NotArchivedError
from domains.shared.models import Resource, users
from domains.shared.permissions import Principal, Role
from domains.shared.services import CrudService
from domains.shared.statements import tallied

ADA = Principal(UUID("c0ffee00-0000-4000-8000-000000000001"), "ada@example.test", Role.SYSTEM_ADMIN)
BEA = Principal(UUID("c0ffee00-0000-4000-8000-000000000005"), "bea@example.test", Role.BROKER)
ARCHIVED_OF_BEA, ARCHIVED_OF_BEN, ACTIVE_OF_BEA = (
    f"e5c00000-0000-4000-8000-0000000000{number}" for number in (20, 60, 13)
)
UNKNOWN = "deadbeef-0000-4000-8000-000000000000"


class Whole(CrudService):
    """All of them or none."""

    resource = ESCROW
    batch = Batch(Needs.ALL)


class Known(CrudService):
    """Those that are there."""

    resource = ESCROW
    batch = Batch(Needs.NO_ACTIVE, names=("id", "display_id"), shows=("id", "city"))


class Archived(CrudService):
    """Those that are archived."""

    resource = ESCROW
    batch = Batch(Needs.NOTHING)


@pytest.fixture
async def database(seeded_database: str) -> AsyncIterator[Database]:
    """The seeded database."""
    database = Database(seeded_database, pool_size=2)
    yield database
    await database.close()


def left(url: str) -> int:
    with psycopg.connect(url) as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM escrows").fetchall()
    return int(count)


@pytest.mark.parametrize(
    ("room", "caller", "ids", "refused"),
    [
        (Whole, ADA, [ARCHIVED_OF_BEA, ACTIVE_OF_BEA], (400, "NOT_ARCHIVED")),
        (Whole, ADA, [ARCHIVED_OF_BEA, UNKNOWN], (400, "NOT_ARCHIVED")),
        (Whole, ADA, [ARCHIVED_OF_BEA, ARCHIVED_OF_BEA], (400, "NOT_ARCHIVED")),
        (Whole, BEA, [ARCHIVED_OF_BEA, ARCHIVED_OF_BEN], (403, "FORBIDDEN")),
        (Whole, BEA, [ARCHIVED_OF_BEA, UNKNOWN], (403, "FORBIDDEN")),
        (Known, ADA, [ARCHIVED_OF_BEA, ACTIVE_OF_BEA], (400, "NOT_ARCHIVED")),
        (Known, BEA, [ARCHIVED_OF_BEA, ARCHIVED_OF_BEN], (403, "FORBIDDEN")),
        (Known, BEA, [ARCHIVED_OF_BEA, UNKNOWN], (403, "FORBIDDEN")),
        (Archived, BEA, [ARCHIVED_OF_BEA, ARCHIVED_OF_BEN], (403, "FORBIDDEN")),
    ],
)
async def test_a_batch_that_is_refused_deletes_nothing(
    database: Database,
    seeded_database: str,
    room: type[CrudService],
    caller: Principal,
    ids: list[str],
    refused: tuple[int, str],
) -> None:
    with pytest.raises(ApiError) as caught:
        await room(database, utc_now).delete_many(caller, {"ids": ids})

    assert (caught.value.status, caught.value.code) == refused
    assert left(seeded_database) == 60


@pytest.mark.parametrize(
    ("room", "caller", "ids", "deleted"),
    [
        (Whole, ADA, [ARCHIVED_OF_BEN, ARCHIVED_OF_BEA], [ARCHIVED_OF_BEA, ARCHIVED_OF_BEN]),
        (Whole, BEA, [ARCHIVED_OF_BEA], [ARCHIVED_OF_BEA]),
        (Known, ADA, [ARCHIVED_OF_BEA, UNKNOWN], [ARCHIVED_OF_BEA]),
        (Known, ADA, [UNKNOWN], []),
        (Known, ADA, ["ESC-2025-0020"], [ARCHIVED_OF_BEA]),
        (Archived, ADA, [ARCHIVED_OF_BEA, ACTIVE_OF_BEA, UNKNOWN], [ARCHIVED_OF_BEA]),
        (Archived, BEA, [ARCHIVED_OF_BEA, ACTIVE_OF_BEA], [ARCHIVED_OF_BEA]),
    ],
)
async def test_a_batch_deletes_what_it_needs_in_one_statement(
    database: Database,
    seeded_database: str,
    room: type[CrudService],
    caller: Principal,
    ids: list[str],
    deleted: list[str],
) -> None:
    with tallied() as tally:
        rows = await room(database, utc_now).delete_many(caller, {"ids": ids})

    assert [row["id"] for row in rows] == deleted
    assert left(seeded_database) == 60 - len(deleted)
    assert tally.statements == 1


async def test_what_is_not_archived_is_named(database: Database) -> None:
    with pytest.raises(NotArchivedError) as caught:
        await Known(database, utc_now).delete_many(ADA, {"ids": [ARCHIVED_OF_BEA, ACTIVE_OF_BEA]})

    assert caught.value.message == f"Some escrows are not archived: {ACTIVE_OF_BEA}"


async def test_ten_thousand_ids_are_one_batch(database: Database) -> None:
    rows = await Known(database, utc_now).delete_many(ADA, {"ids": [f"x{n}" for n in range(10_000)]})

    assert list(rows) == []


@pytest.mark.parametrize(
    ("ids", "fields"),
    [
        (None, ["ids"]),
        ("x", ["ids"]),
        ([], ["ids"]),
        ([1, "x", None], ["ids[0]", "ids[2]"]),
        ({"a": 5}, ["ids", "ids[0]"]),
    ],
)
def test_every_fault_of_the_ids_is_told(ids: Any, fields: list[str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        ids_of({"ids": ids}, Batch(Needs.ALL))

    assert [row["field"] for row in caught.value.extra["details"]] == fields


def test_null_is_the_id_of_nothing_where_items_are_not_looked_at() -> None:
    ids = ids_of({"ids": [None, UNKNOWN]}, Batch(Needs.NOTHING, looks_at_items=False))

    assert batch_values(Resource("user", users), ids)["ids"] == [None, UUID(UNKNOWN)]


@pytest.mark.parametrize(
    ("resource", "ids"), [(ESCROW, ["x", "a\0b"]), (Resource("user", users), [UNKNOWN, "x"])]
)
def test_a_text_that_cannot_be_an_id_is_a_fault(resource: Resource, ids: list[str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        batch_values(resource, ids)

    assert [row["field"] for row in caught.value.extra["details"]] == ["ids[1]"]


def test_ids_are_typed_as_their_column() -> None:
    texts, uuids = batch_values(ESCROW, ["a", "a"]), batch_values(Resource("user", users), [UNKNOWN])

    assert texts == {"ids": ["a", "a"], "asked": 2, "different": 1}
    assert uuids["ids"] == [UUID(UNKNOWN)]
    assert escrows.c.id.type.python_type is str


async def test_what_is_refused_at_first_sight_locks_no_row(database: Database, seeded_database: str) -> None:
    with pytest.raises(NotArchivedError):
        await Whole(database, utc_now).delete_many(ADA, {"ids": [ARCHIVED_OF_BEA, ACTIVE_OF_BEA]})

    with psycopg.connect(seeded_database) as connection:
        locks = connection.execute("SELECT DISTINCT xmax::text FROM escrows").fetchall()
    assert locks == [("0",)]


@pytest.mark.parametrize("room", [Whole, Known])
async def test_a_row_that_is_restored_at_the_same_moment_keeps_the_others(
    database: Database, seeded_database: str, room: type[CrudService]
) -> None:
    before = left(seeded_database)
    with psycopg.connect(seeded_database) as connection:
        connection.execute("UPDATE escrows SET deleted_at = NULL WHERE id = %s", [ARCHIVED_OF_BEN])
        ids = {"ids": [ARCHIVED_OF_BEA, ARCHIVED_OF_BEN]}
        deletion = asyncio.create_task(room(database, utc_now).delete_many(ADA, ids))
        await asyncio.sleep(0.3)
        assert not deletion.done()
        connection.commit()
        with pytest.raises(NotArchivedError):
            await deletion

    assert left(seeded_database) == before
