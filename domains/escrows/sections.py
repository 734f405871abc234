"""The sections of an escrow: read one by one, and changed in place, so that two changes at once are both kept."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    RowMapping,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from domains.escrows.models import escrows
from domains.escrows.services import EscrowService, by_any_name, by_id_or_display_id
from domains.escrows.utils import Row, notes_of, property_section, whole_escrow
from domains.escrows.validators import (
    AddNote,
    ChecklistItem,
    details_of,
    documents_of,
    money_of,
    property_of,
    split_item,
)
from domains.shared.changes import setting
from domains.shared.errors import (
    ApiError,
    ConflictError,
    Fault,
    InvalidInputError,
    NotFoundError,
    NoUpdatesError,
)
from domains.shared.node_json import dumps_text, iso_moment, spread
from domains.shared.people import contacts
from domains.shared.permissions import Access, Principal, refusal
from domains.shared.services import Found
from domains.shared.uuids import uuid_of
from domains.shared.validation import validated

T = TypeVar("T")
_JSON = JSONB()
_TOLD_TO = ("id", "owner_id", "team_id", "broker_id")
SHOWN_OF_A_PROPERTY = (
    *("id", "bedrooms", "bathrooms", "square_feet", "pool", "spa", "gated_community", "senior_community"),
    *("year_built", "garage_spaces", "stories", "lot_size_sqft"),
)
"""What is told of a property after a change."""
_OF_CHECKLISTS = (*_TOLD_TO, "checklists")
_NOTING_ATTEMPTS = 20
SHOWN_OF_A_CONTACT = (
    *("id", "contact_type", "first_name", "last_name", "full_name", "company", "email", "phone"),
    *("phone_secondary", "work_phone", "street_address", "city", "state", "zip_code", "license_number"),
    *("preferred_contact_method", "notes", "tags"),
)
_CONTACTS = select(*(contacts.c[name] for name in SHOWN_OF_A_CONTACT)).where(contacts.c.deleted_at.is_(None))


_DATABASE = select(
    literal(value=True).label("connected"),
    func.current_database().label("database"),
    func.now().label("serverTime"),
)


class SectionService(EscrowService):
    """Escrows with their sections; each is granted as the escrow is (Q-02)."""

    async def database_health(self) -> Row:
        """Whether the database answers, its name and its time."""
        return (await self._database.run(_DATABASE))[0]

    async def part(self, principal: Principal, key: str, name: str) -> Any:
        """The timeline, the financials or the documents, as the whole escrow shows them."""
        row = await self.read(principal, _part(key))
        return whole_escrow(row, self._clock())[name]

    async def details(self, principal: Principal, key: str) -> dict[str, Any]:
        """The details, as the whole escrow shows them."""
        return self.shown_details(await self.read(principal, by_id_or_display_id(key)))

    async def property(self, principal: Principal, key: str) -> dict[str, Any]:
        """What the whole escrow shows of the property, and three more."""
        row = await self.read(principal, by_id_or_display_id(key))
        return property_section(row)

    async def notes(self, principal: Principal, key: str) -> Any:
        """The notes; what is stored and no JSON reads as none."""
        return notes_of(await self.read(principal, by_id_or_display_id(key)))

    async def require_part(self, principal: Principal, key: str) -> None:
        """Raise unless there is such an escrow, and the caller may see it."""
        await self.read(principal, _part(key))

    async def people(self, principal: Principal, key: str) -> dict[str, Any]:
        """The contacts of the roles that hold a contact's id; other shapes are left out."""
        row = await self.read(principal, _part(key))
        wanted = {
            role: found
            for role, person in spread(row["people"]).items()
            if (found := uuid_of(person)) is not None
        }
        if not wanted:
            return {}
        rows = await self._database.run(_CONTACTS.where(contacts.c.id.in_(set(wanted.values()))))
        by_id: dict[UUID, RowMapping] = {contact["id"]: contact for contact in rows}
        return {role: dict(by_id[person]) for role, person in wanted.items() if person in by_id}

    async def change_people(self, principal: Principal, key: str, body: Mapping[str, Any]) -> Row:
        """Merge people into those that are stored."""
        return await self._store(
            principal, _part(key), {"people": _PEOPLE}, given=body, names=(*_TOLD_TO, "people")
        )

    async def change_timeline(
        self, principal: Principal, key: str, body: Mapping[str, Any], *, is_array: bool
    ) -> Row:
        """Merge an array into the stored one by position, or an object into a stored object (Q-13)."""
        if is_array:
            parts: dict[str, Any] = {"given_items": list(body.values()), "given_length": len(body)}
            return await self._store(principal, _part(key), {"timeline": _TIMELINE}, given=body, **parts)
        refused = InvalidInputError([Fault("timeline", "Timeline must be an array")])
        values = {"timeline": _TIMELINE_OBJECT}
        return await self._store(principal, _part(key), values, only=_NO_ARRAY, otherwise=refused, given=body)

    async def change_financials(self, principal: Principal, key: str, body: Mapping[str, Any]) -> Row:
        """Merge numbers into those that are stored; some are columns too."""
        found = _part(key)
        columns = await self._checked(principal, found, lambda: money_of(body))
        return await self._store(principal, found, {"financials": _FINANCIALS} | columns, given=body)

    async def change_checklist(
        self, principal: Principal, key: str, category: str, body: Mapping[str, Any]
    ) -> Row:
        """Merge items into one of the stored checklists."""
        return await self._set_items(principal, _part(key), category, body)

    async def change_item(
        self, principal: Principal, key: str, body: Mapping[str, Any]
    ) -> tuple[Row, dict[str, Any]]:
        """Set one item of a checklist, `category.key`, and say which."""
        validated(ChecklistItem, body)
        found = _part(key)
        category, item = await self._checked(principal, found, lambda: split_item(body["item"]))
        noted = {f"{item}_note": body["note"]} if body.get("note") else {}
        items = {item: body["value"], **noted}
        row = await self._set_items(principal, found, category, items)
        return row, {"category": category, "field": item, "value": body["value"]}

    async def change_documents(
        self, principal: Principal, key: str, body: Mapping[str, Any], *, is_array: bool
    ) -> Row:
        """Replace the documents."""
        documents = documents_of(body, is_array=is_array)
        return await self._store(
            principal, _part(key), {"documents": documents}, names=(*_TOLD_TO, "documents")
        )

    async def change_details(self, principal: Principal, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change some of the details, and leave the version alone."""
        found = by_id_or_display_id(key)
        columns = await self._checked(principal, found, lambda: details_of(body))
        return self.shown_details(await self._store(principal, found, columns))

    async def change_property(self, principal: Principal, key: str, body: Mapping[str, Any]) -> Row:
        """Change columns of the property, and leave the version alone."""
        found = by_id_or_display_id(key.removeprefix("escrow-"))
        columns = await self._checked(principal, found, lambda: property_of(body))
        return await self._store(principal, found, columns, names=SHOWN_OF_A_PROPERTY)

    async def add_note(
        self, principal: Principal, key: str, body: Mapping[str, Any]
    ) -> tuple[dict[str, Any], int]:
        """A new note, and how many there are now; written only over the notes that were read."""
        wanted, found = validated(AddNote, body), by_id_or_display_id(key)
        for _ in range(_NOTING_ATTEMPTS):
            row = await self._editable(principal, found)
            notes = notes_of(row)
            if not isinstance(notes, list):
                break
            now = self._clock()
            note = {
                "id": str(int(now.timestamp() * 1000)),
                "content": wanted.note,
                "type": wanted.type,
                "createdAt": iso_moment(now),
                "createdBy": "System",
            }
            texts = {"all_notes": dumps_text([*notes, note]), "known_notes": row["notes"]}
            if await self._database.run(_NOTING, {"noted_id": row["id"], **texts}):
                return note, len(notes) + 1
        raise ConflictError("The note could not be added. Please try again.")

    def shown_details(self, row: Row) -> dict[str, Any]:
        """The details of a row."""
        details: dict[str, Any] = whole_escrow(row, self._clock())["details"]
        return details

    def shown_part(self, row: Row, name: str) -> Any:
        """A section of a row as the whole escrow shows it."""
        return whole_escrow(row, self._clock())[name]

    async def _store(
        self,
        principal: Principal,
        found: Found,
        values: Mapping[str, Any],
        *,
        only: ColumnElement[bool] | None = None,
        otherwise: ApiError | None = None,
        names: tuple[str, ...] = (),
        **given: Any,
    ) -> Row:
        """The row after the change; where it is not one to which `only` applies, raises `otherwise`.

        `given` are the open parameters of expressions among the values.
        """
        conditions = () if only is None else (only,)
        statement, parameters = setting(escrows, {**values, "updated_at": _NOW}, *conditions)
        missing = otherwise or NotFoundError(f"{self.resource.label} not found")
        return await self._move(
            principal, found, Access.EDIT, statement, missing, parameters=parameters | given, names=names
        )

    async def _set_items(
        self, principal: Principal, found: Found, category: str, items: Mapping[str, Any]
    ) -> Row:
        """Merge items into one of the stored checklists."""
        values = {"checklists": _CHECKLISTS}
        return await self._store(
            principal, found, values, given=dict(items), category=category, names=_OF_CHECKLISTS
        )

    async def _editable(self, principal: Principal, found: Found) -> Row:
        """The id and the notes of an escrow that the caller may change."""
        if (row := await self._granted(principal, found, Access.EDIT, ("id", "notes"))) is not None:
            return row
        raise refusal(self.resource, principal, Access.EDIT, f"{self.resource.label} not found")

    async def _checked(self, principal: Principal, found: Found, check: Callable[[], T]) -> T:
        """What the check of a body gives; whoever may not change the escrow learns nothing about the body."""
        try:
            return check()
        except NoUpdatesError:
            raise  # as recorded, before anything is looked up
        except ApiError:
            await self._editable(principal, found)
            raise


def _part(key: str) -> Found:
    return by_any_name(key.removeprefix("escrow-"))


def _spread(stored: ColumnElement[Any]) -> ColumnElement[Any]:
    """`{ ...stored }`: of an array its items by their indices, of what is neither array nor object nothing."""
    items = func.jsonb_array_elements(stored).table_valued("value", with_ordinality="place").render_derived()
    by_index = select(func.jsonb_object_agg(cast(items.c.place - 1, Text), items.c.value)).scalar_subquery()
    nothing = literal({}, _JSON)
    kind = func.jsonb_typeof(stored)
    return case(
        (kind == "object", stored), (kind == "array", func.coalesce(by_index, nothing)), else_=nothing
    )


def _merged(stored: ColumnElement[Any]) -> ColumnElement[Any]:
    """`{ ...stored, ...given }` of JavaScript."""
    return _spread(stored).op("||", return_type=_JSON)(bindparam("given", type_=_JSON))


def _with_items(stored: ColumnElement[Any]) -> ColumnElement[Any]:
    """The checklists with the given items merged into that of the category."""
    category: ColumnElement[str] = bindparam("category", type_=Text)
    one = func.jsonb_build_object(cast(category, Text), _merged(stored[category]))
    return _spread(stored).op("||", return_type=_JSON)(one)


def _merged_arrays(stored: ColumnElement[Any]) -> ColumnElement[Any]:
    """The stored array with the given items from its start on: what lies beyond them stays."""
    items = func.jsonb_array_elements(stored).table_valued("value", with_ordinality="place").render_derived()
    beyond = items.c.place > bindparam("given_length", type_=Integer)
    rest = select(func.jsonb_agg(items.c.value)).where(beyond).scalar_subquery()
    kept = case(
        (func.jsonb_typeof(stored) == "array", func.coalesce(rest, literal([], _JSON))),
        else_=literal([], _JSON),
    )
    return bindparam("given_items", type_=_JSON).op("||", return_type=_JSON)(kept)


# made once, because that takes longer than to run them
_NOW = func.now()
_KNOWN_NOTES = bindparam("known_notes", type_=escrows.c.notes.type)
_NOTING = (
    update(escrows)
    .where(escrows.c.id == bindparam("noted_id", type_=escrows.c.id.type))
    .where(escrows.c.notes.is_not_distinct_from(_KNOWN_NOTES))
    .values(notes=bindparam("all_notes", type_=escrows.c.notes.type), updated_at=_NOW)
    .returning(escrows.c.id)
)
_PEOPLE = _merged(escrows.c.people)
_FINANCIALS = _merged(escrows.c.financials)
_CHECKLISTS = _with_items(escrows.c.checklists)
_TIMELINE_OBJECT = _merged(escrows.c.timeline)
_TIMELINE = case(
    (func.jsonb_typeof(escrows.c.timeline) == "object", _TIMELINE_OBJECT),
    else_=_merged_arrays(escrows.c.timeline),
)
_NO_ARRAY: ColumnElement[bool] = func.coalesce(func.jsonb_typeof(escrows.c.timeline), "null") != "array"
