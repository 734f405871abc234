"""The words of an appointment's answers; the rest is what every room does."""

from collections.abc import Iterable

from aiohttp import web

from domains.appointments.events import appointment_changed
from domains.appointments.services import AppointmentService
from domains.shared.clock import Clock
from domains.shared.controllers import CrudController, Row
from domains.shared.database import Database
from domains.shared.events import Change, Event
from domains.shared.requests import Call


class AppointmentController(CrudController):
    """Appointments over HTTP."""

    collection = "appointments"
    timestamped = True

    def __init__(self, service: AppointmentService) -> None:
        super().__init__(service)
        self._appointments = service

    def events(self, call: Call, change: Change, row: Row) -> Iterable[Event]:
        """Whom a change of an appointment is told."""
        return appointment_changed(call.principal, change, row)

    async def cancel(self, call: Call) -> web.Response:
        """POST on `/cancel` of one."""
        row = await self._appointments.cancel(call.principal, call.key)
        return self.answer({"data": self.shown(row), "message": "Appointment cancelled successfully"})

    async def complete(self, call: Call) -> web.Response:
        """POST on `/complete` of one."""
        row = await self._appointments.complete(call.principal, call.key)
        return self.answer({"data": self.shown(row), "message": "Appointment marked as completed"})


def build(database: Database, clock: Clock) -> AppointmentController:
    """The room's controller on a database."""
    return AppointmentController(AppointmentService(database, clock))
