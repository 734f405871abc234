"""The words of a listing's answers; the rest is what every room does."""

from collections.abc import Iterable, Sequence

from aiohttp import web

from domains.listings.events import listing_changed
from domains.listings.services import ListingService
from domains.shared.clock import Clock
from domains.shared.controllers import CrudController, Parts, Row
from domains.shared.database import Database
from domains.shared.events import Change, Event
from domains.shared.pagination import Page
from domains.shared.requests import Call


class ListingController(CrudController):
    """Listings over HTTP."""

    collection = "listings"
    timestamped = timestamped_batch = True

    def __init__(self, service: ListingService) -> None:
        super().__init__(service)
        self._listings = service

    def pagination(self, page: Page) -> dict[str, int | None]:
        """`{total, page, limit, pages}`."""
        return {"total": page.total, "page": page.number, "limit": page.limit, "pages": page.of}

    def created(self, row: Row) -> Parts:
        """The whole row."""
        return {"data": self.shown(row)}

    def archived(self, row: Row) -> Parts:
        """What archiving changed, and of which listing."""
        names = ("id", "property_address", "deleted_at", "listing_status")
        return {"data": self.shown({name: row[name] for name in names})}

    def deleted(self, row: Row) -> Parts:
        """The id, and what it was."""
        message = f"Listing {row['property_address']} permanently deleted"
        return {"data": {"id": row["id"], "message": message}}

    def many_deleted(self, rows: Sequence[Row]) -> Parts:
        """How many, and what they were."""
        shown = [{name: row[name] for name in ("id", "property_address")} for row in rows]
        message = f"Successfully deleted {len(rows)} listings"
        return {"data": {"deletedCount": len(rows), "deletedListings": shown, "message": message}}

    def events(self, call: Call, change: Change, row: Row) -> Iterable[Event]:
        """Whom a change of a listing is told."""
        return listing_changed(call.principal, change, row)

    async def reduce_price(self, call: Call) -> web.Response:
        """POST on `/price-reduction` of one."""
        row = await self._listings.reduce_price(call.principal, call.key, call.body)
        return self.answer({"data": self.shown(row)})

    async def log_showing(self, call: Call) -> web.Response:
        """POST on `/showings` of one."""
        return self.answer({"data": await self._listings.log_showing(call.principal, call.key, call.body)})

    async def check_health(self, _: Call) -> web.Response:
        """GET on `/health/db` of the collection; its envelope has both `data` and `error`."""
        return self.answer({"data": await self._listings.check_health(), "error": None})


def build(database: Database, clock: Clock) -> ListingController:
    """The room's controller on a database."""
    return ListingController(ListingService(database, clock))
