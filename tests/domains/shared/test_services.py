"""What every room does with its rows, shown on escrows without their own rules."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from domains.escrows.models import ESCROW, escrows
from domains.shared.clock import utc_now
from domains.shared.database import Database
from domains.shared.errors import ForbiddenError, NotFoundError, VersionConflictError
from domains.shared.permissions import Access, Principal, Role
from domains.shared.services import KEY, CrudService, Found
from domains.shared.statements import tallied

ADA = Principal(UUID("c0ffee00-0000-4000-8000-000000000001"), "ada@example.test", Role.SYSTEM_ADMIN)
ANN = Principal(UUID("c0ffee00-0000-4000-8000-000000000003"), "ann@example.test", Role.AGENT)
BEN = Principal(UUID("c0ffee00-0000-4000-8000-000000000004"), "ben@example.test", Role.AGENT)
NINE = "ESC-2025-0009"
BY_DISPLAY_ID = escrows.c.display_id == KEY


class Plain(CrudService):
    """Rows by their display id alone."""

    resource = ESCROW

    def found_by(self, principal: Principal, key: str, access: Access) -> Found:
        """The display id, whoever asks for whatever."""
        del principal, access
        return Found(BY_DISPLAY_ID, key)


@pytest.fixture
async def service(seeded_database: str) -> AsyncIterator[Plain]:
    """A service over the seeded database."""
    database = Database(seeded_database, pool_size=2)
    yield Plain(database, utc_now)
    await database.close()


async def test_the_owner_reads_the_row_and_a_stranger_does_not(service: Plain) -> None:
    row = await service.row(ANN, NINE)

    assert row["numeric_id"] == 9
    with pytest.raises(ForbiddenError):
        await service.row(BEN, NINE)
    with pytest.raises(NotFoundError):
        await service.row(ADA, "ESC-2025-9999")


async def test_what_was_not_granted_is_required_in_vain(service: Plain) -> None:
    await service.require(ANN, NINE, Access.DELETE)
    await service.require(ADA, "nothing", Access.DELETE)

    with pytest.raises(ForbiddenError):
        await service.require(BEN, NINE, Access.VIEW)


async def test_a_page_within_the_list_is_one_statement_and_one_beyond_it_two(service: Plain) -> None:
    order = escrows.c.numeric_id.desc()

    with tallied() as within:
        page = await service.page([escrows.c.id], [escrows.c.deleted_at.is_(None)], order, number=2, limit=50)
    with tallied() as beyond:
        empty = await service.page([escrows.c.id], [], order, number=9, limit=50)
    with tallied() as nothing:
        none = await service.page([escrows.c.id], [escrows.c.city == "Nowhere"], order, number=1, limit=50)

    assert (len(page.rows), page.total, page.of) == (7, 57, 2)
    assert (len(empty.rows), empty.total) == (0, 60)
    assert (len(none.rows), none.total) == (0, 0)
    assert [tally.statements for tally in (within, beyond, nothing)] == [1, 2, 1]


async def test_a_change_counts_the_version_on_and_names_who_made_it(service: Plain) -> None:
    row = await service.change(ANN, NINE, {"city": "X"}, version=None)

    assert (row["city"], row["version"], row["last_modified_by"]) == ("X", 2, ANN.user_id)


async def test_a_change_of_an_older_version_is_a_conflict_for_whoever_may_change_it(service: Plain) -> None:
    with pytest.raises(VersionConflictError) as caught:
        await service.change(ANN, NINE, {"city": "X"}, version=5)
    with pytest.raises(ForbiddenError):
        await service.change(BEN, NINE, {"city": "X"}, version=1)

    assert caught.value.extra == {"currentVersion": 1, "attemptedVersion": 5}


async def test_a_row_goes_into_the_archive_out_of_it_and_away(service: Plain) -> None:
    archived = await service.archive(ANN, NINE)
    restored = await service.restore(ANN, NINE)
    await service.archive(ANN, NINE)
    deleted = await service.delete(ANN, NINE)

    assert archived["deleted_at"] == archived["updated_at"]
    assert (restored["deleted_at"], deleted["numeric_id"]) == (None, 9)
    with pytest.raises(NotFoundError):
        await service.row(ADA, NINE)


async def test_the_owner_is_told_that_the_row_is_in_another_state_and_a_stranger_is_not(
    service: Plain,
) -> None:
    with pytest.raises(NotFoundError) as caught:
        await service.restore(ANN, NINE)
    with pytest.raises(ForbiddenError):
        await service.restore(BEN, NINE)

    assert caught.value.message == "Escrow not found"
