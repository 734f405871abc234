"""A user's settings."""

from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as

COLUMNS = {
    "emailNotifications": "email_notifications",
    "smsNotifications": "sms_notifications",
    "theme": "theme",
    "dashboardLayout": "dashboard_layout",
    "defaultView": "default_view",
    "timezone": "timezone",
    "dateFormat": "date_format",
    "profileVisibility": "profile_visibility",
    "activityVisibility": "activity_visibility",
    "calendarSync": "calendar_sync",
    "emailSignature": "email_signature",
}
"""Body key of an update → column."""

_DEFAULT_THEME = "light"


async def get_settings(call: Call) -> Answer:
    """GET /v1/settings."""
    with failing_as("SETTINGS_ERROR", "Failed to fetch settings"):
        found = await call.database.query(
            """
            SELECT s.*, u.email, u.username, u.first_name, u.last_name, p.slug, p.display_name
            FROM user_settings s
            JOIN users u ON u.id = s.user_id
            LEFT JOIN user_profiles p ON p.user_id = s.user_id
            WHERE s.user_id = $1
            """,
            [call.user.id],
        )
    if not found:
        raise _not_found()
    return Answer(200, {"success": True, "data": found[0]})


async def update_settings(call: Call) -> Answer:
    """PUT /v1/settings. What is not given, or null, stays."""
    assignments = ", ".join(
        f"{column} = COALESCE(${place}, {column})" for place, column in enumerate(COLUMNS.values(), start=2)
    )
    with failing_as("SETTINGS_UPDATE_ERROR", "Failed to update settings"):
        changed = await call.database.query(
            f"UPDATE user_settings SET {assignments}, updated_at = NOW() WHERE user_id = $1 RETURNING *",  # noqa: S608 - columns named above
            [call.user.id, *(call.body.get(key) for key in COLUMNS)],
        )
    if not changed:
        raise _not_found()
    return Answer(200, {"success": True, "data": changed[0], "message": "Settings updated successfully"})


async def get_theme(call: Call) -> Answer:
    """GET /v1/settings/theme."""
    with failing_as("SETTINGS_ERROR", "Failed to fetch theme"):
        found = await call.database.query(
            "SELECT theme FROM user_settings WHERE user_id = $1", [call.user.id]
        )
    theme = found[0]["theme"] if found else _DEFAULT_THEME
    return Answer(200, {"success": True, "data": {"theme": theme}})


def _not_found() -> Refusal:
    return Refusal(404, "NOT_FOUND", "Settings not found")


HANDLERS: Handlers = {
    ("GET", "/v1/settings"): get_settings,
    ("PUT", "/v1/settings"): update_settings,
    ("GET", "/v1/settings/theme"): get_theme,
}
