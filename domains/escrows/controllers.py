"""The words of an escrow's answers; the rest is what every room does."""

from typing import Any

from sqlalchemy import RowMapping

from domains.escrows.services import EscrowService
from domains.shared.clock import Clock
from domains.shared.controllers import CrudController
from domains.shared.database import Database
from domains.shared.pagination import Page


class EscrowController(CrudController):
    """Escrows over HTTP."""

    collection = "escrows"

    def pagination(self, page: Page) -> dict[str, int | None]:
        """`{total, page, limit, totalPages}`."""
        return {"total": page.total, "page": page.number, "limit": page.limit, "totalPages": page.of}

    def trace(self, row: RowMapping) -> dict[str, Any]:
        """The display id."""
        return {"displayId": row["display_id"]}


def build(database: Database, clock: Clock) -> EscrowController:
    """The room's controller on a database."""
    return EscrowController(EscrowService(database, clock))
