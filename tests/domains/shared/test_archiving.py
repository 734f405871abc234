"""What it means that a row is archived."""

from sqlalchemy import select

from domains.escrows.models import escrows
from domains.shared.archiving import by_deleted_at


def test_a_row_is_archived_by_the_time_and_whatever_else_the_room_sets() -> None:
    archive = by_deleted_at(escrows, escrow_status="cancelled")

    assert "deleted_at IS NOT NULL" in str(select(escrows.c.id).where(archive.inside))
    assert archive.put.keys() == {"deleted_at", "escrow_status"}
    assert archive.take == {"deleted_at": None}
    assert (archive.repeatable, archive.before_deletion) == (False, True)
