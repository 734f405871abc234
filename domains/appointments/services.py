"""The rules of appointments: what a list shows, what a new one is, what happens to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from pydantic.alias_generators import to_camel
from sqlalchemy import ColumnElement, Date, RowMapping, func, literal

from domains.appointments.models import APPOINTMENT, appointments
from domains.appointments.validators import (
    CreateChecks,
    ListQuery,
    UpdateAppointment,
    UpdateChecks,
    check_business_rules,
    creation_of,
    updates_of,
)
from domains.shared.archiving import by_deleted_at
from domains.shared.changes import adding, setting, version_of
from domains.shared.csv_export import Export
from domains.shared.errors import InvalidInputError, NotFoundError, NoUpdatesError
from domains.shared.pagination import Page, counted_page
from domains.shared.people import clients, contacts
from domains.shared.permissions import Access, Principal
from domains.shared.services import CrudService
from domains.shared.statistics import Statistics
from domains.shared.validation import validated

_CLIENT_NAME: ColumnElement[Any] = func.coalesce(
    contacts.c.full_name, contacts.c.first_name + " " + contacts.c.last_name
).label("client_name")
_NOW = func.now()
_ACTIVE = appointments.c.deleted_at.is_(None)
LISTED = (*appointments.c, _CLIENT_NAME)
"""What is shown of an appointment in a list."""
_WITH_CLIENTS = appointments.outerjoin(clients, clients.c.id == appointments.c.client_id).outerjoin(
    contacts, contacts.c.id == clients.c.contact_id
)


class AppointmentService(CrudService):
    """Appointments, for one caller at a time."""

    resource = APPOINTMENT
    source = _WITH_CLIENTS
    hides_archived = True
    archiving = by_deleted_at(appointments, status="cancelled")
    statistics = Statistics("byStatus", appointments.c.status)
    exported = Export(
        {
            **{
                name: appointments.c[name]
                for name in (
                    *("title", "appointment_type", "appointment_date", "start_time", "end_time", "location"),
                    *("description", "status"),
                )
            },
            "client_name": _CLIENT_NAME,
            **{name: appointments.c[name] for name in ("created_at", "updated_at")},
        },
        _WITH_CLIENTS,
    )

    def wanted(self, principal: Principal, query: Mapping[str, str]) -> Sequence[ColumnElement[bool]]:
        """The rows of the scope on the days and with the status that a query asks for, without the archive."""
        scope = super().wanted(principal, query)  # whose scope is closed learns nothing about the query
        asked = validated(ListQuery, query)
        where = [*scope, appointments.c.deleted_at.is_(None)]
        if asked.start_date is not None:
            where.append(appointments.c.appointment_date >= literal(asked.start_date, Date))
        if asked.end_date is not None:
            where.append(appointments.c.appointment_date <= literal(asked.end_date, Date))
        if asked.status:
            where.append(appointments.c.status == asked.status)
        return where

    async def list_page(self, principal: Principal, query: Mapping[str, str]) -> Page:
        """The page that a query asks for, the latest appointments first."""
        where, asked = self.wanted(principal, query), validated(ListQuery, query)
        latest = (appointments.c.appointment_date.desc(), appointments.c.start_time.desc())
        number, offset = counted_page(asked.page, asked.limit)
        found = await self.window(LISTED, where, *latest, limit=asked.limit, offset=offset)
        rows = [self.shown(row) | {"client_name": row["client_name"]} for row in found.rows]
        return Page(rows, found.total, number, asked.limit)

    async def create(self, principal: Principal, body: Mapping[str, Any]) -> RowMapping:
        """A new appointment. Its creator is its agent and does not own it (Q-20)."""
        validated(CreateChecks, body)
        check_business_rules(body, today=datetime.combine(self._clock().date(), time(), UTC))
        values = creation_of(body) | {"agent_id": principal.user_id, "team_id": principal.key_team_id}
        statement, parameters = adding(appointments, values)
        try:
            return (await self._database.run(statement, parameters))[0]
        except InvalidInputError as error:
            raise InvalidInputError(
                [replace(one, field=to_camel(one.field)) for one in error.faults]
            ) from error

    async def update(self, principal: Principal, key: str, body: Mapping[str, Any]) -> Mapping[Any, Any]:
        """The whole appointment after the update; with a `version` only if it still has that one."""
        validated(UpdateChecks, body)
        async with self.judging(principal, key):
            check_business_rules(body, today=None)
            if not (sent := updates_of(body)):
                raise NoUpdatesError("No valid fields to update")
            versioned = {"version": body["version"]} if "version" in body else {}
            changes = validated(UpdateAppointment, sent | versioned).model_dump(exclude_unset=True)
        version, attempted = version_of(changes), body.get("version")
        return await self.change(principal, key, changes, version=version, attempted=attempted)

    async def cancel(self, principal: Principal, key: str) -> Mapping[Any, Any]:
        """The appointment with the status of a cancelled one, spelled unlike that of a creation."""
        return await self._set_status(principal, key, "cancelled")

    async def complete(self, principal: Principal, key: str) -> Mapping[Any, Any]:
        """The appointment with the status of a completed one."""
        return await self._set_status(principal, key, "Completed")

    async def _set_status(self, principal: Principal, key: str, status: str) -> Mapping[Any, Any]:
        changed, parameters = setting(appointments, {"status": status, "updated_at": _NOW}, _ACTIVE)
        found = self.found_by(principal, key, Access.EDIT)
        return await self._move(
            *(principal, found, Access.EDIT, changed, NotFoundError("Appointment not found")),
            parameters=parameters,
        )
