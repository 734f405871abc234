"""The signed-in user's own account."""

from typing import Any

from legacy_bridge import node
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Row
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as
from legacy_bridge.passwords import hash_password, is_password
from legacy_bridge.security_events import ACCOUNT, record_event

_TIMEZONE = "America/Los_Angeles"
# Body key of an update → column.
_COLUMNS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "homeCity": "home_city",
    "homeState": "home_state",
    "homeZip": "home_zip",
    "homeLat": "home_lat",
    "homeLng": "home_lng",
    "licensedStates": "licensed_states",
    "searchRadiusMiles": "search_radius_miles",
    "timezone": "timezone",
}
_ALSO_EMPTY = frozenset(
    {"homeLat", "homeLng", "searchRadiusMiles"}
)  # every other key counts only when it says something
_HOME = (
    *("home_city", "home_state", "home_zip", "home_lat", "home_lng"),
    *("licensed_states", "search_radius_miles"),
)


async def get_profile(call: Call) -> Answer:
    """GET /v1/auth/profile and /v1/auth/verify."""
    with failing_as("PROFILE_ERROR", "Failed to get profile"):
        found = await call.database.query(
            """
            SELECT id, email, username, first_name, last_name, role, is_active, last_login, created_at,
                   updated_at, timezone
            FROM users WHERE id = $1
            """,
            [call.user.id],
        )
    if not found:
        raise Refusal(404, "USER_NOT_FOUND", "User not found")
    row = found[0]
    user = {
        "id": row["id"],
        "email": row["email"],
        "username": row["username"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "role": row["role"],
        "isActive": row["is_active"],
        "lastLogin": row["last_login"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "timezone": node.either(row["timezone"], _TIMEZONE),
    }
    return Answer(200, {"success": True, "data": {"user": user}})


async def verify_role(call: Call) -> Answer:
    """GET /v1/auth/verify-role: whether the user has just this role."""
    required = call.query.get("requiredRole")
    content: dict[str, Any] = {"authorized": call.user.role == required, "userRole": call.user.role}
    if required is not None:
        content["requiredRole"] = required
    content |= {"userId": call.user.id, "email": call.user.email}
    return Answer(200, {"success": True, "data": content})


async def update_profile(call: Call) -> Answer:
    """PUT /v1/auth/profile, the password too; the answer mixes camelCase and snake_case (Q-21)."""
    body = call.body
    with failing_as("UPDATE_ERROR", "Failed to update profile"):
        updates = {
            column: body[key]
            for key, column in _COLUMNS.items()
            if key in body and (key in _ALSO_EMPTY or node.truthy(body[key]))
        }
        changes_password = node.truthy(body.get("newPassword"))
        if changes_password:
            updates["password_hash"] = await _new_password_hash(call)
        if not updates:
            raise Refusal(400, "NO_UPDATES", "No fields to update")
        assignments = ", ".join(f"{column} = ${place}" for place, column in enumerate(updates, start=1))
        changed = await call.database.query(
            f"""
            UPDATE users SET {assignments}, updated_at = NOW() WHERE id = ${len(updates) + 1}
            RETURNING id, email, username, first_name, last_name, role, is_active, {", ".join(_HOME)}
            """,  # noqa: S608 - columns named above
            [*updates.values(), call.user.id],
        )
        if not changed:
            raise Refusal(404, "USER_NOT_FOUND", "User not found")
        if changes_password:
            await record_event(call, "password_changed", ACCOUNT, user=changed[0])
    return Answer(
        200, {"success": True, "data": _updated(changed[0]), "message": "Profile updated successfully"}
    )


async def _new_password_hash(call: Call) -> str:
    current, new = call.body.get("currentPassword"), call.body["newPassword"]
    if not node.truthy(current):
        raise Refusal(400, "MISSING_CURRENT_PASSWORD", "Current password is required to change password")
    found = await call.database.query("SELECT password_hash FROM users WHERE id = $1", [call.user.id])
    if not (found and await is_password(node.text(current), found[0]["password_hash"])):
        raise Refusal(400, "INVALID_CURRENT_PASSWORD", "Current password is incorrect")
    return await hash_password(node.text(new))


def _updated(row: Row) -> dict[str, Any]:
    user = {
        "id": row["id"],
        "email": row["email"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "role": row["role"],
        "isActive": row["is_active"],
    }
    return user | {column: row[column] for column in _HOME}


HANDLERS: Handlers = {
    ("GET", "/v1/auth/verify"): get_profile,
    ("GET", "/v1/auth/profile"): get_profile,
    ("GET", "/v1/auth/verify-role"): verify_role,
    ("PUT", "/v1/auth/profile"): update_profile,
}
