"""The rules of escrows: which word finds one, what a list shows, how one is numbered, what an update may touch."""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    RowMapping,
    UnaryExpression,
    Uuid,
    and_,
    asc,
    bindparam,
    case,
    cast,
    desc,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from domains.escrows.models import ESCROW, broker_notification_settings, brokers, escrows
from domains.escrows.utils import LIST_PEOPLE, list_row, whole_escrow
from domains.escrows.validators import (
    IGNORED_IN_UPDATES,
    CreateEscrow,
    ListQuery,
    UpdateChecks,
    UpdateEscrow,
    check_business_rules,
    refuse_empty_dates,
    with_camel_twins,
)
from domains.shared.batches import Batch, Needs
from domains.shared.changes import adding
from domains.shared.csv_export import Export
from domains.shared.errors import (
    ApiError,
    ConflictError,
    Fault,
    InvalidInputError,
    NotFoundError,
    NoUpdatesError,
    UnusableInputError,
)
from domains.shared.node_json import either, text, truthy
from domains.shared.pagination import Page
from domains.shared.permissions import Access, Principal, Scope, in_scope
from domains.shared.services import KEY, CrudService, Found
from domains.shared.statistics import Statistics
from domains.shared.validation import validated

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_LARGEST_INTEGER = 2**31 - 1
_NUMBERING_ATTEMPTS = 50
_AT_LEAST_4_DIGITS = "FM99999999999990000"

_SHOWN_COMMISSION: ColumnElement[Any] = func.coalesce(escrows.c.my_commission, escrows.c.net_commission, 0)
_LIST_COLUMNS = (
    *(
        escrows.c[name]
        for name in (
            *("id", "display_id", "property_address", "property_image_url", "zillow_url", "escrow_status"),
            *(
                "purchase_price",
                "gross_commission",
                "acceptance_date",
                "closing_date",
                "created_at",
                "updated_at",
            ),
            *("people", "checklists", "timeline", "deleted_at"),
        )
    ),
    _SHOWN_COMMISSION.label("my_commission"),
    *(escrows.c.people[role][what].astext.label(key) for key, role, what in LIST_PEOPLE),
)
_OF_THE_OFFICER = ("escrow_officer_name", "escrow_officer_email", "escrow_officer_phone", "escrow_company")
SORT_KEYS: dict[str, ColumnElement[Any]] = {
    # what the list shows as the officer's comes from `people`, so these columns are no key of it
    **{c.name: c for c in escrows.c if not isinstance(c.type, JSONB) and c.name not in _OF_THE_OFFICER},
    "my_commission": _SHOWN_COMMISSION,
}
"""What a list can be sorted by (Q-06)."""
_ORDERS: dict[str, Callable[[ColumnElement[Any]], UnaryExpression[Any]]] = {"asc": asc, "desc": desc, "": asc}


TOLD = ("id", "display_id", "property_address", "broker_id")
"""What of a new escrow its events need."""
_TOLD_COLUMNS = tuple(escrows.c[name] for name in TOLD)
EXPORTED = Export(
    {
        name: escrows.c[name]
        for name in (
            *(
                "display_id",
                "property_address",
                "city",
                "state",
                "zip_code",
                "property_type",
                "escrow_status",
            ),
            *(
                "purchase_price",
                "earnest_money_deposit",
                "gross_commission",
                "net_commission",
                "my_commission",
            ),
            *("acceptance_date", "closing_date", "escrow_company", "title_company", "lead_source"),
            *("created_at", "updated_at", "deleted_at"),
        )
    }
)
"""What of an escrow stands in a CSV file."""

_BY_ID = escrows.c.id == KEY
_BY_NUMBER = escrows.c.numeric_id == KEY
_BY_DISPLAY_ID = escrows.c.display_id == KEY
_BY_ID_OR_DISPLAY_ID = or_(_BY_ID, _BY_DISPLAY_ID)
_NONE = false()
_SETTINGS = broker_notification_settings.c
_PRICE: BindParameter[Any] = bindparam("price", type_=escrows.c.purchase_price.type)
_WISH = (
    select(brokers.c.email, _SETTINGS.in_app_notifications, _SETTINGS.email_notifications)
    .join(broker_notification_settings, _SETTINGS.broker_id == brokers.c.id)
    .where(
        brokers.c.id == bindparam("broker", type_=Uuid()),
        _SETTINGS.notify_escrow_closed,
        func.coalesce(_SETTINGS.min_escrow_value <= _PRICE, true()),
    )
)


class EscrowService(CrudService):
    """Escrows, for one caller at a time."""

    resource = ESCROW
    told_of_moves = TOLD
    not_to_archive = "Escrow not found or already archived"
    not_to_restore = "Escrow not found in archives"
    batch = Batch(Needs.ALL, names=("id", "display_id"), shows=("id", "display_id", "property_address"))
    statistics = Statistics(
        "byStatus",
        escrows.c.escrow_status,
        {"purchasePrice": escrows.c.purchase_price, "myCommission": _SHOWN_COMMISSION},
    )
    exported = EXPORTED

    def found_by(self, principal: Principal, key: str, access: Access) -> Found:
        """By id; a system_admin may also use the number, the display id or the id behind `escrow-`, as recorded."""
        if not principal.is_system_admin:
            return _found(_BY_ID, key)
        match access:
            case Access.VIEW:
                return by_any_name(key.removeprefix("escrow-"))
            case Access.EDIT:
                return by_id_or_display_id(key.removeprefix("escrow-"))
            case Access.DELETE:
                return by_id_or_display_id(key)

    def moved_by(self, principal: Principal, key: str) -> Found:
        """Archiving and restoring take the display id from everybody, as recorded."""
        del principal
        return by_id_or_display_id(key)

    def wanted(self, principal: Principal, query: Mapping[str, str]) -> Sequence[ColumnElement[bool]]:
        """The rows that a query asks for, of those in its scope."""
        return self._wanted(principal, validated(ListQuery, query))

    def _wanted(self, principal: Principal, asked: ListQuery) -> Sequence[ColumnElement[bool]]:
        return [in_scope(self.resource, principal, Scope.of(asked.scope)), *_filters(asked)]

    def not_to_delete(self) -> ApiError:
        """It is not told apart from what is not there."""
        missing = "Escrow not found in archives. Only archived escrows can be permanently deleted."
        return NotFoundError(missing)

    def incomplete(self, ids: Sequence[str | None], rows: Sequence[RowMapping]) -> ApiError:
        """With how many there should be, and how many there are."""
        missing = "Some escrows not found or not archived. Only archived escrows can be deleted."
        found = sum(row["was_archived"] for row in rows)
        return NotFoundError(missing, extra={"details": {"requested": len(ids), "found": found}})

    async def list_page(self, principal: Principal, query: Mapping[str, str]) -> Page:
        """The page that a query asks for."""
        asked = validated(ListQuery, query)
        where = self._wanted(principal, asked)
        page = await self.page(_LIST_COLUMNS, where, _order(asked), number=asked.page, limit=asked.limit)
        now = self._clock()
        return Page([list_row(row, now) for row in page.rows], page.total, page.number, page.limit)

    async def get(self, principal: Principal, key: str) -> dict[str, Any]:
        """One escrow, whole."""
        return whole_escrow(await self.row(principal, key), self._clock())

    async def create(self, principal: Principal, body: Mapping[str, Any]) -> RowMapping:
        """A new escrow with the next number of the year. Its creator does not own it (Q-20)."""
        given = with_camel_twins({**body, **_commission(body)})
        wanted = validated(CreateEscrow, given)
        check_business_rules(body)
        if not truthy(given["propertyAddress"]):  # 0 and false are text, and yet no address
            raise UnusableInputError("VALIDATION_ERROR", "property_address is required")
        refuse_empty_dates(body)
        values = wanted.model_dump(exclude_none=True)
        values |= {
            "zip_code": wanted.zip_code or text(body.get("zip_code")),  # of the latter an empty one, too
            "purchase_price": wanted.purchase_price or 0,
            "escrow_status": wanted.escrow_status or "Active",
            "created_by": principal.user_id,
            "team_id": principal.key_team_id,
            "display_id": _next_display_id(self._clock().year),
        }
        statement, parameters = adding(escrows, values, _TOLD_COLUMNS, unique="display_id")
        for _ in range(_NUMBERING_ATTEMPTS):  # whoever was numbered alike at the same moment goes first
            if created := await self._database.run(statement, parameters):
                return created[0]
        raise ConflictError("Escrow could not be numbered. Please try again.")

    async def update(self, principal: Principal, key: str, body: Mapping[str, Any]) -> Mapping[Any, Any]:
        """The whole row after the update; with a `version` only if it still has that one (Q-10)."""
        validated(UpdateChecks, with_camel_twins(body))
        async with self.judging(principal, key):
            check_business_rules(body)
            sent = {name: value for name, value in body.items() if name not in IGNORED_IN_UPDATES}
            changes = validated(UpdateEscrow, sent).model_dump(exclude_unset=True)
            if "myCommission" in sent:  # as recorded: only `my_commission` is the column of that name
                changes["net_commission"] = changes.pop("my_commission")
            version = changes.pop("version", None)
            if not changes:
                raise NoUpdatesError("No fields to update")
        return await self.change(principal, key, changes, version=version)

    async def wish_to_hear(self, row: Mapping[Any, Any], body: Mapping[str, Any]) -> RowMapping | None:
        """How the broker of an escrow wants to hear that this update closed it; None where nobody does.

        One statement where it has a broker. "Closed" is the one spelling that counts, as recorded.
        """
        if with_camel_twins(body).get("escrowStatus") != "Closed" or row["broker_id"] is None:
            return None
        values = {"broker": row["broker_id"], "price": row["purchase_price"]}
        rows = await self._database.run(_WISH, values)
        return rows[0] if rows else None


def _commission(body: Mapping[str, Any]) -> dict[str, Any]:
    """Either name of the commission means the net one when an escrow is created."""
    return {"net_commission": either(body.get("net_commission"), body.get("my_commission"))}


def _found(how: ColumnElement[bool], key: str) -> Found:
    return Found(_NONE, key) if "\0" in key else Found(how, key)


def by_any_name(key: str) -> Found:
    """The escrow with that id, number or display id."""
    if _UUID.fullmatch(key):
        return Found(_BY_ID, key)
    if _NUMBER.fullmatch(key):
        return Found(_BY_NUMBER if int(key) <= _LARGEST_INTEGER else _NONE, int(key))
    return _found(_BY_ID_OR_DISPLAY_ID, key)


def by_id_or_display_id(key: str) -> Found:
    """The escrow with that id, or with that display id where it cannot be one."""
    return _found(_BY_ID if _UUID.fullmatch(key) else _BY_DISPLAY_ID, key)


def _filters(asked: ListQuery) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if asked.archived == "true":
        where.append(escrows.c.deleted_at.is_not(None))
    elif asked.archived != "all" and asked.include_archived != "true":
        where.append(escrows.c.deleted_at.is_(None))
    if asked.status and asked.status != "all":
        where.append(escrows.c.escrow_status == asked.status[:1].upper() + asked.status[1:].lower())
    if asked.search:
        wanted = f"%{asked.search}%"
        where.append(or_(escrows.c.property_address.ilike(wanted), escrows.c.display_id.ilike(wanted)))
    return where


def _order(asked: ListQuery) -> ColumnElement[Any]:
    sort, order = asked.sort.lower(), asked.order.lower()
    faults = []
    if sort not in SORT_KEYS:
        faults.append(Fault("sort", "Sort must be a column of the list"))
    if order not in _ORDERS:
        faults.append(Fault("order", "Order must be asc or desc"))
    if faults:
        raise InvalidInputError(faults)
    return _ORDERS[order](SORT_KEYS[sort])


@cache
def _next_display_id(year: int) -> ColumnElement[str]:
    """`ESC-<year>-<number>` with the number after the highest of that year, computed where it is inserted."""
    prefix = f"ESC-{year}-"
    suffix = func.substr(escrows.c.display_id, len(prefix) + 1)
    # digits and nothing else; for many rows that is told sooner than by a regular expression
    is_number = and_(suffix != "", func.translate(suffix, string.digits, "") == "")
    number = case((is_number, cast(suffix, BigInteger)))
    # a constant in the text of the statement, so that its plan may use the index
    alike: ColumnElement[str] = literal_column(f"'{prefix}%'")
    highest = select(func.max(number)).where(escrows.c.display_id.like(alike)).scalar_subquery()
    numbered: ColumnElement[str] = literal(prefix) + func.to_char(
        func.coalesce(highest, 0) + 1, _AT_LEAST_4_DIGITS
    )
    return numbered
