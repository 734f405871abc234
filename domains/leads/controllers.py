"""The words of a lead's answers; the rest is what every room does."""

from collections.abc import Iterable

from aiohttp import web

from domains.leads.events import lead_changed
from domains.leads.services import LeadService
from domains.shared.clock import Clock
from domains.shared.controllers import CrudController, Row
from domains.shared.database import Database
from domains.shared.events import Change, Event
from domains.shared.requests import Call


class LeadController(CrudController):
    """Leads over HTTP."""

    collection = "leads"
    timestamped = True

    def __init__(self, service: LeadService) -> None:
        super().__init__(service)
        self._leads = service

    def events(self, call: Call, change: Change, row: Row) -> Iterable[Event]:
        """Whom a change of a lead is told."""
        return lead_changed(call.principal, change, row)

    async def record_activity(self, call: Call) -> web.Response:
        """POST on `/activities` of one."""
        row = await self._leads.record_activity(call.principal, call.key, call.body)
        return self.answer({"data": self.shown(row), "message": "Activity recorded successfully"})

    async def convert(self, call: Call) -> web.Response:
        """POST on `/convert` of one."""
        client, lead = await self._leads.convert(call.principal, call.key)
        data = {"client": client, "lead": lead}
        return self.answer({"data": data, "message": "Lead successfully converted to client"})


def build(database: Database, clock: Clock) -> LeadController:
    """The room's controller on a database."""
    return LeadController(LeadService(database, clock))
