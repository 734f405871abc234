"""The handlers of leads: SQL, rules and answers in one place each, as the legacy backend has them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from legacy_bridge import node
from legacy_bridge.business_rules import Violations
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Row, send
from legacy_bridge.emails import is_email
from legacy_bridge.errors import Refusal
from legacy_bridge.filters import Filter
from legacy_bridge.pages import written_page_of
from legacy_bridge.permissions import DELETE, MODIFY, VIEW, Resource, require_ownership, require_scope
from legacy_bridge.sql_errors import showing_why
from legacy_bridge.updates import tell
from legacy_bridge.validation import Check, check_ids, each, is_text, one_of, validate

_LEAD = Resource("lead", "leads", keeps_private=True)
_SCORES = (0, 100)
_TYPE = one_of("Buyer", "Seller", "Both", "Investor", "buyer", "seller", "both", "investor")
_CREATE_CHECKS = (
    Check("firstName", each(bool), "First name is required", required=True),
    Check("lastName", each(bool), "Last name is required", required=True),
    Check("email", each(is_email), "Invalid email"),
    Check("phone", is_text, "Invalid phone number"),
    Check("leadSource", is_text, "Invalid value"),
    Check("leadType", _TYPE, "Invalid value"),
)
_UPDATE_CHECKS = (
    Check("firstName", each(bool), "Invalid value"),
    Check("lastName", each(bool), "Invalid value"),
    Check("leadType", _TYPE, "Invalid value"),
    Check("status", is_text, "Invalid value"),
)
# Column of a creation → its body key; what is empty is nothing.
_CREATE_COLUMNS = {
    "email": "email",
    "phone": "phone",
    "lead_source": "source",  # `leadSource` is checked and then ignored
    "notes": "notes",
}
# The same of what stands in only for what is not there at all.
_DEFAULTS: dict[str, tuple[str, Any]] = {
    "lead_status": ("leadStatus", "New"),
    "lead_score": ("leadScore", 0),
    "lead_temperature": ("leadTemperature", "Cold"),
}
# The columns of an update are body keys too; camelCase ones are ignored.
_UPDATE_COLUMNS = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "lead_source",
    "lead_status",
    "lead_score",
    "lead_temperature",
    "notes",
    "property_interest",
    "budget_range",
    "timeline",
    "next_follow_up",
)


async def list_leads(call: Call) -> Answer:
    """GET /v1/leads: everybody's, private ones too; the scope is checked and then ignored (Q-01)."""
    query = call.query
    await require_scope(call.database, call.user, query.get("scope", "user"))
    page = written_page_of(query)
    wanted = Filter(["l.deleted_at IS NULL"])
    if status := query.get("leadStatus"):
        wanted.add("l.lead_status = ?", status)
    if search := query.get("search"):
        wanted.add("(l.first_name ILIKE ? OR l.last_name ILIKE ? OR l.email ILIKE ?)", f"%{search}%")
    limit, offset = wanted.next_places()
    with showing_why("FETCH_ERROR", "Failed to fetch leads"):
        counted = await call.database.query(
            f"SELECT COUNT(*) AS total FROM leads l WHERE {wanted.where}",  # noqa: S608 - conditions named above
            wanted.values,
        )
        rows = await call.database.query(
            f"""
            SELECT l.* FROM leads l WHERE {wanted.where}
            ORDER BY l.created_at DESC LIMIT {limit} OFFSET {offset}
            """,  # noqa: S608 - conditions named above
            [*wanted.values, page.limit, page.offset],
        )
    return _answer({"leads": rows, "pagination": page.with_total(int(counted[0]["total"]))})


async def get_lead(call: Call) -> Answer:
    """GET /v1/leads/{id}: not an archived one, and a private one only for its owner and an admin."""
    await require_ownership(call.database, call.user, _LEAD, call.id, VIEW)
    with showing_why("FETCH_ERROR", "Failed to fetch lead"):
        rows = await call.database.query(
            "SELECT * FROM leads WHERE id = $1 AND deleted_at IS NULL", [call.id]
        )
    return _answer(_found(rows))


async def create_lead(call: Call) -> Answer:
    """POST /v1/leads. The creator is assigned to the lead but does not own it (Q-20)."""
    body = call.body
    validate(body, _CREATE_CHECKS)
    _check_business_rules(body)
    columns = {"first_name": body["firstName"], "last_name": body["lastName"]}
    columns |= {column: node.either(body.get(key), None) for column, key in _CREATE_COLUMNS.items()}
    columns |= {column: body.get(key, default) for column, (key, default) in _DEFAULTS.items()}
    columns |= {"assigned_agent_id": call.user.id, "team_id": call.user.team_id}
    places = ", ".join(f"${index}" for index in range(1, len(columns) + 1))
    with showing_why("CREATE_ERROR", "Failed to create lead"):
        created = await call.database.query(
            f"INSERT INTO leads ({', '.join(columns)}) VALUES ({places}) RETURNING *",  # noqa: S608 - columns named above
            list(columns.values()),
        )
    row = created[0]
    tell(call, "lead", row["id"], "created", {"id": row["id"]})
    return _answer(row, "Lead created successfully", status=201)


async def update_lead(call: Call) -> Answer:
    """PUT /v1/leads/{id}. Without `version` in the body the last write wins."""
    body = call.body
    validate(body, _UPDATE_CHECKS)
    await require_ownership(call.database, call.user, _LEAD, call.id, MODIFY)
    _check_business_rules(body)
    changed = [column for column in _UPDATE_COLUMNS if column in body]
    if not changed:
        raise Refusal(400, "NO_UPDATES", "No valid fields to update")
    count = len(changed)
    assignments = ", ".join(f"{column} = ${index}" for index, column in enumerate(changed, start=1))
    version = [body["version"]] if "version" in body else []
    same_version = f"AND version = ${count + 2}" if version else ""
    place = count + 2 + len(version)
    with showing_why("UPDATE_ERROR", "Failed to update lead"):
        rows = await call.database.query(
            f"""
            UPDATE leads
            SET {assignments}, last_contact_date = CURRENT_DATE, updated_at = NOW(), version = version + 1,
                last_modified_by = ${count + 1}
            WHERE id = ${place} AND deleted_at IS NULL {same_version}
            RETURNING *
            """,  # noqa: S608 - columns named above
            [*(body[column] for column in changed), call.user.id, *version, call.id],
        )
        if not rows and version:
            await _refuse_version(call, body["version"])
    row = _found(rows)
    tell(call, "lead", row["id"], "updated", {"id": row["id"]})
    return _answer(row)


async def _refuse_version(call: Call, attempted: Any) -> None:
    """Raise the refusal of an outdated version, if it is not the lead that is missing."""
    current = await call.database.query(
        "SELECT version FROM leads WHERE id = $1 AND deleted_at IS NULL", [call.id]
    )
    if current:
        raise Refusal(
            409,
            "VERSION_CONFLICT",
            "This lead was modified by another user. Please refresh and try again.",
            currentVersion=current[0]["version"],
            attemptedVersion=attempted,
        )


async def record_activity(call: Call) -> Answer:
    """POST /v1/leads/{id}/activities: one more paragraph of the notes."""
    await require_ownership(call.database, call.user, _LEAD, call.id, MODIFY)
    kind = node.template(call.body["activityType"]) if "activityType" in call.body else "undefined"
    activity = f"{kind}: {node.template(node.either(call.body.get('notes'), 'Contact made'))}"
    with showing_why("ACTIVITY_ERROR", "Failed to record activity"):
        rows = await call.database.query(
            """
            UPDATE leads
            SET notes = CASE WHEN notes IS NULL OR notes = '' THEN $1::text
                             ELSE notes || E'\\n\\n[' || NOW()::text || '] ' || $1::text END,
                last_contact_date = CURRENT_DATE, updated_at = NOW()
            WHERE id = $2 AND deleted_at IS NULL
            RETURNING *
            """,
            [activity, call.id],
        )
    return _answer(_found(rows), "Activity recorded successfully")


async def convert_lead(call: Call) -> Answer:
    """POST /v1/leads/{id}/convert: a contact, its client and the lead's new status; a repeat makes another client."""
    await require_ownership(call.database, call.user, _LEAD, call.id, MODIFY)
    with showing_why("CONVERT_ERROR", "Failed to convert lead to client"):
        async with call.database.transaction() as connection:
            lead = _found(
                await send(connection, "SELECT * FROM leads WHERE id = $1 AND deleted_at IS NULL", [call.id])
            )
            notes = f"Converted from lead. Original notes: {lead['notes'] or 'None'}"
            contacts = await send(
                connection,
                """
                INSERT INTO contacts (contact_type, first_name, last_name, email, phone, notes, team_id)
                VALUES ('buyer', $1, $2, $3, $4, $5, $6) RETURNING id
                """,
                [
                    *(lead[column] for column in ("first_name", "last_name", "email", "phone")),
                    *(notes, lead["team_id"]),
                ],
            )
            clients = await send(
                connection,
                "INSERT INTO clients (contact_id, client_type, status) VALUES ($1, 'buyer', 'active') RETURNING *",
                [contacts[0]["id"]],
            )
            converted = await send(
                connection,
                """
                UPDATE leads SET lead_status = 'converted', converted_to_client_id = $1, updated_at = NOW()
                WHERE id = $2 RETURNING *
                """,
                [clients[0]["id"], call.id],
            )
    return _answer({"client": clients[0], "lead": converted[0]}, "Lead successfully converted to client")


async def archive_lead(call: Call) -> Answer:
    """PUT /v1/leads/{id}/archive; nothing restores it (Q-26)."""
    await require_ownership(call.database, call.user, _LEAD, call.id, MODIFY)
    with showing_why("ARCHIVE_ERROR", "Failed to archive lead"):
        rows = await call.database.query(
            """
            UPDATE leads SET deleted_at = NOW(), lead_status = 'archived', updated_at = NOW()
            WHERE id = $1 AND deleted_at IS NULL RETURNING *
            """,
            [call.id],
        )
    return _answer(_found(rows), "Lead archived successfully")


async def delete_lead(call: Call) -> Answer:
    """DELETE /v1/leads/{id}: for good, and only when it is archived (Q-26)."""
    await require_ownership(call.database, call.user, _LEAD, call.id, DELETE)
    with showing_why("DELETE_ERROR", "Failed to delete lead"):
        row = _found(await call.database.query("SELECT deleted_at FROM leads WHERE id = $1", [call.id]))
        if row["deleted_at"] is None:
            raise Refusal(400, "NOT_ARCHIVED", "Lead must be archived before deletion")
        await call.database.query("DELETE FROM leads WHERE id = $1", [call.id])
    tell(call, "lead", call.id, "deleted", {"id": call.id})
    answer = {"success": True, "message": "Lead deleted successfully", "timestamp": datetime.now(UTC)}
    return Answer(200, answer)


async def delete_leads(call: Call) -> Answer:
    """POST /v1/leads/batch-delete: anybody's leads (Q-02), all archived; unknown ids are skipped."""
    ids = check_ids(call.body)
    with showing_why("DELETE_ERROR", "Failed to batch delete leads"):
        async with call.database.transaction() as connection:
            found = await send(connection, "SELECT id, deleted_at FROM leads WHERE id = ANY($1)", [ids])
            if not found:
                return _deleted("No leads found to delete", [])
            if unarchived := [row["id"] for row in found if row["deleted_at"] is None]:
                message = f"Some leads are not archived: {', '.join(unarchived)}"
                raise Refusal(400, "NOT_ARCHIVED", message)
            deleted = await send(
                connection,
                "DELETE FROM leads WHERE id = ANY($1) RETURNING id",
                [[row["id"] for row in found]],
            )
    return _deleted(f"Successfully deleted {len(deleted)} leads", [row["id"] for row in deleted])


def _check_business_rules(body: Mapping[str, Any]) -> None:
    """Raise the refusal that names every broken rule. Only snake_case keys are looked at, camelCase ones pass."""
    violations = Violations()
    score, budget = body.get("lead_score"), body.get("budget_range")
    lowest, highest = _SCORES
    points = node.to_number(score)
    if points < lowest or points > highest:  # what is not a number passes
        message = f"Lead score must be between {lowest} and {highest}"
        violations.add("lead_score", message, "LEAD_SCORE_RANGE")
    if isinstance(budget, str) and budget and not budget.strip():
        violations.add("budget_range", "Budget range cannot be empty", "NON_EMPTY_BUDGET")
    violations.refuse()


def _deleted(message: str, ids: list[str]) -> Answer:
    return Answer(200, {"success": True, "message": message, "deletedCount": len(ids), "deletedIds": ids})


def _answer(content: Any, message: str | None = None, *, status: int = 200) -> Answer:
    said = {"message": message} if message else {}
    return Answer(status, {"success": True, "data": content} | said | {"timestamp": datetime.now(UTC)})


def _found(rows: list[Row]) -> Row:
    if not rows:
        raise Refusal(404, "NOT_FOUND", "Lead not found")
    return rows[0]


HANDLERS: Handlers = {
    ("GET", "/v1/leads"): list_leads,
    ("POST", "/v1/leads"): create_lead,
    ("POST", "/v1/leads/batch-delete"): delete_leads,
    ("GET", "/v1/leads/{id}"): get_lead,
    ("PUT", "/v1/leads/{id}"): update_lead,
    ("DELETE", "/v1/leads/{id}"): delete_lead,
    ("PUT", "/v1/leads/{id}/archive"): archive_lead,
    ("POST", "/v1/leads/{id}/activities"): record_activity,
    ("POST", "/v1/leads/{id}/convert"): convert_lead,
}
