"""The rules of leads: what a list shows, what an update may touch, how one becomes a client."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Text,
    bindparam,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from domains.leads.models import LEAD, leads
from domains.leads.utils import activity_of
from domains.leads.validators import (
    CreateLead,
    ListQuery,
    UpdateChecks,
    UpdateLead,
    check_business_rules,
    updates_of,
)
from domains.shared.archiving import by_deleted_at
from domains.shared.changes import adding, setting, version_of
from domains.shared.csv_export import Export
from domains.shared.errors import NotFoundError, NoUpdatesError
from domains.shared.node_json import column_value, truthy
from domains.shared.pagination import Page, counted_page
from domains.shared.people import clients, contacts
from domains.shared.permissions import Access, Principal, granted, refusal
from domains.shared.services import CrudService, values_of
from domains.shared.statistics import Statistics
from domains.shared.validation import validated

_NEW = {"lead_status": "New", "lead_score": 0, "lead_temperature": "Cold"}
_BECOMES_CONTACT = ("first_name", "last_name", "email", "phone", "team_id")
_NOT_FOUND = "Lead not found"
_PARAGRAPH = "\n\n["

_TODAY = func.current_date()
_OPEN = leads.c.deleted_at.is_(None)
_BEFORE = func.coalesce(func.nullif(leads.c.notes, "") + _PARAGRAPH + cast(func.now(), Text) + "] ", "")
_NOTED = {
    "notes": _BEFORE + bindparam("activity", type_=Text),
    "last_contact_date": _TODAY,
    "updated_at": func.now(),
}
"""What an activity sets; made once."""


class LeadService(CrudService):
    """Leads, for one caller at a time."""

    resource = LEAD
    hides_archived = True
    archiving = by_deleted_at(leads, lead_status="archived")
    statistics = Statistics("byStatus", leads.c.lead_status)
    exported = Export(
        {
            name: leads.c[name]
            for name in (
                *("first_name", "last_name", "email", "phone", "lead_source", "lead_status", "lead_score"),
                *("lead_temperature", "notes", "property_interest", "budget_range", "timeline"),
                *("last_contact_date", "next_follow_up", "created_at", "updated_at"),
            )
        }
    )

    def wanted(self, principal: Principal, query: Mapping[str, str]) -> Sequence[ColumnElement[bool]]:
        """The rows of the scope (Q-01), without the archive."""
        scope = super().wanted(principal, query)
        asked = validated(ListQuery, query)
        where = [*scope, leads.c.deleted_at.is_(None)]
        if asked.lead_status:
            where.append(leads.c.lead_status == asked.lead_status)
        if asked.search:
            text = f"%{asked.search}%"
            columns = (leads.c.first_name, leads.c.last_name, leads.c.email)
            where.append(or_(*(column.ilike(text) for column in columns)))
        return where

    async def list_page(self, principal: Principal, query: Mapping[str, str]) -> Page:
        """The page that a query asks for, the latest leads first."""
        where, latest = self.wanted(principal, query), leads.c.created_at.desc()
        asked = validated(ListQuery, query)
        number, offset = counted_page(asked.page, asked.limit)
        found = await self.window(self.whole, where, latest, limit=asked.limit, offset=offset)
        return Page([self.shown(row) for row in found.rows], found.total, number, asked.limit)

    async def create(self, principal: Principal, body: Mapping[str, Any]) -> RowMapping:
        """A new lead. It is assigned to its creator, who does not own it (Q-20)."""
        wanted = validated(CreateLead, {key: value for key, value in body.items() if _counts(key, value)})
        check_business_rules(body)
        given = wanted.model_dump(exclude_unset=True).items()
        values = {key: value for key, value in given if value or key in _NEW}
        assigned = {"assigned_agent_id": principal.user_id, "team_id": principal.key_team_id}
        statement, parameters = adding(leads, {**_NEW, **values, **assigned})
        return (await self._database.run(statement, parameters))[0]

    async def update(self, principal: Principal, key: str, body: Mapping[str, Any]) -> Mapping[Any, Any]:
        """The whole lead after the update; with a `version` only if it still has that one."""
        validated(UpdateChecks, body)
        async with self.judging(principal, key):
            check_business_rules(body)
            if not (sent := updates_of(body)):
                raise NoUpdatesError("No valid fields to update")
            versioned = {"version": body["version"]} if "version" in body else {}
            changes = validated(UpdateLead, sent | versioned).model_dump(exclude_unset=True)
        version = version_of(changes)
        changes["last_contact_date"] = _TODAY
        attempted = body.get("version")
        return await self.change(principal, key, changes, version=version, attempted=attempted)

    async def record_activity(
        self, principal: Principal, key: str, body: Mapping[str, Any]
    ) -> Mapping[Any, Any]:
        """The lead with one more paragraph in its notes."""
        noted, parameters = setting(leads, _NOTED, _OPEN)
        found = self.found_by(principal, key, Access.EDIT)
        return await self._move(
            *(principal, found, Access.EDIT, noted, NotFoundError(_NOT_FOUND)),
            parameters=parameters | {"activity": activity_of(body)},
        )

    async def convert(self, principal: Principal, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The client that the lead has become, and the lead; a repeat makes another client, as recorded."""
        found = self.found_by(principal, key, Access.EDIT)
        rows = await self._database.run(_conversion(found.how), values_of(principal, found))
        if rows and rows[0]["was_converted"]:
            row = rows[0]
            return (
                {column.name: column_value(row[f"client_{column.name}"]) for column in clients.c},
                self.shown(row),
            )
        if rows and rows[0]["was_granted"]:
            raise NotFoundError(_NOT_FOUND)
        raise refusal(self.resource, principal, Access.EDIT, _NOT_FOUND)


def _counts(key: str, value: Any) -> bool:
    """Whether a creation looks at a value: what is only stored is mostly taken as absent where it is empty."""
    return key not in {"source", "notes"} or truthy(value)


@cache
def _conversion(how: ColumnElement[bool]) -> Select[Any]:
    """One statement for all of it: the contact, its client, the lead's new status, or nothing of them."""
    seen = select(leads, granted(LEAD, Access.EDIT).label("was_granted")).where(how).cte("seen")
    named = [seen.c[name] for name in _BECOMES_CONTACT]
    noted = literal("Converted from lead. Original notes: ") + func.coalesce(
        func.nullif(seen.c.notes, ""), "None"
    )
    open_lead = select(*named, noted, literal("buyer")).where(seen.c.was_granted, seen.c.deleted_at.is_(None))
    made_of = [*_BECOMES_CONTACT, "notes", "contact_type"]
    contact = insert(contacts).from_select(made_of, open_lead).returning(contacts.c.id).cte("contact")
    buyer = select(contact.c.id, literal("buyer"), literal("active"))
    client = (
        insert(clients)
        .from_select(["contact_id", "client_type", "status"], buyer)
        .returning(*clients.c)
        .cte("client")
    )
    converted = (
        update(leads)
        .where(leads.c.id == seen.c.id, exists(select(client.c.id)))
        .values(
            lead_status="converted",
            converted_to_client_id=select(client.c.id).scalar_subquery(),
            updated_at=func.now(),
        )
        .returning(*leads.c)
        .cte("converted")
    )
    made = [column.label(f"client_{column.name}") for column in client.c]
    was_converted = client.c.id.is_not(None).label("was_converted")
    return select(seen.c.was_granted, was_converted, *made, *converted.c).select_from(
        seen.outerjoin(client, true()).outerjoin(converted, true())
    )
