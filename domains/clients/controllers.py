"""The words of a client's answers; the rest is what every room does."""

from collections.abc import Iterable

from aiohttp import web

from domains.clients.events import client_changed
from domains.clients.services import ClientService
from domains.shared.clock import Clock
from domains.shared.controllers import CrudController, Parts, Row
from domains.shared.database import Database
from domains.shared.events import Change, Event
from domains.shared.requests import Call


class ClientController(CrudController):
    """Clients over HTTP."""

    collection = "clients"

    def __init__(self, service: ClientService) -> None:
        super().__init__(service)
        self._clients = service

    def created(self, row: Row) -> Parts:
        """The ids, and what was sent."""
        return {"data": self.shown(row)}

    def archived(self, row: Row) -> Parts:
        """The id."""
        return {"data": {"id": row["id"]}, "message": "Client archived successfully"}

    def events(self, call: Call, change: Change, row: Row) -> Iterable[Event]:
        """Whom a change of a client is told."""
        return client_changed(call.principal, change, row)

    async def add_note(self, call: Call) -> web.Response:
        """POST on `/notes` of one."""
        noted = await self._clients.add_note(call.principal, call.key, call.body)
        return self.answer({"data": noted}, status=201)

    async def set_tags(self, call: Call) -> web.Response:
        """PATCH on `/tags` of one."""
        return self.answer({"data": await self._clients.set_tags(call.principal, call.key, call.body)})


def build(database: Database, clock: Clock) -> ClientController:
    """The room's controller on a database."""
    return ClientController(ClientService(database, clock))
