"""The words of an escrow's answers; the rest is what every room does."""

from collections.abc import Iterable, Sequence

from aiohttp import web

from domains.escrows.events import escrow_changed, escrow_closed, section_changed
from domains.escrows.sections import SHOWN_OF_A_PROPERTY, SectionService
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


class SectionController(EscrowController):
    """Escrows with their sections over HTTP."""

    def __init__(self, service: SectionService, clock: Clock) -> None:
        super().__init__(service)
        self._sections = service
        self._clock = clock

    async def announce(self, call: Call, change: Change, row: Row) -> None:
        """Tell it; that it was closed its broker hears first."""
        if change is Change.UPDATED and (wish := await self._sections.wish_to_hear(row, call.body)):
            events, emails = escrow_closed(row, wish)
            call.emit(*events)
            call.post(*emails)
        await super().announce(call, change, row)

    async def check_authentication(self, call: Call) -> web.Response:
        """GET on `/health/auth`: who is asking; with an API key, also for which team."""
        who = call.principal
        shown = {"authenticated": True, "user": who.email, "userId": who.user_id}
        if who.by_key:
            shown |= {"teamId": who.key_team_id, "role": who.role, "authMethod": "api_key"}
        else:
            shown["role"] = who.role
        return self.answer({"data": shown}, timestamped=True)

    async def check_database(self, call: Call) -> web.Response:
        """GET on `/health/db`: whether the database answers, its name and its time."""
        del call
        return self.answer({"data": self.shown(await self._sections.database_health())}, timestamped=True)

    async def people(self, call: Call) -> web.Response:
        """GET on `/people`."""
        return self.answer({"data": await self._sections.people(call.principal, call.key)})

    async def timeline(self, call: Call) -> web.Response:
        """GET on `/timeline`."""
        return await self._part(call, "timeline")

    async def financials(self, call: Call) -> web.Response:
        """GET on `/financials`."""
        return await self._part(call, "financials")

    async def documents(self, call: Call) -> web.Response:
        """GET on `/documents`."""
        return await self._part(call, "documents")

    async def details(self, call: Call) -> web.Response:
        """GET on `/details`."""
        return self.answer({"data": await self._sections.details(call.principal, call.key)})

    async def property(self, call: Call) -> web.Response:
        """GET on `/property-details`."""
        return self.answer({"data": await self._sections.property(call.principal, call.key)})

    async def notes(self, call: Call) -> web.Response:
        """GET on `/notes`."""
        return self.answer({"data": await self._sections.notes(call.principal, call.key)})

    async def checklists(self, call: Call) -> web.Response:
        """GET on `/checklists`, which shows none (Q-23)."""
        await self._sections.require_part(call.principal, call.key)
        return self.answer({"data": {}})

    async def checklist(self, call: Call) -> web.Response:
        """GET on one of the checklists, which shows nothing of it (Q-23)."""
        await self._sections.require_part(call.principal, call.key)
        return self.answer({})

    async def change_people(self, call: Call) -> web.Response:
        """PUT on `/people`."""
        row = await self._sections.change_people(call.principal, call.key, call.body)
        self._tell(call, row, "people", {"data": row["people"]})
        return self.answer({"data": row["people"]})

    async def change_timeline(self, call: Call) -> web.Response:
        """PUT on `/timeline`."""
        row = await self._sections.change_timeline(
            call.principal, call.key, call.body, is_array=call.is_array
        )
        self._tell(call, row, "timeline", {"data": row["timeline"]})
        return self.answer({"data": self._sections.shown_part(row, "timeline")})

    async def change_financials(self, call: Call) -> web.Response:
        """PUT on `/financials`."""
        row = await self._sections.change_financials(call.principal, call.key, call.body)
        self._tell(call, row, "financials", {"data": row["financials"]})
        return self.answer({"data": self._sections.shown_part(row, "financials")})

    async def change_documents(self, call: Call) -> web.Response:
        """PUT on `/documents`."""
        row = await self._sections.change_documents(
            call.principal, call.key, call.body, is_array=call.is_array
        )
        self._tell(call, row, "documents", {"data": row["documents"]})
        return self.answer({"data": row["documents"]})

    async def change_loan(self, call: Call) -> web.Response:
        """PUT on `/checklist-loan`."""
        return await self._change_checklist(call, "loan")

    async def change_house(self, call: Call) -> web.Response:
        """PUT on `/checklist-house`."""
        return await self._change_checklist(call, "house")

    async def change_admin(self, call: Call) -> web.Response:
        """PUT on `/checklist-admin`."""
        return await self._change_checklist(call, "admin")

    async def change_item(self, call: Call) -> web.Response:
        """PATCH on `/checklist`: one item of it."""
        row, changed = await self._sections.change_item(call.principal, call.key, call.body)
        self._tell(call, row, "checklist", changed)
        return self.answer({"data": {}})

    async def change_details(self, call: Call) -> web.Response:
        """PUT on `/details`."""
        details = await self._sections.change_details(call.principal, call.key, call.body)
        return self.answer({"data": details, "message": "Escrow details updated successfully"})

    async def change_property(self, call: Call) -> web.Response:
        """PUT on `/property-details`."""
        row = await self._sections.change_property(call.principal, call.key, call.body)
        shown = {name: row[name] for name in SHOWN_OF_A_PROPERTY}
        return self.answer({"data": shown, "message": "Property details updated successfully"})

    async def add_note(self, call: Call) -> web.Response:
        """POST on `/notes`."""
        note, count = await self._sections.add_note(call.principal, call.key, call.body)
        return self.answer({"data": {"note": note, "totalNotes": count}})

    async def _part(self, call: Call, name: str) -> web.Response:
        return self.answer({"data": await self._sections.part(call.principal, call.key, name)})

    async def _change_checklist(self, call: Call, category: str) -> web.Response:
        row = await self._sections.change_checklist(call.principal, call.key, category, call.body)
        self._tell(call, row, "checklist", {"category": category, "data": row["checklists"][category]})
        return self.answer({})

    def _tell(self, call: Call, row: Row, kind: str, changed: Parts) -> None:
        call.emit(*section_changed(row, kind, changed, self._clock()))


def build(database: Database, clock: Clock) -> SectionController:
    """The room's controller on a database."""
    return SectionController(SectionService(database, clock), clock)
