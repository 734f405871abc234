"""The words of an escrow's answers."""

from domains.escrows.controllers import build
from domains.shared.clock import utc_now
from domains.shared.database import Database
from domains.shared.pagination import Page


async def test_a_page_is_told_in_the_escrows_own_spelling() -> None:
    controller = build(Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1), utc_now)

    told = controller.pagination(Page([], total=57, number=12, limit=5))

    assert told == {"total": 57, "page": 12, "limit": 5, "totalPages": 12}


async def test_of_a_row_that_was_moved_its_display_id_is_told() -> None:
    controller = build(Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1), utc_now)

    told = controller.archived({"display_id": "ESC-2025-0007", "id": "x"})

    assert told == {"message": "Escrow archived successfully", "data": {"displayId": "ESC-2025-0007"}}
