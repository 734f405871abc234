"""The gaps in the recording of users."""

from tests.support.unrecorded import in_domain

ADA, OTTO, ANN, BEN, BEA = "admin_ada", "owner_otto", "agent_ann", "agent_ben", "broker_bea"
ALPHA = "/v1/teams/aaaaaaaa-0000-4000-8000-000000000001"
BETA = "/v1/teams/aaaaaaaa-0000-4000-8000-000000000002"
NO_TEAM = "/v1/teams/deadbeef-0000-4000-8000-000000000000"
NAME = "/v1/auth/check-username"
ANNS_ID = "c0ffee00-0000-4000-8000-000000000003"
USERNAMES = "endpoints.md: check-username takes 0-1 statements; public source: its sentences"
gap = in_domain("users")

DERIVED = (
    gap(
        13,
        "verify",
        ANN,
        "/v1/auth/verify",
        200,
        2,
        "endpoints.md: = profile",
        like="users-014",
        volatile=("$.data.user.lastLogin",),
    ),
    gap(16, "verify_no_auth", None, "/v1/auth/verify", 401, 0, "015", like="users-015"),
    gap(
        16,
        "verify",
        ANN,
        "/v1/auth/verify",
        200,
        2,
        "endpoints.md: = profile",
        like="users-014",
        volatile=("$.data.user.lastLogin",),
    ),
    gap(
        *(18, "verify_role_no", ANN, "/v1/auth/verify-role?requiredRole=system_admin", 200, 1, "017"),
        shows={
            "data.authorized": False,
            "data.userRole": "agent",
            "data.requiredRole": "system_admin",
            "data.userId": ANNS_ID,
        },
    ),
    gap(
        *(32, "check_username_free", None, f"{NAME}/somebody_new", 200, 1, USERNAMES),
        shows={"data": {"available": True, "username": "somebody_new", "message": "Username is available"}},
    ),
    gap(
        *(33, "check_username_taken", None, f"{NAME}/AGENT_ANN", 200, 1, USERNAMES),
        shows={"data": {"available": False, "username": "AGENT_ANN", "message": "Username is already taken"}},
    ),
    gap(
        *(34, "check_username_short", None, f"{NAME}/ab", 200, 0, USERNAMES),
        shows={"data": {"available": False, "message": "Username must be 4-20 characters"}},
    ),
    gap(
        *(35, "check_username_invalid", None, f"{NAME}/bad-name!", 200, 0, USERNAMES),
        shows={
            "data": {
                "available": False,
                "message": "Username can only contain letters, numbers, and underscores",
            }
        },
    ),
    gap(
        *(49, "teams_agent_missing_team", ANN, "/v1/teams", 400, 1),
        "endpoints.md: MISSING_TEAM_ID, which no given exchange shows; 050",
        shows={"error": {"code": "MISSING_TEAM_ID", "message": "Team ID is required"}},
    ),
    gap(
        *(49, "teams_owner_missing_team", OTTO, "/v1/teams", 400, 1, "050"),
        shows={"error": {"code": "MISSING_TEAM_ID", "message": "Team ID is required"}},
    ),
    gap(51, "teams_no_auth", None, "/v1/teams", 401, 0, "endpoints.md: NO_AUTH_TOKEN", like="users-015"),
    gap(
        *(54, "team_get_unknown", ADA, NO_TEAM, 404, 2, "endpoints.md: TEAM_NOT_FOUND"),
        shows={"error": {"code": "TEAM_NOT_FOUND", "message": "Team not found"}},
    ),
    gap(57, "team_users_alias", ADA, f"{ALPHA}/users", 200, 2, "as /members", like="users-056"),
    gap(
        *(59, "team_members_owner", OTTO, f"{ALPHA}/members", 403, 1),
        "endpoints.md: team_owner 403 too; public source: the sentence",
        shows={"error": {"code": "FORBIDDEN", "message": "You can only view members of your own team"}},
    ),
    gap(
        *(59, "team_members_other_team", ADA, f"{BETA}/members", 200, 2),
        "public source: active members, by role, then by name",
        shows={"data[*].username": ["broker_bea", "agent_ben"]},
    ),
    gap(
        *(67, "profiles_me", ANN, "/v1/profiles/me", 200, 2),
        "endpoints.md: user row (snake), 2-4 statements; public source: its ten columns",
        shows={
            "data.id": ANNS_ID,
            "data.first_name": "Annie",
            "data.team_id": "aaaaaaaa-0000-4000-8000-000000000001",
            "data.is_active": True,
            "data.phone": None,
        },
        volatile=("$.**.updated_at",),
    ),
    gap(
        *(68, "profiles_me_apikey", "apikey:agent_ann", "/v1/profiles/me", 200, 4),
        "endpoints.md: 4 statements with an API key",
        like="users-067",
        volatile=("$.**.updated_at",),
    ),
    gap(
        *(74, "apikeys_list", ANN, "/v1/api-keys", 200, 2, "endpoints.md: array; 044 seeds one key"),
        shows={"data[*].name": ["ann key"], "data[*].key_prefix": ["d8cba5a3...174e"]},
        volatile=("$.data[*].last_used_at",),
    ),
    gap(
        *(80, "admin_users", ADA, "/v1/admin/users", 200, 2),
        "endpoints.md: 200 and 403, after the last given number; public source: nine columns, newest first",
        shows={
            "data[*].username": [
                *("nomail", "evil1", "novanewby", "off_olga", "broker_bea"),
                *("agent_ben", "agent_ann", "owner_otto", "admin_ada"),
            ],
            "data[0].team_id": None,
        },
        volatile=("$.data[*].id", "$.data[*].created_at", "$.data[*].last_login"),
    ),
    gap(
        *(81, "admin_users_forbidden", ANN, "/v1/admin/users", 403, 1),
        "endpoints.md: FORBIDDEN; public source: requireRole's sentence",
        shows={"error.message": "This action requires one of the following roles: system_admin"},
    ),
)
