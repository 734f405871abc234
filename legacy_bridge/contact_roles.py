"""The handlers of contact roles: the roles there are, and which of them a contact has. Nobody asks whose (Q-02)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg

from legacy_bridge import node
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Row
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as

_REQUIRED = ("role_name", "display_name")
_SHOWN = """
    id, role_name, display_name, description, icon, color, required_fields, optional_fields, hidden_fields,
    is_lead_type, lead_category, sort_order, is_active
"""
# Body key of a creation, which is its column too → what stands in where it is not there at all.
_COLUMNS: dict[str, Any] = {
    "role_name": None,
    "display_name": None,
    "description": None,
    "icon": None,
    "color": None,
    "required_fields": [],
    "optional_fields": [],
    "hidden_fields": [],
    "is_lead_type": False,
    "lead_category": None,
    "sort_order": 999,
}
_JSON_COLUMNS = frozenset({"required_fields", "optional_fields", "hidden_fields"})


async def list_roles(call: Call) -> Answer:
    """GET /v1/contact-roles: the active ones, or all of them."""
    active = "WHERE is_active = true" if call.query.get("active_only", "true") == "true" else ""
    with failing_as("INTERNAL_ERROR", "Failed to list contact roles"):
        rows = await call.database.query(
            f"SELECT {_SHOWN} FROM contact_roles {active} ORDER BY sort_order, display_name"  # noqa: S608 - columns named above
        )
    return _listed(rows)


async def get_role(call: Call) -> Answer:
    """GET /v1/contact-roles/{id}."""
    with failing_as("INTERNAL_ERROR", "Failed to get contact role"):
        rows = await call.database.query("SELECT * FROM contact_roles WHERE id = $1", [call.id])
    if not rows:
        return _refused(404, "NOT_FOUND", "Contact role not found")
    return _answer({"data": rows[0]})


async def create_role(call: Call) -> Answer:
    """POST /v1/contact-roles, by anybody."""
    body = call.body
    if not all(node.truthy(body.get(key)) for key in _REQUIRED):
        return _refused(400, "VALIDATION_ERROR", "role_name and display_name are required")
    columns = {column: body.get(column, stand_in) for column, stand_in in _COLUMNS.items()}
    columns |= {column: node.write_json(columns[column]) for column in _JSON_COLUMNS}
    places = ", ".join(f"${index}" for index in range(1, len(columns) + 1))
    try:
        with failing_as("INTERNAL_ERROR", "Failed to create contact role"):
            created = await call.database.query(
                f"INSERT INTO contact_roles ({', '.join(columns)}) VALUES ({places}) RETURNING *",  # noqa: S608 - columns named above
                list(columns.values()),
            )
    except Refusal as refusal:
        if isinstance(refusal.__cause__, psycopg.errors.UniqueViolation):
            return _refused(409, "DUPLICATE_ROLE", "A role with this name already exists")
        raise
    return _answer({"data": created[0]}, status=201)


async def list_assignments(call: Call) -> Answer:
    """GET /v1/contacts/{id}/roles: of any contact, and empty for none."""
    with failing_as("INTERNAL_ERROR", "Failed to get contact roles"):
        rows = await call.database.query(
            """
            SELECT r.id AS role_id, r.role_name, r.display_name, r.color, r.icon, a.is_primary, a.role_metadata,
                   a.assigned_at, a.is_active
            FROM contact_role_assignments a JOIN contact_roles r ON r.id = a.role_id
            WHERE a.contact_id = $1 AND a.is_active = true
            ORDER BY a.is_primary DESC, a.assigned_at
            """,
            [call.id],
        )
    return _listed(rows)


async def add_assignment(call: Call) -> Answer:
    """POST /v1/contacts/{id}/roles: always a 500 (Q-12)."""
    raise _broken(call, "Failed to add contact role")


async def set_primary(call: Call) -> Answer:
    """PUT /v1/contacts/{id}/roles/primary: always a 500 (Q-12)."""
    raise _broken(call, "Failed to set primary role")


async def remove_assignment(call: Call) -> Answer:
    """DELETE /v1/contacts/{id}/roles/{roleId}: any but the last one, which stays whatever role is named."""
    with failing_as("INTERNAL_ERROR", "Failed to remove contact role"):
        counted = await call.database.query(
            "SELECT COUNT(*) AS total FROM contact_role_assignments WHERE contact_id = $1 AND is_active = true",
            [call.id],
        )
        if int(counted[0]["total"]) <= 1:
            raise Refusal(400, "VALIDATION_ERROR", "Cannot remove last role from contact")
        removed = await call.database.query(
            """
            UPDATE contact_role_assignments SET is_active = false, archived_at = NOW()
            WHERE contact_id = $1 AND role_id = $2 RETURNING id
            """,
            [call.id, call.params["roleId"]],
        )
    if not removed:
        raise Refusal(404, "NOT_FOUND", "Role assignment not found")
    return _answer({"message": "Role removed successfully"})


def _broken(call: Call, message: str) -> Refusal:
    if not node.truthy(call.body.get("role_id")):
        return Refusal(400, "VALIDATION_ERROR", "role_id is required")
    return Refusal(500, "INTERNAL_ERROR", message)


def _listed(rows: list[Row]) -> Answer:
    return _answer({"data": rows, "count": len(rows)})


def _answer(content: Mapping[str, Any], *, status: int = 200) -> Answer:
    return Answer(status, {"success": True} | dict(content) | {"timestamp": datetime.now(UTC)})


def _refused(status: int, code: str, message: str) -> Answer:
    """An error envelope with a timestamp, which only the roles themselves have."""
    error = {"code": code, "message": message}
    return Answer(status, {"success": False, "error": error, "timestamp": datetime.now(UTC)})


ROLE_HANDLERS: Handlers = {
    ("GET", "/v1/contacts/{id}/roles"): list_assignments,
    ("POST", "/v1/contacts/{id}/roles"): add_assignment,
    ("PUT", "/v1/contacts/{id}/roles/primary"): set_primary,
    ("DELETE", "/v1/contacts/{id}/roles/{roleId}"): remove_assignment,
    ("GET", "/v1/contact-roles"): list_roles,
    ("POST", "/v1/contact-roles"): create_role,
    ("GET", "/v1/contact-roles/{id}"): get_role,
}
