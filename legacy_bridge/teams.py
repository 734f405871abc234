"""Teams and their members. A user's own team and broker are never known (Q-20), so only admins get far."""

from typing import Any

from legacy_bridge import node
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Row
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as
from legacy_bridge.permissions import ADMIN

# Permission → what holds where nothing is said.
_PERMISSIONS = {
    "can_delete": False,
    "can_edit_team_data": False,
    "can_view_financials": True,
    "can_manage_team": False,
    "is_team_admin": False,
    "is_broker_admin": False,
}
_ABOVE_PERMISSIONS = frozenset({"broker", ADMIN})


async def list_teams(call: Call) -> Answer:
    """GET /v1/teams."""
    broker_id = None
    match call.user.role:
        case "system_admin":
            broker_id = call.query.get("brokerId")
        case "broker":
            raise Refusal(400, "MISSING_BROKER_ID", "Broker ID is required")
        case "team_owner" | "agent":
            raise Refusal(400, "MISSING_TEAM_ID", "Team ID is required")
    where = "WHERE primary_broker_id = $1" if broker_id else ""
    with failing_as("TEAMS_ERROR", "Failed to fetch teams"):
        rows = await call.database.query(
            f"SELECT team_id, name, subdomain, created_at FROM teams {where} ORDER BY name",  # noqa: S608 - one of two texts
            [broker_id] if broker_id else [],
        )
    return Answer(200, {"success": True, "data": rows})


async def get_team(call: Call) -> Answer:
    """GET /v1/teams/{id}."""
    with failing_as("TEAM_ERROR", "Failed to fetch team"):
        found = await call.database.query(
            """
            SELECT t.team_id, t.name, t.subdomain, t.settings, t.created_at, t.updated_at, t.primary_broker_id,
                   (SELECT COUNT(*) FROM users u WHERE u.team_id = t.team_id AND u.is_active) AS member_count
            FROM teams t WHERE t.team_id = $1
            """,
            [call.id],
        )
    if not found:
        raise Refusal(404, "TEAM_NOT_FOUND", "Team not found")
    if call.user.role != ADMIN:
        raise _forbidden("You do not have access to this team")
    return Answer(200, {"success": True, "data": found[0]})


async def list_members(call: Call) -> Answer:
    """GET /v1/teams/{id}/members and /v1/teams/{id}/users."""
    permissions = ", ".join(
        f"COALESCE(p.{name}, {str(default).lower()}) AS {name}" for name, default in _PERMISSIONS.items()
    )
    with failing_as("TEAM_MEMBERS_ERROR", "Failed to fetch team members"):
        await _require_team(
            call,
            others="Only team owners and brokers can view team members",
            owner="You can only view members of your own team",
            broker="You can only view teams in your brokerage",
        )
        rows = await call.database.query(
            f"""
            SELECT u.id, u.email, u.username, u.first_name, u.last_name, u.role, u.is_active, u.created_at,
                   {permissions}
            FROM users u LEFT JOIN user_permissions p ON p.user_id = u.id AND p.team_id = u.team_id
            WHERE u.team_id = $1 AND u.is_active ORDER BY u.role DESC, u.last_name, u.first_name
            """,  # noqa: S608 - columns named above
            [call.id],
        )
    return Answer(200, {"success": True, "data": [_member(row) for row in rows]})


def _member(row: Row) -> dict[str, Any]:
    permissions = {name: row.pop(name) for name in _PERMISSIONS}
    return row | {"permissions": permissions}


async def update_permissions(call: Call) -> Answer:
    """PUT /v1/teams/{id}/members/{userId}/permissions."""
    failure = ("PERMISSIONS_UPDATE_ERROR", "Failed to update permissions")
    with failing_as(*failure):
        others, user_id = "Only team owners and brokers can modify permissions", call.params["userId"]
        if call.user.role == "agent":
            raise _forbidden(others)
        if user_id == call.user.id:
            raise Refusal(400, "INVALID_REQUEST", "You cannot modify your own permissions")
        await _require_team(
            call,
            others=others,
            owner="You can only modify permissions in your own team",
            broker="You can only modify teams in your brokerage",
        )
        found = await call.database.query(
            "SELECT id, role FROM users WHERE id = $1 AND team_id = $2", [user_id, call.id]
        )
        if not found:
            raise Refusal(404, "USER_NOT_FOUND", "User not found in this team")
        if found[0]["role"] in _ABOVE_PERMISSIONS:
            raise Refusal(400, "INVALID_REQUEST", "Cannot modify permissions for brokers or system admins")
        given = call.body.get("permissions")
        if given is None:  # nobody looks before reading from it
            raise Refusal(500, *failure)
        values = {
            name: _said(given, name) if default else node.either(node.field(given, name), False)
            for name, default in _PERMISSIONS.items()
        }
        places = ", ".join(f"${place}" for place in range(4, len(values) + 4))
        assignments = ", ".join(f"{name} = EXCLUDED.{name}" for name in values)
        rows = await call.database.query(
            f"""
            INSERT INTO user_permissions (user_id, team_id, granted_by, {", ".join(values)})
            VALUES ($1, $2, $3, {places})
            ON CONFLICT (user_id, team_id) DO UPDATE SET
                {assignments}, granted_by = EXCLUDED.granted_by, updated_at = NOW()
            RETURNING *
            """,  # noqa: S608 - columns named above
            [user_id, call.id, call.user.id, *values.values()],
        )
    return Answer(200, {"success": True, "data": rows[0], "message": "Permissions updated successfully"})


def _said(given: Any, name: str) -> Any:
    """What holds unless something is said, null too."""
    return given[name] if isinstance(given, dict) and name in given else True


async def _require_team(call: Call, *, others: str, owner: str, broker: str) -> None:
    """Raise Refusal for everybody but admins; a broker's teams are asked for all the same."""
    match call.user.role:
        case "system_admin":
            return
        case "broker":
            await call.database.query("SELECT primary_broker_id FROM teams WHERE team_id = $1", [call.id])
            raise _forbidden(broker)
        case "team_owner":
            raise _forbidden(owner)
        case _:
            raise _forbidden(others)


def _forbidden(message: str) -> Refusal:
    return Refusal(403, "FORBIDDEN", message)


HANDLERS: Handlers = {
    ("GET", "/v1/teams"): list_teams,
    ("GET", "/v1/teams/{id}"): get_team,
    ("GET", "/v1/teams/{id}/members"): list_members,
    ("GET", "/v1/teams/{id}/users"): list_members,
    ("PUT", "/v1/teams/{id}/members/{userId}/permissions"): update_permissions,
}
