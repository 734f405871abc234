"""Escrows: SQL, rules and answers in one place each, as the legacy backend has them.

SQL is put together from what the client sends where the legacy backend does so (Q-06); it is frozen, not fixed.
"""

import math
from datetime import UTC, datetime
from typing import Any

import psycopg

from legacy_bridge import escrow_health, escrow_parts, escrow_removal, escrow_sections, node
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Row, send
from legacy_bridge.errors import Refusal
from legacy_bridge.escrow_detail import build_detail
from legacy_bridge.escrow_lookup import ESCROW, bare_id, find_escrow, id_column, not_found
from legacy_bridge.notifications import CLOSED, notify_of_escrow
from legacy_bridge.permissions import (
    ADMIN,
    MODIFY,
    VIEW,
    require_ownership,
    require_scope,
)
from legacy_bridge.sql_errors import message_of
from legacy_bridge.updates import tell
from legacy_bridge.validation import CREATE_CHECKS, LIST_CHECKS, UPDATE_CHECKS, check_business_rules, validate

_DEFAULT_SCOPES = {"system_admin": "all", "broker": "brokerage"}

# two statements of every list whose result is thrown away.
_DEBUG_COUNT = "SELECT COUNT(*) AS count, MIN(id::text) AS first_id, MAX(id::text) AS last_id FROM escrows"
_DEBUG_SAMPLE = """
    SELECT team_sequence_id AS primary_id, numeric_id, team_sequence_id, display_id, property_address
    FROM escrows ORDER BY team_sequence_id LIMIT 10
"""
# a pagination of its own, every other column twice, camelCase and snake_case. Q-24: upcomingDeadlines, checklistProgress.
_LIST_COLUMNS = """
    e.id::text AS id,
    e.display_id AS "displayId",
    e.display_id AS "escrowNumber",
    e.property_address AS "propertyAddress", e.property_address,
    e.property_image_url AS "propertyImage", e.property_image_url AS property_image,
    e.zillow_url AS "zillowUrl", e.zillow_url,
    e.escrow_status AS "escrowStatus", e.escrow_status,
    e.purchase_price AS "purchasePrice", e.purchase_price,
    COALESCE(e.my_commission, e.net_commission, 0) AS "myCommission",
    COALESCE(e.my_commission, e.net_commission, 0) AS my_commission,
    e.gross_commission,
    '[]'::jsonb AS clients,
    TO_CHAR(COALESCE(e.acceptance_date, CURRENT_DATE), 'YYYY-MM-DD') AS "acceptanceDate",
    e.acceptance_date,
    TO_CHAR(COALESCE(e.closing_date, CURRENT_DATE + 30), 'YYYY-MM-DD') AS "scheduledCoeDate",
    e.closing_date,
    COALESCE(DATE_PART('day', e.closing_date::timestamp - CURRENT_TIMESTAMP), 0)::integer AS "daysToClose",
    64 AS "checklistProgress",
    64 AS checklist_progress,
    TO_CHAR(COALESCE(e.updated_at, e.created_at, NOW()), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "lastActivity",
    FLOOR(RANDOM() * 5 + 1)::integer AS "upcomingDeadlines",
    e.created_at,
    e.updated_at,
    e.people,
    e.people->'buyer'->>'name' AS buyer_name,
    e.people->'buyer'->>'email' AS buyer_email,
    e.people->'seller'->>'name' AS seller_name,
    e.people->'seller'->>'email' AS seller_email,
    e.people->'buyer_agent'->>'name' AS buyer_agent_name,
    e.people->'listing_agent'->>'name' AS listing_agent_name,
    e.people->'lender'->>'name' AS lender_name,
    e.people->'lender'->>'email' AS lender_email,
    e.people->'lender'->>'phone' AS lender_phone,
    e.people->'lender'->>'company' AS lender_company,
    e.people->'escrow_officer'->>'name' AS escrow_officer_name,
    e.people->'escrow_officer'->>'email' AS escrow_officer_email,
    e.people->'escrow_officer'->>'phone' AS escrow_officer_phone,
    e.people->'escrow_officer'->>'company' AS escrow_company,
    e.checklists,
    e.timeline,
    e.deleted_at
"""

# Keys that a creation copies (and an update moves) to their camelCase twin before they are validated.
_CREATE_TWINS = {
    "property_address": "propertyAddress",
    "purchase_price": "purchasePrice",
    "acceptance_date": "acceptanceDate",
    "closing_date": "closingDate",
    "escrow_status": "escrowStatus",
    "zip_code": "zipCode",
}
_UPDATE_TWINS = {
    "purchase_price": "purchasePrice",
    "closing_date": "closingDate",
    "escrow_status": "escrowStatus",
    "escrow_officer_name": "escrowOfficerName",
}
# Column of a creation → the body keys that it is taken from, in their order of precedence.
_CREATE_COLUMNS = {
    "city": ("city",),
    "state": ("state",),
    "zip_code": ("zipCode", "zip_code"),
    "earnest_money_deposit": ("earnest_money_deposit",),
    "commission_percentage": ("commission_percentage",),
    "net_commission": ("net_commission", "my_commission"),
    "acceptance_date": ("acceptanceDate", "acceptance_date"),
    "closing_date": ("closingDate", "closing_date"),
    "property_type": ("property_type",),
    "escrow_company": ("escrow_company",),
    "escrow_officer_name": ("escrow_officer_name",),
    "escrow_officer_email": ("escrow_officer_email",),
    "escrow_officer_phone": ("escrow_officer_phone",),
    "loan_officer_name": ("loan_officer_name",),
    "loan_officer_email": ("loan_officer_email",),
    "loan_officer_phone": ("loan_officer_phone",),
    "title_company": ("title_company",),
    "lead_source": ("lead_source",),
}
# Body key of an update → column; any other key is taken for a column as it stands.
_UPDATE_COLUMNS = {
    "propertyAddress": "property_address",
    "purchasePrice": "purchase_price",
    "closingDate": "closing_date",
    "acceptanceDate": "acceptance_date",
    "escrowStatus": "escrow_status",
    "escrowOfficerName": "escrow_officer_name",
    "escrowOfficerEmail": "escrow_officer_email",
    "escrowOfficerPhone": "escrow_officer_phone",
    "escrowCompany": "escrow_company",
    "zipCode": "zip_code",
    "earnestMoneyDeposit": "earnest_money_deposit",
    "commissionPercentage": "commission_percentage",
    "netCommission": "net_commission",
    "myCommission": "net_commission",
    "propertyType": "property_type",
    "leadSource": "lead_source",
    "titleCompany": "title_company",
    "loanOfficerName": "loan_officer_name",
    "loanOfficerEmail": "loan_officer_email",
    "loanOfficerPhone": "loan_officer_phone",
}
_UNCHANGEABLE = frozenset({"id", "display_id", "created_at"})


async def list_escrows(call: Call) -> Answer:
    """GET /v1/escrows."""
    query = call.query
    validate(query, LIST_CHECKS)  # minPrice, maxPrice and the closing dates are checked and then ignored
    await require_scope(call.database, call.user, query.get("scope", "user"))
    page, limit = int(query.get("page", 1)), int(query.get("limit", 20))
    try:
        await call.database.query(_DEBUG_COUNT)
        await call.database.query(_DEBUG_SAMPLE)
        where, values = _list_filter(call)
        counted = await call.database.query(f"SELECT COUNT(*) AS total FROM escrows e WHERE {where}", values)  # noqa: S608 - Q-06
        order = f"{query.get('sort', 'created_at')} {query.get('order', 'desc').upper()}"
        rows = await call.database.query(
            f"""
            SELECT {_LIST_COLUMNS} FROM escrows e WHERE {where}
            ORDER BY {order} LIMIT ${len(values) + 1} OFFSET ${len(values) + 2}
            """,  # noqa: S608 - Q-06: sort and order reach the SQL text
            [*values, limit, (page - 1) * limit],
        )
    except psycopg.Error as error:
        details = {"errorMessage": message_of(error), "errorCode": error.sqlstate, "errorName": "error"}
        raise Refusal(500, "SERVER_ERROR", "Failed to fetch escrows", details=details) from error
    total = int(counted[0]["total"])
    pagination = {"total": total, "page": page, "limit": limit, "totalPages": math.ceil(total / limit)}
    return Answer(200, {"success": True, "data": {"escrows": rows, "pagination": pagination}})


def _list_filter(call: Call) -> tuple[str, list[Any]]:
    """The WHERE clause of a list, and its values."""
    query, user = call.query, call.user
    conditions: list[str] = []
    values: list[Any] = []

    def add(condition: str, value: Any) -> None:
        values.append(value)
        conditions.append(condition.replace("?", f"${len(values)}"))

    if query.get("archived") == "true":
        conditions.append("e.deleted_at IS NOT NULL")
    elif query.get("archived") != "all" and query.get("includeArchived") != "true":
        conditions.append("e.deleted_at IS NULL")
    if (status := query.get("status")) and status != "all":
        add("e.escrow_status = ?", status[:1].upper() + status[1:].lower())
    if search := query.get("search"):
        add("(e.property_address ILIKE ? OR e.display_id ILIKE ?)", f"%{search}%")
    match query.get("scope", _DEFAULT_SCOPES.get(user.role or "", "team")):
        case "user":
            add("e.owner_id = ?", user.id)
        case _ if user.role == ADMIN:
            pass
        case "team":
            add("e.team_id = ?", None)  # the team is unknown, so the list is empty
        case _:  # only a broker without `scope` comes here
            details = {"errorMessage": "User is not associated with a broker", "errorName": "Error"}
            raise Refusal(500, "SERVER_ERROR", "Failed to fetch escrows", details=details)
    return " AND ".join(conditions) or "1=1", values


async def get_escrow(call: Call) -> Answer:
    """GET /v1/escrows/{id}: by any form of its id; archived ones too."""
    await require_ownership(call.database, call.user, ESCROW, call.id, VIEW)
    row = await find_escrow(call, Refusal(500, "SERVER_ERROR", "Failed to fetch escrow details"))
    return Answer(200, {"success": True, "data": build_detail(row, datetime.now(UTC))})


async def create_escrow(call: Call) -> Answer:
    """POST /v1/escrows. The creator does not own what it created (Q-20)."""
    body = call.body
    for snake, camel in _CREATE_TWINS.items():
        if node.truthy(body.get(snake)) and not node.truthy(body.get(camel)):
            body[camel] = body[snake]
    validate(body, CREATE_CHECKS)
    check_business_rules(body)
    try:
        async with call.database.transaction() as connection:
            address = body.get("propertyAddress")
            if not node.truthy(address):
                raise Refusal(400, "VALIDATION_ERROR", "property_address is required")
            prefix = f"ESC-{datetime.now(UTC).year}-"
            highest = await send(  # two at once get the same number
                connection,
                "SELECT MAX(SUBSTRING(display_id FROM 'ESC-[0-9]+-([0-9]+)')::integer) AS highest"
                " FROM escrows WHERE display_id LIKE $1",
                [f"{prefix}%"],
            )
            columns = {
                "property_address": address,
                "display_id": f"{prefix}{(highest[0]['highest'] or 0) + 1:04}",
                "purchase_price": node.either(body.get("purchasePrice"), 0),
                "escrow_status": node.either(body.get("escrowStatus"), "Active"),
            }
            optional = {column: node.either(*map(body.get, keys)) for column, keys in _CREATE_COLUMNS.items()}
            optional |= {"created_by": call.user.id, "team_id": call.user.team_id}
            columns |= {column: value for column, value in optional.items() if value is not None}
            places = ", ".join(f"${index}" for index in range(1, len(columns) + 1))
            created = await send(
                connection,
                f"INSERT INTO escrows ({', '.join(columns)}, created_at, updated_at)"  # noqa: S608 - columns named above
                f" VALUES ({places}, NOW(), NOW()) RETURNING *",
                list(columns.values()),
            )
    except psycopg.Error as error:
        raise Refusal(500, "CREATE_ERROR", "Failed to create escrow", details=message_of(error)) from error
    row, message = created[0], "Escrow created successfully"
    _tell(call, row, "created")
    return Answer(
        201, {"success": True, "data": {"id": row["id"], "displayId": row["display_id"], "message": message}}
    )


async def update_escrow(call: Call) -> Answer:
    """PUT /v1/escrows/{id}. The last write wins."""
    body = call.body
    for snake, camel in _UPDATE_TWINS.items():
        if node.truthy(body.get(snake)) and not node.truthy(body.get(camel)):
            body[camel] = body.pop(snake)
    validate(body, UPDATE_CHECKS)
    await require_ownership(call.database, call.user, ESCROW, call.id, MODIFY)
    check_business_rules(body)
    updates = [
        (_UPDATE_COLUMNS.get(key, key), value) for key, value in body.items() if key not in _UNCHANGEABLE
    ]
    if not updates:
        raise Refusal(400, "NO_UPDATES", "No fields to update")
    wanted = bare_id(call.id)
    column = id_column(wanted)
    assignments = ", ".join(f"{name} = ${index}" for index, (name, _) in enumerate(updates, start=1))
    count = len(updates)
    try:
        # with `version` in the body that column is assigned twice, which PostgreSQL refuses
        rows = await call.database.query(
            f"""
            UPDATE escrows
            SET {assignments}, updated_at = NOW(), version = version + 1, last_modified_by = ${count + 2}
            WHERE {column} = ${count + 1}
            RETURNING *
            """,  # noqa: S608 - Q-06: the keys of the body are the columns
            [*(value for _, value in updates), wanted, call.user.id],
        )
        if not rows:
            await call.database.query(f"SELECT version FROM escrows WHERE {column} = $1", [wanted])  # noqa: S608 - a column named below
        elif body.get("escrowStatus") == CLOSED:
            await notify_of_escrow(call, rows[0])
    except psycopg.Error as error:
        raise Refusal(500, "UPDATE_ERROR", "Failed to update escrow") from error
    if not rows:
        raise not_found()
    _tell(call, rows[0], "updated")
    return Answer(200, {"success": True, "data": rows[0], "message": "Escrow updated successfully"})


def _tell(call: Call, row: Row, action: str) -> None:
    shown = {
        "id": row["id"],
        "displayId": row["display_id"],
        "propertyAddress": row["property_address"],
    }
    tell(call, "escrow", row["id"], action, shown, broker_id=row["broker_id"])


HANDLERS: Handlers = {
    ("GET", "/v1/escrows"): list_escrows,
    ("POST", "/v1/escrows"): create_escrow,
    **escrow_health.HANDLERS,
    ("GET", "/v1/escrows/{id}"): get_escrow,
    ("PUT", "/v1/escrows/{id}"): update_escrow,
    **escrow_removal.HANDLERS,
    **escrow_sections.HANDLERS,
    **escrow_parts.HANDLERS,
}
