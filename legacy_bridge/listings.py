"""The handlers of listings: SQL, rules and answers in one place each, as the legacy backend has them.

SQL is put together from what the client sends where the legacy backend does so (Q-06); it is frozen, not fixed.
"""

import secrets
from datetime import UTC, datetime
from typing import Any

from legacy_bridge import listing_health, node
from legacy_bridge.auth import User
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Row, send
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as
from legacy_bridge.filters import Filter
from legacy_bridge.listing_rules import CREATE_CHECKS, UPDATE_CHECKS, check_business_rules
from legacy_bridge.pages import page_of
from legacy_bridge.permissions import DELETE, MODIFY, VIEW, Resource, require_ownership, require_scope
from legacy_bridge.updates import tell
from legacy_bridge.validation import BATCH_CHECKS, validate

_LISTING = Resource("listing", "listings")
# Query parameter of a list → its condition.
_FILTERS = {
    "status": "l.listing_status = ?",
    "minPrice": "l.list_price >= ?",
    "maxPrice": "l.list_price <= ?",
    "propertyType": "l.property_type = ?",
    "minDaysOnMarket": "l.days_on_market >= ?",
    "maxDaysOnMarket": "l.days_on_market <= ?",
}
_SORT_KEYS = frozenset({"created_at", "list_price", "listing_date", "days_on_market"})
# Body key → column. An update takes any other key for a column as it stands.
_COLUMNS = {
    "propertyAddress": "property_address",
    "listPrice": "list_price",
    "propertyType": "property_type",
    "bedrooms": "bedrooms",
    "bathrooms": "bathrooms",
    "squareFootage": "square_feet",
    "lotSize": "lot_size",
    "yearBuilt": "year_built",
    "description": "description",
    "features": "features",
    "photos": "photos",
    "listingStatus": "listing_status",
    "listingCommission": "listing_commission",
    "buyerCommission": "buyer_commission",
    "virtualTourLink": "virtual_tour_link",
    "professionalPhotos": "professional_photos",
    "dronePhotos": "drone_photos",
    "videoWalkthrough": "video_walkthrough",
}
_UPDATE_COLUMNS = _COLUMNS | {
    "zipCode": "zip_code",
    "originalListPrice": "original_list_price",
    "listingDate": "listing_date",
    "expirationDate": "expiration_date",
    "daysOnMarket": "days_on_market",
    "showingInstructions": "showing_instructions",
    "listingAgentId": "listing_agent_id",
}
_UNCHANGEABLE = frozenset({"id", "created_at"})
_DEFAULTS: dict[str, Any] = {
    "property_type": "Single Family",
    "listing_status": "Coming Soon",
    "listing_commission": 3.0,
    "buyer_commission": 2.5,
    "professional_photos": False,
    "drone_photos": False,
    "video_walkthrough": False,
}


async def list_listings(call: Call) -> Answer:
    """GET /v1/listings."""
    query = call.query
    await require_scope(call.database, call.user, query.get("scope", "user"))
    page = page_of(query)
    wanted = Filter(["l.deleted_at IS NULL"])
    wanted.narrow(call.user, query, "l", lambda: Refusal(500, "FETCH_ERROR", "Failed to fetch listings"))
    for key, condition in _FILTERS.items():
        if value := query.get(key):
            wanted.add(condition, value)
    sort = query.get("sortBy", "created_at")
    order = "ASC" if query.get("sortOrder", "DESC").upper() == "ASC" else "DESC"
    limit, offset = wanted.next_places()
    with failing_as("FETCH_ERROR", "Failed to fetch listings"):
        counted = await call.database.query(
            f"SELECT COUNT(*) AS total FROM listings l WHERE {wanted.where}",  # noqa: S608 - conditions named above
            wanted.values,
        )
        rows = await call.database.query(
            f"""
            SELECT l.*, u.first_name || ' ' || u.last_name AS agent_name, u.email AS agent_email, u.phone AS agent_phone
            FROM listings l LEFT JOIN users u ON u.id = l.listing_agent_id
            WHERE {wanted.where}
            ORDER BY l.{sort if sort in _SORT_KEYS else "created_at"} {order} LIMIT {limit} OFFSET {offset}
            """,  # noqa: S608 - conditions and sort keys named above
            [*wanted.values, page.limit, page.offset],
        )
    total = int(counted[0]["total"])
    pagination = {  # a shape of its own
        "total": total,
        "page": node.finite(page.number),
        "limit": node.finite(page.limit),
        "pages": page.pages(total),
    }
    return _answer({"listings": rows, "pagination": pagination})


async def get_listing(call: Call) -> Answer:
    """GET /v1/listings/{id}: not an archived one."""
    await require_ownership(call.database, call.user, _LISTING, call.id, VIEW)
    with failing_as("FETCH_ERROR", "Failed to fetch listing"):
        rows = await call.database.query(
            "SELECT * FROM listings WHERE id = $1 AND deleted_at IS NULL", [call.id]
        )
    if not rows:
        raise _not_found()
    kinds = ("listing", "buyer", "total")
    commission = {kind: node.parse_float(rows[0][f"{kind}_commission"]) for kind in kinds}
    analytics = {"views": 0, "favorites": 0, "shares": 0, "inquiries": 0}
    return _answer(rows[0] | {"commission": commission, "analytics": analytics})


async def create_listing(call: Call) -> Answer:
    """POST /v1/listings. The creator does not own what it created (Q-20)."""
    body = call.body
    validate(body, CREATE_CHECKS)
    check_business_rules(body)
    columns = {column: _first(body.get(key), _DEFAULTS.get(column)) for key, column in _COLUMNS.items()}
    for column in ("features", "photos"):
        columns[column] = node.write_json(node.either(columns[column], []))
    columns |= {
        "mls_number": f"MLS{datetime.now(UTC).year}{1000 + secrets.randbelow(9000)}",  # it may be taken
        "days_on_market": 0 if columns["listing_status"] == "Active" else None,
        "listing_agent_id": call.user.id,
        "team_id": call.user.team_id,
    }
    places = ", ".join(f"${index}" for index in range(1, len(columns) + 1))
    with failing_as("CREATE_ERROR", "Failed to create listing"):
        async with call.database.transaction() as connection:
            created = await send(
                connection,
                f"INSERT INTO listings ({', '.join(columns)}, listing_date, created_at, updated_at)"  # noqa: S608 - columns named above
                f" VALUES ({places}, CURRENT_DATE, NOW(), NOW()) RETURNING *",
                list(columns.values()),
            )
    row = created[0]
    tell(call, "listing", row["id"], "created", _subset(row), broker_id=row["broker_id"])
    return _answer(row, status=201)


async def update_listing(call: Call) -> Answer:
    """PUT /v1/listings/{id}. The last write wins, and any status may follow any other."""
    body = call.body
    validate(body, UPDATE_CHECKS)
    await require_ownership(call.database, call.user, _LISTING, call.id, MODIFY)
    check_business_rules(body)
    updates = [
        (_UPDATE_COLUMNS.get(key, key), value) for key, value in body.items() if key not in _UNCHANGEABLE
    ]
    if not updates:
        raise Refusal(400, "NO_UPDATES", "No valid fields to update")
    count = len(updates)
    assignments = [f"{column} = ${index}" for index, (column, _) in enumerate(updates, start=1)]
    if body.get("listingStatus") == "Active":
        assignments += ["days_on_market = 0", "listing_date = CURRENT_DATE"]
    with failing_as("UPDATE_ERROR", "Failed to update listing"):
        if "listPrice" in body:
            await call.database.query("SELECT list_price FROM listings WHERE id = $1", [call.id])
        # with `version` in the body that column is assigned twice, which PostgreSQL refuses
        rows = await call.database.query(
            f"""
            UPDATE listings
            SET {", ".join(assignments)}, updated_at = NOW(), version = version + 1, last_modified_by = ${count + 2}
            WHERE id = ${count + 1} AND deleted_at IS NULL
            RETURNING *
            """,  # noqa: S608 - Q-06: the keys of the body are the columns
            [*(value for _, value in updates), call.id, call.user.id],  # an array is no JSON here
        )
    if not rows:
        raise _not_found()
    tell(call, "listing", rows[0]["id"], "updated", _subset(rows[0]), broker_id=rows[0]["broker_id"])
    return _answer(rows[0])


async def reduce_price(call: Call) -> Answer:
    """POST /v1/listings/{id}/price-reduction, of anybody's listing (Q-02); no history is written."""
    price = call.body.get("newPrice")
    if not node.truthy(price) or not node.to_number(price) > 0:
        raise Refusal(400, "VALIDATION_ERROR", "Valid new price is required")
    failure = ("PRICE_ERROR", "Failed to record price change")
    with failing_as(*failure):
        async with call.database.transaction() as connection:
            found = await send(connection, "SELECT list_price FROM listings WHERE id = $1", [call.id])
            if not found:
                raise Refusal(500, *failure)
            rows = await send(
                connection,
                "UPDATE listings SET list_price = $1, updated_at = NOW() WHERE id = $2 RETURNING *",
                [price, call.id],
            )
    return _answer(rows[0])


async def log_showing(call: Call) -> Answer:
    """POST /v1/listings/{id}/showings, of any listing (Q-02): it is echoed, not stored (Q-23)."""
    body = call.body
    if not node.truthy(body.get("date")) or not node.truthy(body.get("time")):
        raise Refusal(400, "VALIDATION_ERROR", "Date and time are required")
    with failing_as("SHOWING_ERROR", "Failed to log showing"):
        await call.database.query("UPDATE listings SET updated_at = NOW() WHERE id = $1", [call.id])
    echo = {"listing_id": call.id, "showing_date": body["date"], "showing_time": body["time"]}
    sent = {"agentName": "agent_name", "feedback": "feedback"}
    echo |= {shown: body[key] for key, shown in sent.items() if key in body}
    return _answer(echo | {"interested": node.either(body.get("interested"), False)})


async def archive_listing(call: Call) -> Answer:
    """PUT /v1/listings/{id}/archive: only by its agent of record, as the team is unknown (Q-20)."""
    await require_ownership(call.database, call.user, _LISTING, call.id, MODIFY)
    with failing_as("ARCHIVE_ERROR", "Failed to archive listing"):
        rows = await call.database.query(
            """
            UPDATE listings SET deleted_at = NOW(), listing_status = 'Cancelled', updated_at = NOW()
            WHERE id = $1 AND deleted_at IS NULL AND (listing_agent_id = $2 OR team_id = $3)
            RETURNING id, property_address, deleted_at, listing_status
            """,
            [call.id, *_agent_or_team(call.user)],
        )
    if not rows:
        raise Refusal(404, "NOT_FOUND", "Listing not found or already archived")
    return _answer(rows[0])


async def delete_listing(call: Call) -> Answer:
    """DELETE /v1/listings/{id}: for good, and only when it is archived (Q-26)."""
    await require_ownership(call.database, call.user, _LISTING, call.id, DELETE)
    with failing_as("DELETE_ERROR", "Failed to delete listing"):
        found = await call.database.query(
            "SELECT id, property_address, deleted_at FROM listings WHERE id = $1", [call.id]
        )
        if not found:
            raise _not_found()
        if found[0]["deleted_at"] is None:
            raise Refusal(400, "NOT_ARCHIVED", "Listing must be archived before deletion")
        await call.database.query("DELETE FROM listings WHERE id = $1", [call.id])
    row_id, address = found[0]["id"], found[0]["property_address"]
    tell(call, "listing", row_id, "deleted", {"id": row_id, "propertyAddress": address})
    return _answer({"id": row_id, "message": f"Listing {address} permanently deleted"})


async def delete_listings(call: Call) -> Answer:
    """POST /v1/listings/batch-delete: all of them or none, and only the agent's own."""
    validate(call.body, BATCH_CHECKS)
    ids = call.body["ids"]
    with failing_as("BATCH_DELETE_ERROR", "Failed to batch delete listings"):
        async with call.database.transaction() as connection:
            found = await send(
                connection,
                """
                SELECT id, property_address, deleted_at FROM listings
                WHERE id = ANY($1) AND (listing_agent_id = $2 OR team_id = $3)
                """,
                [ids, *_agent_or_team(call.user)],
            )
            known = {row["id"] for row in found}
            if missing := [wanted for wanted in ids if not (isinstance(wanted, str) and wanted in known)]:
                message = f"Some listings not found: {', '.join(map(node.text, missing))}"
                raise Refusal(404, "NOT_FOUND", message, notFoundIds=missing)
            if unarchived := [row["id"] for row in found if row["deleted_at"] is None]:
                message = "All listings must be archived before deletion"
                raise Refusal(400, "NOT_ARCHIVED", message, notArchivedIds=unarchived)
            deleted = await send(
                connection, "DELETE FROM listings WHERE id = ANY($1) RETURNING id, property_address", [ids]
            )
    message = f"Successfully deleted {len(deleted)} listings"
    return _answer({"deletedCount": len(deleted), "deletedListings": deleted, "message": message})


def _agent_or_team(user: User) -> tuple[str, None]:
    return user.id, None


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _subset(row: Row) -> dict[str, Any]:
    """What the sockets are shown of a listing."""
    return {
        "id": row["id"],
        "mlsNumber": row["mls_number"],
        "propertyAddress": row["property_address"],
        "listPrice": row["list_price"],
        "listingStatus": row["listing_status"],
    }


def _answer(content: Any, *, status: int = 200) -> Answer:
    return Answer(status, {"success": True, "data": content, "timestamp": datetime.now(UTC)})


def _not_found() -> Refusal:
    return Refusal(404, "NOT_FOUND", "Listing not found")


HANDLERS: Handlers = {
    ("GET", "/v1/listings"): list_listings,
    ("POST", "/v1/listings"): create_listing,
    **listing_health.HANDLERS,
    ("POST", "/v1/listings/batch-delete"): delete_listings,
    ("GET", "/v1/listings/{id}"): get_listing,
    ("PUT", "/v1/listings/{id}"): update_listing,
    ("DELETE", "/v1/listings/{id}"): delete_listing,
    ("PUT", "/v1/listings/{id}/archive"): archive_listing,
    ("POST", "/v1/listings/{id}/price-reduction"): reduce_price,
    ("POST", "/v1/listings/{id}/showings"): log_showing,
}
