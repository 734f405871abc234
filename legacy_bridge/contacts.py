"""The handlers of contacts, which belong to one user each: SQL, rules and answers in one place each."""

from datetime import UTC, datetime
from typing import Any

from legacy_bridge import node
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.contact_roles import ROLE_HANDLERS
from legacy_bridge.database import Row
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as
from legacy_bridge.filters import Filter

_SHOWN = """
    id, user_id, team_id, broker_id, first_name, last_name, email, phone, phone_secondary, contact_type, company,
    license_number, street_address, city, state, zip_code, notes, tags, is_archived, created_at, updated_at
"""
_REQUIRED = ("first_name", "last_name", "contact_type")
# Body keys that are columns too; any other is ignored.
_COLUMNS = (
    *_REQUIRED,
    "email",
    "phone",
    "phone_secondary",
    "company",
    "license_number",
    "street_address",
    "city",
    "state",
    "zip_code",
    "notes",
    "tags",
)


async def list_contacts(call: Call) -> Answer:
    """GET /v1/contacts: the user's own."""
    query = call.query
    wanted = Filter()
    wanted.add("user_id = ?", call.user.id)
    wanted.add("is_archived = ?", query.get("archived", "false") == "true")
    if contact_type := query.get("type"):
        wanted.add("contact_type = ?", contact_type)
    if search := query.get("search"):
        wanted.add("search_vector @@ plainto_tsquery('english', ?)", search)
    limit, offset = query.get("limit", "50"), query.get("offset", "0")
    limit_place, offset_place = wanted.next_places()
    with failing_as("INTERNAL_ERROR", "Failed to list contacts"):
        rows = await call.database.query(
            f"""
            SELECT {_SHOWN} FROM contacts WHERE {wanted.where}
            ORDER BY last_name, first_name LIMIT {limit_place} OFFSET {offset_place}
            """,  # noqa: S608 - conditions named above
            [*wanted.values, limit, offset],
        )
        counted = await call.database.query(
            f"SELECT COUNT(*) AS total FROM contacts WHERE {wanted.where}",  # noqa: S608 - conditions named above
            wanted.values,
        )
    total = int(counted[0]["total"])
    pagination = {  # a shape of its own
        "total": total,
        "limit": node.finite(node.parse_int(limit)),
        "offset": node.finite(node.parse_int(offset)),
        "hasMore": node.parse_int(offset) + len(rows) < total,
    }
    return Answer(200, {"success": True, "data": rows, "pagination": pagination})


async def search_contacts(call: Call) -> Answer:
    """GET /v1/contacts/search: the user's own, archived or not, by role, name and e-mail address."""
    query = call.query
    wanted = Filter(["c.deleted_at IS NULL"])
    wanted.add("c.user_id = ?", call.user.id)
    if role := query.get("role"):
        wanted.add(
            """
            EXISTS (SELECT 1 FROM contact_role_assignments a JOIN contact_roles r ON r.id = a.role_id
                    WHERE a.contact_id = c.id AND a.is_active AND r.role_name = ?)
            """,
            role,
        )
    if name := query.get("name"):
        wanted.add("c.full_name ILIKE ?", f"%{name}%")
    if email := query.get("email"):
        wanted.add("c.email ILIKE ?", f"%{email}%")
    limit, _ = wanted.next_places()
    with failing_as("INTERNAL_ERROR", "Failed to search contacts"):
        rows = await call.database.query(
            f"""
            SELECT c.id, c.first_name, c.last_name, c.full_name, c.email, c.phone, c.company, c.license_number,
                   c.created_at
            FROM contacts c WHERE {wanted.where} ORDER BY c.full_name LIMIT {limit}
            """,  # noqa: S608 - conditions named above
            [*wanted.values, query.get("limit", "50")],
        )
    return Answer(200, {"success": True, "data": rows, "count": len(rows), "timestamp": datetime.now(UTC)})


async def get_contact(call: Call) -> Answer:
    """GET /v1/contacts/{id}."""
    sql = "SELECT * FROM contacts WHERE id = $1 AND user_id = $2"
    return await _own(call, sql, "Failed to get contact")


async def create_contact(call: Call) -> Answer:
    """POST /v1/contacts; a type that PostgreSQL refuses is a 500 (Q-09)."""
    body = call.body
    if not all(node.truthy(body.get(key)) for key in _REQUIRED):
        raise Refusal(400, "VALIDATION_ERROR", "First name, last name, and contact type are required")
    columns: dict[str, Any] = {"user_id": call.user.id}
    columns |= {column: body[column] for column in _COLUMNS if column in body}
    columns["tags"] = node.either(body.get("tags"), [])
    places = ", ".join(f"${index}" for index in range(1, len(columns) + 1))
    with failing_as("INTERNAL_ERROR", "Failed to create contact"):
        created = await call.database.query(
            f"INSERT INTO contacts ({', '.join(columns)}) VALUES ({places}) RETURNING *",  # noqa: S608 - columns named above
            list(columns.values()),
        )
    return _answer(created[0], status=201)


async def update_contact(call: Call) -> Answer:
    """PUT /v1/contacts/{id}."""
    changed = [column for column in _COLUMNS if column in call.body]
    if not changed:
        raise Refusal(400, "VALIDATION_ERROR", "No valid fields to update")
    assignments = ", ".join(f"{column} = ${index}" for index, column in enumerate(changed, start=3))
    return await _own(
        call,
        f"UPDATE contacts SET {assignments}, updated_at = NOW() WHERE id = $1 AND user_id = $2 RETURNING *",  # noqa: S608 - columns named above
        "Failed to update contact",
        *(call.body[column] for column in changed),
    )


async def archive_contact(call: Call) -> Answer:
    """PATCH /v1/contacts/{id}/archive, as often as one likes."""
    sql = """
        UPDATE contacts SET is_archived = true, archived_at = NOW(), updated_at = NOW()
        WHERE id = $1 AND user_id = $2 RETURNING *
    """
    return await _own(call, sql, "Failed to archive contact")


async def unarchive_contact(call: Call) -> Answer:
    """PATCH /v1/contacts/{id}/unarchive."""
    sql = """
        UPDATE contacts SET is_archived = false, archived_at = NULL, updated_at = NOW()
        WHERE id = $1 AND user_id = $2 RETURNING *
    """
    return await _own(call, sql, "Failed to unarchive contact")


async def delete_contact(call: Call) -> Answer:
    """DELETE /v1/contacts/{id}: for good, archived or not (Q-26), but a 500 where a client refers to it (Q-09)."""
    sql = "DELETE FROM contacts WHERE id = $1 AND user_id = $2 RETURNING *"
    return await _own(call, sql, "Failed to delete contact")


async def _own(call: Call, sql: str, failure: str, *values: Any) -> Answer:
    """The one row that a statement finds by contact and user."""
    with failing_as("INTERNAL_ERROR", failure):
        rows = await call.database.query(sql, [call.id, call.user.id, *values])
    if not rows:
        raise Refusal(404, "NOT_FOUND", "Contact not found")
    return _answer(rows[0])


def _answer(row: Row, *, status: int = 200) -> Answer:
    return Answer(status, {"success": True, "data": row})


HANDLERS: Handlers = {
    ("GET", "/v1/contacts"): list_contacts,
    ("POST", "/v1/contacts"): create_contact,
    ("GET", "/v1/contacts/search"): search_contacts,
    ("GET", "/v1/contacts/{id}"): get_contact,
    ("PUT", "/v1/contacts/{id}"): update_contact,
    ("DELETE", "/v1/contacts/{id}"): delete_contact,
    ("PATCH", "/v1/contacts/{id}/archive"): archive_contact,
    ("PATCH", "/v1/contacts/{id}/unarchive"): unarchive_contact,
    **ROLE_HANDLERS,
}
