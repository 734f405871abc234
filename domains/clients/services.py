"""The rules of clients: what a list shows, how a client and its contact are written in one statement."""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    Text,
    Update,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from domains.clients.models import CLIENT, SHOWN, WITH_CONTACT
from domains.clients.validators import (
    OF_THE_CLIENT,
    CreateClient,
    ListQuery,
    Note,
    Tags,
    UpdateClient,
    Versioned,
    shown_of,
)
from domains.shared.archiving import Archive
from domains.shared.batches import Batch, Needs
from domains.shared.changes import Also, setting
from domains.shared.csv_export import Export
from domains.shared.errors import DuplicateError, UnusableInputError
from domains.shared.node_json import truthy
from domains.shared.pagination import Page
from domains.shared.people import clients, contacts
from domains.shared.permissions import Access, Principal, Scope, granted, in_scope, refusal
from domains.shared.services import CrudService, values_of
from domains.shared.statistics import Statistics
from domains.shared.validation import validated

_CONTACT_COLUMNS = (
    *("first_name", "last_name", "email", "phone", "street_address", "city", "state", "zip_code"),
    *("notes", "tags", "contact_type"),
)
_CONTACT = (
    insert(contacts)
    .from_select(
        list(_CONTACT_COLUMNS),
        select(*(bindparam(name, type_=contacts.c[name].type) for name in _CONTACT_COLUMNS)).where(
            ~exists().where(contacts.c.email == bindparam("email", type_=contacts.c.email.type))
        ),
    )
    .returning(contacts.c.id)
    .cte("contact")
)
_CREATION = select(
    insert(clients)
    .from_select(
        ["contact_id", "client_type", "status", "team_id"],
        select(
            _CONTACT.c.id,
            bindparam("contact_type", type_=clients.c.client_type.type),
            literal("active"),
            bindparam("team_id", type_=clients.c.team_id.type),
        ),
    )
    .returning(clients.c.id, clients.c.contact_id, clients.c.status)
    .cte("client")
)
"""A contact and its client: no row where there is a contact with that address already."""


class ClientService(CrudService):
    """Clients, for one caller at a time."""

    resource = CLIENT
    source = WITH_CONTACT
    whole = SHOWN
    archiving = Archive(
        clients.c.status == "archived", {"status": "archived"}, repeatable=True, before_deletion=False
    )
    batch = Batch(Needs.NOTHING, looks_at_items=False)
    statistics = Statistics("byStatus", clients.c.status)
    exported = Export({column.name: column for column in SHOWN if column.name != "id"}, WITH_CONTACT)

    def wanted(self, principal: Principal, query: Mapping[str, str]) -> Sequence[ColumnElement[bool]]:
        """The rows that a query asks for, of those in its scope: active ones, where it does not say otherwise."""
        where = [in_scope(self.resource, principal, Scope.of(query.get("scope")))]
        asked = validated(ListQuery, query)
        if asked.status and asked.status != "all":
            where.append(clients.c.status == asked.status)
        if asked.search:
            names = (contacts.c.first_name, contacts.c.last_name, contacts.c.email)
            where.append(or_(*(name.ilike(f"%{asked.search}%") for name in names)))
        return where

    async def list_page(self, principal: Principal, query: Mapping[str, str]) -> Page:
        """The page that a query asks for, the newest first."""
        where, asked = self.wanted(principal, query), validated(ListQuery, query)
        order = clients.c.created_at.desc()
        page = await self.page(SHOWN, where, order, number=asked.page, limit=asked.limit)
        return Page([self.shown(row) for row in page.rows], page.total, page.number, page.limit)

    async def create(self, principal: Principal, body: Mapping[str, Any]) -> dict[str, Any]:
        """A new contact and its client; its creator does not own it (Q-20)."""
        wanted = validated(CreateClient, body)
        contact = wanted.model_dump(exclude={"client_type"}) | {"contact_type": wanted.client_type.lower()}
        created = await self._database.run(_CREATION, contact | {"team_id": principal.key_team_id})
        if not created:
            raise DuplicateError("DUPLICATE_EMAIL", "A contact with this email already exists")
        row = dict(created[0])
        status = row.pop("status")
        return {**row, **shown_of(body), "client_type": wanted.client_type, "status": status}

    async def update(self, principal: Principal, key: str, body: Mapping[str, Any]) -> Mapping[Any, Any]:
        """The client's own row after an update of it, its contact or both."""
        sent = validated(UpdateClient, body).model_dump(exclude_unset=True)
        own = {name: value for name, value in sent.items() if name in OF_THE_CLIENT}
        contact = {name: value for name, value in sent.items() if name not in OF_THE_CLIENT}
        change, parameters = setting(contacts, {**contact, "updated_at": _NOW}) if contact else (None, {})
        if not own:
            return await self._along(principal, key, change, parameters)
        if "client_type" in own:
            own["client_type"] = own["client_type"].lower()
        async with self.judging(principal, key):
            version = validated(Versioned, body).version
        also = None if change is None else _along_with(change)
        return await self.change(principal, key, own, version=version, also=also, parameters=parameters)

    async def add_note(self, principal: Principal, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """All notes of a client with a new one, which says when it was made."""
        if not truthy(body.get("content")):
            raise UnusableInputError("MISSING_CONTENT", "Note content is required")
        note = {"note": validated(Note, body).content}
        return {"notes": (await self._along(principal, key, _NOTING, note, "notes"))["notes"]}

    async def set_tags(self, principal: Principal, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The tags of a client, which replace those it had."""
        if not isinstance(body.get("tags"), list):
            raise UnusableInputError("INVALID_TAGS", "Tags must be an array")
        change, parameters = setting(contacts, {"tags": validated(Tags, body).tags, "updated_at": _NOW})
        return {"tags": (await self._along(principal, key, change, parameters, "tags"))["tags"]}

    async def delete(self, principal: Principal, key: str) -> Mapping[Any, Any]:
        """Delete one client for good, with its contact, archived or not (Q-26)."""
        found = self.found_by(principal, key, Access.DELETE)
        return await self._move(
            *(principal, found, Access.DELETE, _DELETION, self.not_to_delete()), also=_contact_too
        )

    async def _along(
        self,
        principal: Principal,
        key: str,
        change: Update | None,
        parameters: Mapping[str, Any],
        *returned: str,
    ) -> Mapping[Any, Any]:
        """A client that the caller may edit, with what is returned of its contact, which alone is changed."""
        found = self.found_by(principal, key, Access.EDIT)
        statement = _changing_contact(found.how, change, returned)
        if rows := await self._database.run(statement, values_of(principal, found) | dict(parameters)):
            return rows[0]
        raise refusal(self.resource, principal, Access.EDIT, f"{self.resource.label} not found")


# made once, as the changes that they are made from
_NOW = func.now()
_BEFORE = func.coalesce(contacts.c.notes + "\n", "")
_NOTING = update(contacts).values(
    notes=_BEFORE + bindparam("note", type_=Text) + " - " + cast(_NOW, Text), updated_at=_NOW
)
_DELETION = delete(clients)


@lru_cache
def _changing_contact(
    how: ColumnElement[bool], change: Update | None, returned: tuple[str, ...]
) -> Select[Any]:
    chosen = select(clients).where(how, granted(CLIENT, Access.EDIT)).cte("chosen")
    if change is None:
        return select(chosen)
    columns = [contacts.c[name] for name in returned]
    contact = _of_contact(chosen, change.returning(*columns) if columns else change)
    told = [contact.c[name] for name in returned]
    return select(chosen, *told).select_from(chosen.join(contact, true()))


@lru_cache
def _along_with(change: Update) -> Also:
    return partial(_of_contact, change=change)


def _of_contact(client: CTE, change: Update) -> CTE:
    """The change of the contact of a client."""
    moved = change.where(contacts.c.id == client.c.contact_id)
    return moved.returning(contacts.c.id).cte("contact")


def _contact_too(gone: CTE) -> CTE:
    """The deletion of the contact of a client."""
    deletion = delete(contacts).where(contacts.c.id == gone.c.contact_id)
    return deletion.returning(contacts.c.id).cte("contact")
