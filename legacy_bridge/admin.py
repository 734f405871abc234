"""What only a system admin may see."""

from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as
from legacy_bridge.permissions import ADMIN


async def list_users(call: Call) -> Answer:
    """GET /v1/admin/users: every user of every tenant."""
    if call.user.role != ADMIN:
        raise Refusal(403, "FORBIDDEN", f"This action requires one of the following roles: {ADMIN}")
    with failing_as("GET_USERS_ERROR", "Failed to fetch users"):
        rows = await call.database.query(
            """
            SELECT id, username, email, first_name, last_name, role, is_active, last_login, created_at
            FROM users ORDER BY created_at DESC
            """
        )
    return Answer(200, {"success": True, "data": rows})


HANDLERS: Handlers = {("GET", "/v1/admin/users"): list_users}
