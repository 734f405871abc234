"""The words of an escrow's answers; the rest is what every room does."""

from collections.abc import Iterable, Sequence

from domains.escrows.events import escrow_changed
from domains.escrows.services import EscrowService
from domains.shared.clock import Clock
from domains.shared.controllers import CrudController, Parts, Row
from domains.shared.database import Database
from domains.shared.events import Change, Event
from domains.shared.pagination import Page
from domains.shared.requests import Call


class EscrowController(CrudController):
    """Escrows over HTTP."""

    collection = "escrows"

    def pagination(self, page: Page) -> dict[str, int | None]:
        """`{total, page, limit, totalPages}`."""
        return {"total": page.total, "page": page.number, "limit": page.limit, "totalPages": page.of}

    def created(self, row: Row) -> Parts:
        """The id, and the message beside it."""
        message = f"{self._label} created successfully"
        return {"data": {"id": row["id"], "displayId": row["display_id"], "message": message}}

    def updated(self, row: Row) -> Parts:
        """The whole row."""
        return {"data": self.shown(row), "message": f"{self._label} updated successfully"}

    def archived(self, row: Row) -> Parts:
        """The display id."""
        return self._moved(row, "archived successfully")

    def restored(self, row: Row) -> Parts:
        """The display id."""
        return self._moved(row, "restored successfully")

    def deleted(self, row: Row) -> Parts:
        """The display id."""
        return self._moved(row, "permanently deleted")

    def many_deleted(self, rows: Sequence[Row]) -> Parts:
        """How many, and what they were."""
        shown = [{name: row[name] for name in ("id", "display_id", "property_address")} for row in rows]
        return {"data": {"deleted": len(rows), "escrows": shown}}

    def events(self, call: Call, change: Change, row: Row) -> Iterable[Event]:
        """Whom a change of an escrow is told."""
        return escrow_changed(call.principal, call.key, change, row)

    def _moved(self, row: Row, how: str) -> Parts:
        return {"message": f"{self._label} {how}", "data": {"displayId": row["display_id"]}}


def build(database: Database, clock: Clock) -> EscrowController:
    """The room's controller on a database."""
    return EscrowController(EscrowService(database, clock))
