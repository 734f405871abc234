"""The rules of listings: what a list shows, how one is numbered, what an update may touch, who is the agent."""

from collections.abc import Mapping, Sequence
from operator import eq, ge, le
from random import Random, SystemRandom
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    String,
    Uuid,
    bindparam,
    cast,
    column,
    func,
    select,
    table,
)

from domains.listings.models import AGENT, LISTING, OF_THE_AGENT, WITH_AGENT, listings
from domains.listings.utils import list_row, mls_number, showing, whole_listing
from domains.listings.validators import (
    IGNORED_IN_UPDATES,
    CreateChecks,
    CreateListing,
    ListQuery,
    PriceReduction,
    UpdateChecks,
    UpdateListing,
    check_business_rules,
)
from domains.shared.archiving import by_deleted_at, putting
from domains.shared.batches import Batch, Needs, batch_values, deletion, ids_of
from domains.shared.changes import adding, setting
from domains.shared.clock import Clock
from domains.shared.csv_export import Export
from domains.shared.database import Database
from domains.shared.errors import (
    ConflictError,
    NotArchivedError,
    NotFoundError,
    NoUpdatesError,
    UnusableInputError,
)
from domains.shared.node_json import either, number_of, truthy
from domains.shared.pagination import Page
from domains.shared.permissions import Access, Principal, Scope, caller_values, in_scope
from domains.shared.services import CrudService
from domains.shared.statistics import Statistics
from domains.shared.uuids import uuid_of
from domains.shared.validation import validated

_NUMBERING_ATTEMPTS = 20
_LIST_COLUMNS = (*listings.c, *AGENT)
SORT_KEYS = {
    name: listings.c[name] for name in ("created_at", "list_price", "listing_date", "days_on_market")
}
"""What a list can be sorted by; by anything else means by the first of them, as recorded."""
_DEFAULTS: dict[str, Any] = {
    "property_type": "Single Family",
    "listing_status": "Coming Soon",
    "listing_commission": 3,
    "buyer_commission": 2.5,
    "professional_photos": False,
    "drone_photos": False,
    "video_walkthrough": False,
}
EXPORTED = Export(
    {
        name: listings.c[name]
        for name in (
            *("mls_number", "property_address", "city", "state", "zip_code", "property_type"),
            *("listing_status", "list_price", "original_list_price", "bedrooms", "bathrooms", "square_feet"),
            *("lot_size", "year_built", "listing_date", "expiration_date", "days_on_market"),
            *("listing_commission", "buyer_commission", "created_at", "updated_at"),
        )
    }
)
"""What of a listing stands in a CSV file."""
_ACTIVITY = table("pg_stat_activity", column("datname"), column("state"), column("query_start"))
_HEALTH = select(
    func.now().label("database_time"),
    func.version().label("version"),
    cast(func.count(), String).label("total_connections"),
    cast(func.count().filter(_ACTIVITY.c.state == "active"), String).label("active_queries"),
    func.max(_ACTIVITY.c.query_start).label("last_query"),
).where(_ACTIVITY.c.datname == func.current_database())

_NOW, _TODAY = func.now(), func.current_date()

_ARCHIVE = by_deleted_at(listings, listing_status="Cancelled")
_ARCHIVING = putting(listings, _ARCHIVE).where(listings.c.listing_agent_id == bindparam("agent", type_=Uuid))


class ListingService(CrudService):
    """Listings, for one caller at a time."""

    resource = LISTING
    source = WITH_AGENT
    hides_archived = True
    archiving = _ARCHIVE
    not_to_archive = "Listing not found or already archived"
    batch = Batch(Needs.ALL, shows=("id", "property_address"), looks_at_items=False)
    statistics = Statistics("byStatus", listings.c.listing_status, {"listPrice": listings.c.list_price})
    exported = EXPORTED

    def __init__(self, database: Database, clock: Clock, *, chance: Random | None = None) -> None:
        super().__init__(database, clock)
        self._chance = chance or SystemRandom()

    def wanted(self, principal: Principal, query: Mapping[str, str]) -> Sequence[ColumnElement[bool]]:
        """The rows that a query asks for, of those in its scope."""
        scope = in_scope(self.resource, principal, Scope.of(query.get("scope")))
        return [scope, ~self.archiving.inside, *_filters(_asked(query))]

    async def list_page(self, principal: Principal, query: Mapping[str, str]) -> Page:
        """The page that a query asks for."""
        where, asked = self.wanted(principal, query), _asked(query)
        key = SORT_KEYS.get(asked.sort_by, listings.c.created_at)
        order = key.asc() if asked.sort_order.upper() == "ASC" else key.desc()
        page = await self.page(_LIST_COLUMNS, where, order, number=asked.page, limit=asked.limit)
        return Page([list_row(row) for row in page.rows], page.total, page.number, page.limit)

    async def get(self, principal: Principal, key: str) -> dict[str, Any]:
        """One listing that is not archived."""
        return whole_listing(await self.row(principal, key))

    async def create(self, principal: Principal, body: Mapping[str, Any]) -> RowMapping:
        """A new listing, whose agent is its creator, who does not own it (Q-20)."""
        now = self._clock()
        validated(CreateChecks, body)
        check_business_rules(body, now)
        wanted = validated(CreateListing, body)
        values = _DEFAULTS | wanted.model_dump(exclude_none=True)
        values |= {
            "features": either(wanted.features, []),
            "photos": either(wanted.photos, []),
            "days_on_market": 0 if values["listing_status"] == "Active" else None,
            "listing_date": _TODAY,
            "listing_agent_id": principal.user_id,
            "team_id": principal.key_team_id,
        }
        for attempt in range(_NUMBERING_ATTEMPTS):  # another listing may have the number
            values["mls_number"] = mls_number(now, attempt, self._chance)
            statement, parameters = adding(listings, values, unique="mls_number")
            if created := await self._database.run(statement, parameters):
                return created[0]
        raise ConflictError("Listing could not be numbered. Please try again.")

    async def update(self, principal: Principal, key: str, body: Mapping[str, Any]) -> Mapping[Any, Any]:
        """The whole row after the update; with a `version` only if it still has that one (Q-10)."""
        validated(UpdateChecks, body)
        async with self.judging(principal, key):
            check_business_rules(body, self._clock())
            sent = {name: value for name, value in body.items() if name not in IGNORED_IN_UPDATES}
            changes = validated(UpdateListing, sent).model_dump(exclude_unset=True)
            version = changes.pop("version", None)
            if not changes:
                raise NoUpdatesError("No valid fields to update")
        if body.get("listingStatus") == "Active":
            changes |= {"days_on_market": 0, "listing_date": _TODAY}
        return await self.change(principal, key, changes, version=version)

    async def archive(self, principal: Principal, key: str) -> Mapping[Any, Any]:
        """Put one listing into the archive: only the agent of record may, a system_admin too (Q-20)."""
        missing = NotFoundError(self.not_to_archive)
        return await self._move(
            *(principal, self.moved_by(principal, key), Access.EDIT, _ARCHIVING, missing),
            parameters={"agent": principal.user_id},
            names=("id", "property_address", "deleted_at", "listing_status"),
        )

    async def delete_many(self, principal: Principal, body: Mapping[str, Any]) -> Sequence[RowMapping]:
        """Delete all of these listings for good, or none: only those whose agent the caller is."""
        ids = ids_of(body, self.batch)
        values = batch_values(OF_THE_AGENT, ids) | caller_values(principal)
        # an id is found as it is written in lower case, as recorded; with any other nothing is deleted
        values["ids"] = [key for key, text in zip(values["ids"], ids, strict=True) if str(key) == text]
        values |= {"asked": len(set(ids)), "different": len(set(ids)), "caller_may_everything": False}
        rows = await self._database.run(deletion(OF_THE_AGENT, self.archiving, self.batch), values)
        own = [row for row in rows if row["was_granted"]]
        known = {str(row["id"]) for row in own}
        if missing := [text for text in ids if text not in known]:
            sentence = f"Some listings not found: {', '.join(text or '' for text in missing)}"
            raise NotFoundError(sentence, extra={"notFoundIds": missing})
        if active := [row["id"] for row in own if not row["was_archived"]]:
            sentence = "All listings must be archived before deletion"
            raise NotArchivedError(sentence, extra={"notArchivedIds": active})
        return own

    async def reduce_price(
        self, principal: Principal, key: str, body: Mapping[str, Any]
    ) -> Mapping[Any, Any]:
        """The row with its new price, an archived one too; no history of prices is kept."""
        price = number_of(body, "newPrice")
        if not body.get("newPrice") or price is None or not price > 0:
            raise UnusableInputError("VALIDATION_ERROR", "Valid new price is required")
        lower = validated(PriceReduction, body).new_price
        return await self._touch(principal, key, {"list_price": lower})

    async def log_showing(self, principal: Principal, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """An echo of the showing, which is not stored (Q-23); what a system_admin names need not be there."""
        if not (truthy(body.get("date")) and truthy(body.get("time"))):
            raise UnusableInputError("VALIDATION_ERROR", "Date and time are required")
        try:
            await self._touch(principal, key, {}, "id")
        except NotFoundError:
            if uuid_of(key) is None:
                raise
        return showing(key, body)

    async def check_health(self) -> dict[str, Any]:
        """What the database says of itself, and who else is connected to it."""
        [row] = await self._database.run(_HEALTH)
        shown = list_row(row)
        names = ("total_connections", "active_queries", "last_query")
        connections = {name: shown.pop(name) for name in names}
        return {"status": "connected", **shown, "connections": connections}

    async def _touch(
        self, principal: Principal, key: str, values: Mapping[str, Any], *names: str
    ) -> Mapping[Any, Any]:
        found = self.found_by(principal, key, Access.EDIT)
        statement, parameters = setting(listings, {**values, "updated_at": _NOW})
        return await self._move(
            *(principal, found, Access.EDIT, statement, NotFoundError("Listing not found")),
            parameters=parameters,
            names=names,
        )


def _asked(query: Mapping[str, str]) -> ListQuery:
    """An empty filter is none; an empty page is no page."""
    given = {name: value for name in query if (value := query[name]) or name in {"page", "limit"}}
    return validated(ListQuery, given)


def _filters(asked: ListQuery) -> list[ColumnElement[bool]]:
    row = listings.c
    conditions = (
        (row.listing_status, eq, asked.status),
        (row.list_price, ge, asked.min_price),
        (row.list_price, le, asked.max_price),
        (row.property_type, eq, asked.property_type),
        (row.days_on_market, ge, asked.min_days_on_market),
        (row.days_on_market, le, asked.max_days_on_market),
    )
    return [compare(column, value) for column, compare, value in conditions if value is not None]
