"""The rules of contacts and their roles: whose they are, how one is found, which role is the first one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    RowMapping,
    Select,
    Uuid,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as insert_or

from domains.contacts.models import CONTACT, WITH_ROLES, assignments, contact_roles
from domains.contacts.validators import (
    Assignment,
    ListQuery,
    Primary,
    RolesQuery,
    SearchQuery,
    check_role_id,
    creation_of,
    role_of,
    sent_of,
    update_of,
)
from domains.shared.archiving import Archive
from domains.shared.changes import adding
from domains.shared.csv_export import Export
from domains.shared.database import Database
from domains.shared.errors import (
    ApiError,
    DuplicateError,
    NotFoundError,
    UnusableInputError,
)
from domains.shared.node_json import column_value
from domains.shared.pagination import Page
from domains.shared.people import contacts
from domains.shared.permissions import EVERYTHING, Access, Principal, caller_values, granted, refusal
from domains.shared.services import KEY, CrudService
from domains.shared.statistics import Statistics
from domains.shared.uuids import uuid_of
from domains.shared.validation import Model, validated

_HIDDEN_IN_LISTS = frozenset(
    {"full_name", "work_phone", "preferred_contact_method", "archived_at", "deleted_at", "search_vector"}
)
LISTED = tuple(column for column in contacts.c if column.name not in _HIDDEN_IN_LISTS)
FOUND = tuple(
    contacts.c[name]
    for name in (
        *("id", "first_name", "last_name", "full_name", "email", "phone", "company", "license_number"),
        "created_at",
    )
)
"""What is shown of a contact in a list, and in what was searched for."""
LISTED_ROLE = tuple(column for column in contact_roles.c if column.name not in {"created_at", "updated_at"})
_EXPORTED = (
    *("first_name", "last_name", "email", "phone", "phone_secondary", "contact_type", "company"),
    *("license_number", "street_address", "city", "state", "zip_code", "notes", "tags", "is_archived"),
    *("created_at", "updated_at"),
)
_PLAYS = exists().where(
    assignments.c.contact_id == contacts.c.id,
    assignments.c.is_active,
    contact_roles.c.id == assignments.c.role_id,
)


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: column_value(value) for name, value in row.items()}


class ContactService(CrudService):
    """The contacts of one caller."""

    resource = CONTACT
    archiving = Archive(
        contacts.c.is_archived.is_(True),
        {"is_archived": True, "archived_at": func.now()},
        {"is_archived": False, "archived_at": None},
        repeatable=True,
        before_deletion=False,
    )
    statistics = Statistics("byType", contacts.c.contact_type)
    exported = Export({name: contacts.c[name] for name in _EXPORTED})

    def wanted(self, principal: Principal, query: Mapping[str, str]) -> Sequence[ColumnElement[bool]]:
        """The caller's own that a query asks for: those in the archive, or those that are not."""
        asked = validated(ListQuery, query)
        is_archived = contacts.c.is_archived.is_(asked.archived == "true")
        where = [contacts.c.user_id == principal.user_id, is_archived]
        if asked.contact_type:
            where.append(contacts.c.contact_type == asked.contact_type)
        if asked.search:
            where.append(contacts.c.search_vector.op("@@")(func.plainto_tsquery("english", asked.search)))
        return where

    async def list_page(self, principal: Principal, query: Mapping[str, str]) -> Page:
        """The part of the list that a query asks for, by name."""
        where, asked = self.wanted(principal, query), validated(ListQuery, query)
        order = (contacts.c.last_name, contacts.c.first_name)
        found = await self.window(LISTED, where, *order, limit=asked.limit, offset=asked.offset)
        rows = [{column.name: column_value(row[column.name]) for column in LISTED} for row in found.rows]
        return replace(found, rows=rows)

    async def search(self, principal: Principal, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """The caller's own, archived or not, by role, name and e-mail address."""
        asked = validated(SearchQuery, query)
        where = [contacts.c.deleted_at.is_(None), contacts.c.user_id == principal.user_id]
        if asked.role:
            where.append(_PLAYS.where(contact_roles.c.role_name == asked.role))
        if asked.name:
            where.append(contacts.c.full_name.ilike(f"%{asked.name}%"))
        if asked.email:
            where.append(contacts.c.email.ilike(f"%{asked.email}%"))
        named = select(*FOUND).where(*where).order_by(contacts.c.full_name)
        rows = await self._database.run(named.limit(asked.limit))
        return [_shown(row) for row in rows]

    async def create(self, principal: Principal, body: Mapping[str, Any]) -> RowMapping:
        """A new contact, which is the caller's."""
        values = creation_of(body) | {"user_id": principal.user_id}
        statement, parameters = adding(contacts, values)
        return (await self._database.run(statement, parameters))[0]

    async def update(self, principal: Principal, key: str, body: Mapping[str, Any]) -> Mapping[Any, Any]:
        """The whole contact after the update."""
        sent = sent_of(body)
        async with self.judging(principal, key):
            changes = update_of(sent)
        return await self.change(principal, key, changes, version=None)


class RoleService:
    """The roles that there are, for everybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_all(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """The active ones in their order, or all of them."""
        roles = select(*LISTED_ROLE).order_by(contact_roles.c.sort_order, contact_roles.c.display_name)
        if validated(RolesQuery, query).active_only == "true":
            roles = roles.where(contact_roles.c.is_active)
        return [_shown(row) for row in await self._database.run(roles)]

    async def get(self, key: str) -> dict[str, Any]:
        """One role, active or not."""
        role_id = uuid_of(key)
        one = select(contact_roles).where(contact_roles.c.id == role_id)
        rows = await self._database.run(one) if role_id is not None else ()
        if not rows:
            raise NotFoundError("Contact role not found")
        return _shown(rows[0])

    async def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A new role, made by anybody; its name is unique."""
        made, values = adding(contact_roles, role_of(body), unique="role_name")
        rows = await self._database.run(made, values)
        if not rows:
            raise DuplicateError("DUPLICATE_ROLE", "A role with this name already exists")
        return _shown(rows[0])


_ROLE = bindparam("role", type_=Uuid)
_OF_CONTACT = assignments.c.contact_id == KEY
_OF_ROLE = and_(_OF_CONTACT, assignments.c.role_id == _ROLE)
_OF_ASSIGNMENT = ("is_primary", "role_metadata", "assigned_at", "is_active")
_RETURNED = tuple(assignments.c[name] for name in ("id", "role_id", *_OF_ASSIGNMENT))
_SHOWN = ("role_id", "role_name", "display_name", "color", "icon", *_OF_ASSIGNMENT)


def _mine(access: Access) -> CTE:
    """The contact, if the caller was granted that."""
    return select(contacts.c.id).where(contacts.c.id == KEY, granted(WITH_ROLES, access)).cte("mine")


def _seen(mine: CTE, *more: ColumnElement[Any]) -> CTE:
    """One row: whether the caller may go on, a system_admin even where there is no contact, and what is more."""
    is_found = exists(select(mine.c.id))
    return select(or_(EVERYTHING, is_found).label("was_granted"), is_found.label("was_found"), *more).cte(
        "seen"
    )


def _telling(seen: CTE, changed: CTE) -> Select[Any]:
    """What was seen, and beside it the roles whose assignments are in `changed`."""
    named = [contact_roles.c[name] for name in ("role_name", "display_name", "color", "icon")]
    joined = seen.outerjoin(changed, seen.c.was_granted).outerjoin(
        contact_roles, contact_roles.c.id == changed.c.role_id
    )
    return select(seen, changed, *named).select_from(joined)


def _listing() -> Select[Any]:
    has = select(*_RETURNED).where(_OF_CONTACT, assignments.c.is_active).cte("has")
    told = _telling(_seen(_mine(Access.VIEW)), has)
    return told.order_by(has.c.is_primary.desc(), has.c.assigned_at)


def _adding() -> Select[Any]:
    """A role that was taken away comes back; the first role makes way for another only where that was added."""
    mine = _mine(Access.EDIT)
    role = (
        select(contact_roles.c.id).where(contact_roles.c.id == _ROLE, contact_roles.c.is_active).cte("role")
    )
    new = {
        "contact_id": mine.c.id,
        "role_id": role.c.id,
        "is_primary": bindparam("primary", type_=Boolean),
        "role_metadata": bindparam("metadata", type_=JSONB),
        "assigned_by": bindparam("by", type_=Uuid),
    }
    # a conflict locks its row, which waits for the disk: what is there already is not even tried
    is_there = exists().where(_OF_ROLE, assignments.c.is_active)
    wanted = insert_or(assignments).from_select(
        list(new), select(*new.values()).select_from(mine.join(role, true())).where(~is_there)
    )
    again = {name: wanted.excluded[name] for name in ("is_primary", "role_metadata", "assigned_by")}
    added = (
        wanted.on_conflict_do_update(
            index_elements=["contact_id", "role_id"],
            set_={**again, "is_active": True, "archived_at": None, "assigned_at": func.now()},
            where=assignments.c.is_active.is_not(True),
        )
        .returning(*_RETURNED)
        .cte("added")
    )
    demoted = (
        update(assignments)
        .where(_OF_CONTACT, assignments.c.role_id != _ROLE, assignments.c.is_primary)
        .where(exists(select(added.c.role_id).where(added.c.is_primary)))
        .values(is_primary=False)
        .returning(assignments.c.id)
        .cte("demoted")
    )
    was_role = exists(select(role.c.id)).label("was_role")
    return _telling(_seen(mine, was_role), added).add_cte(demoted)


def _choosing() -> Select[Any]:
    mine = _mine(Access.EDIT)
    role = select(assignments.c.role_id).where(_OF_ROLE, assignments.c.is_active, exists(select(mine.c.id)))
    changed = (
        update(assignments)
        .where(_OF_CONTACT, role.exists(), or_(assignments.c.is_primary, assignments.c.role_id == _ROLE))
        .values(is_primary=assignments.c.role_id == _ROLE)
        .returning(*_RETURNED)
        .cte("changed")
    )
    return _telling(_seen(mine), select(changed).where(changed.c.is_primary).cte("first"))


def _removing() -> Select[Any]:
    active = select(func.count()).where(_OF_CONTACT, assignments.c.is_active).scalar_subquery()
    seen = _seen(_mine(Access.EDIT), active.label("active"))
    removed = (
        update(assignments)
        .where(_OF_ROLE, exists(select(seen.c.active).where(seen.c.was_granted, seen.c.active > 1)))
        .values(is_active=False, archived_at=func.now())
        .returning(assignments.c.id)
        .cte("removed")
    )
    return select(seen, exists(select(removed.c.id)).label("was_removed"))


_LISTING, _ADDING, _CHOOSING, _REMOVING = _listing(), _adding(), _choosing(), _removing()
_ASKING = select(_seen(_mine(Access.EDIT)))


def _told(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: column_value(row[name]) for name in _SHOWN}


class AssignmentService:
    """The roles of one contact, for those who may see or edit it (Q-02)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_all(self, principal: Principal, key: str) -> list[dict[str, Any]]:
        """The active ones, the first one first; for a system_admin there are none where there is no contact."""
        rows = await self._run(principal, key, Access.VIEW, _LISTING)
        return [_told(row) for row in rows if row["role_id"] is not None]

    async def add(self, principal: Principal, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A role that a contact has from now on (Q-12); as the first one it takes the place of another."""
        asked = await self._asked(Assignment, principal, key, body)
        values = {
            "role": asked.role_id,
            "primary": bool(asked.is_primary),
            "metadata": asked.role_metadata or {},
            "by": principal.user_id,
        }
        row = (await self._run(principal, key, Access.EDIT, _ADDING, values))[0]
        if not row["was_found"]:
            raise NotFoundError("Contact not found")
        if not row["was_role"]:
            raise NotFoundError("Role not found")
        if row["role_id"] is None:
            raise DuplicateError("DUPLICATE_ROLE", "The contact already has this role")
        return _told(row)

    async def set_primary(self, principal: Principal, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """One of the roles of a contact, which is the first one from now on (Q-12)."""
        asked = await self._asked(Primary, principal, key, body)
        row = (await self._run(principal, key, Access.EDIT, _CHOOSING, {"role": asked.role_id}))[0]
        if row["role_id"] is None:
            raise NotFoundError("The contact does not have this role")
        return _told(row)

    async def remove(self, principal: Principal, key: str, role_key: str) -> None:
        """Take a role from a contact that has another one; a role that was taken before may be taken again."""
        role_id = uuid_of(role_key)
        row = (await self._run(principal, key, Access.EDIT, _REMOVING, {"role": role_id}))[0]
        if row["active"] <= 1:
            raise UnusableInputError("VALIDATION_ERROR", "Cannot remove last role from contact")
        if not row["was_removed"]:
            raise NotFoundError("Role assignment not found")

    async def _asked(
        self, model: type[Model], principal: Principal, key: str, body: Mapping[str, Any]
    ) -> Model:
        check_role_id(body)
        try:
            return validated(model, body)
        except ApiError:
            if not principal.is_system_admin:
                await self._run(
                    principal, key, Access.EDIT, _ASKING
                )  # a stranger learns nothing about the body
            raise

    async def _run(
        self,
        principal: Principal,
        key: str,
        access: Access,
        statement: Select[Any],
        values: Mapping[str, Any] | None = None,
    ) -> Sequence[RowMapping]:
        """The rows of a statement that looks at the permission itself; raises where it was not granted."""
        contact_id = uuid_of(key)
        if contact_id is not None:
            sent = {"key": contact_id, **caller_values(principal), **(values or {})}
            rows = await self._database.run(statement, sent)
            if rows[0]["was_granted"]:
                return rows
        raise refusal(WITH_ROLES, principal, access, "Contact not found")
