"""A user's settings."""

from legacy_bridge import node
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
_SETTINGS = """
    SELECT s.*, u.email, u.username, u.first_name, u.last_name, p.slug, p.display_name
    FROM user_settings s
    JOIN users u ON u.id = s.user_id
    LEFT JOIN user_profiles p ON p.user_id = s.user_id
    WHERE s.user_id = $1
"""


async def get_settings(call: Call) -> Answer:
    """GET /v1/settings; who has none gets them."""
    with failing_as("SETTINGS_ERROR", "Failed to fetch settings"):
        found = await call.database.query(_SETTINGS, [call.user.id])
        if not found:
            await call.database.query(
                "INSERT INTO user_settings (user_id) VALUES ($1) ON CONFLICT (user_id) DO NOTHING",
                [call.user.id],
            )
            found = await call.database.query(_SETTINGS, [call.user.id])
    return Answer(200, {"success": True, "data": found[0]})


async def update_settings(call: Call) -> Answer:
    """PUT /v1/settings; who has none is told of a success, and nothing is stored."""
    updates = {column: call.body[key] for key, column in COLUMNS.items() if key in call.body}
    if not updates:
        raise Refusal(400, "NO_UPDATES", "No updates provided")
    assignments = ", ".join(f"{column} = ${place}" for place, column in enumerate(updates, start=2))
    with failing_as("UPDATE_ERROR", "Failed to update settings"):
        changed = await call.database.query(
            f"UPDATE user_settings SET {assignments}, updated_at = NOW() WHERE user_id = $1 RETURNING *",  # noqa: S608 - columns named above
            [call.user.id, *updates.values()],
        )
    data = {"data": changed[0]} if changed else {}
    return Answer(200, {"success": True, **data, "message": "Settings updated successfully"})


async def get_theme(call: Call) -> Answer:
    """GET /v1/settings/theme."""
    with failing_as("THEME_ERROR", "Failed to fetch theme"):
        found = await call.database.query(
            "SELECT theme FROM user_settings WHERE user_id = $1", [call.user.id]
        )
    theme = node.either(found[0]["theme"] if found else None, _DEFAULT_THEME)
    return Answer(200, {"success": True, "data": {"theme": theme}})


HANDLERS: Handlers = {
    ("GET", "/v1/settings"): get_settings,
    ("PUT", "/v1/settings"): update_settings,
    ("GET", "/v1/settings/theme"): get_theme,
}
