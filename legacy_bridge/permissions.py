"""Who may see and change what, as the legacy backend has it.

It reads a user's team and broker from fields that are never set (Q-20), so every rule about team-mates and
brokers asks the database and then refuses. Those statements are part of the recorded counts.
"""

from typing import NamedTuple

import psycopg

from legacy_bridge.auth import User
from legacy_bridge.database import Database, Row
from legacy_bridge.errors import Refusal

ADMIN = "system_admin"
_SCOPES = ("user", "team", "brokerage", "all")
_UNKNOWN_TEAM = None


class Resource(NamedTuple):
    """A kind of row that somebody owns: its name in `data_access_control` and in messages, and its table.

    Private rows are kept to their owner (and admins) where `keeps_private`, whatever has been granted; what is
    linked to a private lead is kept to the lead's owner where `follows_lead`.
    """

    name: str
    table: str
    keeps_private: bool = False
    follows_lead: bool = False


class Ownership(NamedTuple):
    """What the check of one kind of access asks for; the columns are those of `data_access_control`."""

    verb: str
    granted_column: str
    team_permission: str | None


VIEW = Ownership("access", "can_view", None)
MODIFY = Ownership("modify", "can_edit", "can_edit_team_data")
DELETE = Ownership("delete", "can_delete", "can_delete")


async def require_scope(database: Database, user: User, scope: str) -> None:
    """Raise Refusal where this role may not list in this scope."""
    if scope not in _SCOPES:
        raise Refusal(400, "INVALID_SCOPE", f"Invalid scope. Must be one of: {', '.join(_SCOPES)}")
    match user.role, scope:
        case ("system_admin", _) | ("broker" | "team_owner" | "agent", "user") | ("broker", "team"):
            return
        case "broker", "all":
            raise _forbidden('Only system_admin can access "all" scope')
        case "broker", _:
            raise _forbidden("User is not associated with a broker")
        case (("team_owner" | "agent"), "team"):
            raise _forbidden("User is not associated with a team")
        case "team_owner", _:
            raise _forbidden(f'Only brokers and system_admin can access "{scope}" scope')
        case "agent", _:
            await _team_permission(database, user, "is_broker_admin")
            only = f'Only brokers and system_admin can access "{scope}" scope.'
            raise _forbidden(f"{only} Agents need broker_admin permission.")
        case _:
            raise _forbidden("Invalid user role")


async def require_ownership(
    database: Database, user: User, resource: Resource, row_id: str, wanted: Ownership
) -> None:
    """Raise Refusal unless the row is the user's own, granted, or the user is an admin.

    Only the raw id is looked up, so every other form of it is refused to all but admins.
    """
    if user.role == ADMIN:
        return
    try:
        allowed = await _is_allowed(database, user, resource, row_id, wanted)
    except psycopg.Error:
        allowed = False
    if not allowed:
        raise _forbidden(f"You do not have permission to {wanted.verb} this {resource.name}")


async def _is_allowed(
    database: Database, user: User, resource: Resource, row_id: str, wanted: Ownership
) -> bool:
    lead = ", lead_id" if resource.follows_lead else ""
    found = await database.query(
        f"SELECT owner_id, team_id, is_private{lead} FROM {resource.table} WHERE id = $1",  # noqa: S608 - a table named by a domain module
        [row_id],
    )
    if not found:
        return False
    owner_id = found[0]["owner_id"]
    if owner_id == user.id:
        return True
    if wanted is VIEW and await _is_kept(database, user, resource, found[0]):
        return False
    if wanted.team_permission is not None:
        await _team_permission(database, user, wanted.team_permission)
    elif user.role == "broker":
        await database.query("SELECT broker_id FROM users WHERE id = $1", [owner_id])
    granted = await database.query(
        f"""
        SELECT {wanted.granted_column} AS granted FROM data_access_control
        WHERE resource_type = $1 AND resource_id = $2 AND user_id = $3
        """,  # noqa: S608 - one of three words above
        [resource.name, row_id, user.id],
    )
    return bool(granted and granted[0]["granted"])


async def _is_kept(database: Database, user: User, resource: Resource, row: Row) -> bool:
    """Whether a row of somebody else is private, or its lead is."""
    if resource.follows_lead and row["lead_id"]:
        leads = await database.query("SELECT is_private, owner_id FROM leads WHERE id = $1", [row["lead_id"]])
        return any(lead["is_private"] and lead["owner_id"] != user.id for lead in leads)
    return resource.keeps_private and bool(row["is_private"])


async def _team_permission(database: Database, user: User, column: str) -> None:
    """Ask for a permission in the user's team; as the team is unknown (Q-20), no row ever answers."""
    await database.query(
        f"SELECT {column} FROM user_permissions WHERE user_id = $1 AND team_id = $2",  # noqa: S608 - a column named here
        [user.id, _UNKNOWN_TEAM],
    )


def _forbidden(message: str) -> Refusal:
    return Refusal(403, "FORBIDDEN", message)
