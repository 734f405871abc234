"""A user's profile, as its owner and as the public sees it."""

from typing import Any

from legacy_bridge import node, settings
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Connection, Row, send
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as

_OWN_COLUMNS = """
    id, username, email, first_name, last_name, role, team_id, created_at, updated_at, is_active
"""
_PROFILE_COLUMNS = frozenset(
    (
        *("display_name", "professional_title", "bio", "profile_photo_url", "cover_photo_url"),
        *("license_number", "years_experience", "specialties", "service_areas", "languages"),
        *("show_email", "show_phone", "show_office"),
        *("website_url", "linkedin_url", "facebook_url", "instagram_url", "twitter_url", "youtube_url"),
    )
)
_SETTINGS_COLUMNS = frozenset(settings.COLUMNS.values())


async def get_own_profile(call: Call) -> Answer:
    """GET /v1/profiles/me."""
    with failing_as("PROFILE_ERROR", "Failed to fetch profile"):
        found = await call.database.query(
            f"SELECT {_OWN_COLUMNS} FROM users WHERE id = $1",  # noqa: S608 - columns named above
            [call.user.id],
        )
    if not found:
        raise _not_found()
    return Answer(200, {"success": True, "data": found[0]})


async def update_own_profile(call: Call) -> Answer:
    """PUT /v1/profiles/me: profile and settings in one; the answer has the password hash (Q-04)."""
    with failing_as("UPDATE_ERROR", "Failed to update profile"):
        async with call.database.transaction() as connection:
            await _store(connection, "user_profiles", _PROFILE_COLUMNS, call, "profile")
            await _store(connection, "user_settings", _SETTINGS_COLUMNS, call, "settings")
        found = await call.database.query(
            """
            SELECT u.*, p.*, s.* FROM users u
            LEFT JOIN user_profiles p ON p.user_id = u.id
            LEFT JOIN user_settings s ON s.user_id = u.id
            WHERE u.id = $1
            """,
            [call.user.id],
        )
    if not found:
        raise _not_found()
    return Answer(200, {"success": True, "data": found[0], "message": "Profile updated successfully"})


async def _store(connection: Connection, table: str, known: frozenset[str], call: Call, part: str) -> None:
    """Write the known columns of one part of the body; a user who has no row there gets none."""
    given = call.body.get(part)
    values = {key: value for key, value in given.items() if key in known} if isinstance(given, dict) else {}
    if not values:
        return
    assignments = ", ".join(f"{column} = ${place}" for place, column in enumerate(values, start=2))
    await send(
        connection,
        f"UPDATE {table} SET {assignments}, updated_at = NOW() WHERE user_id = $1",  # noqa: S608 - tables and columns named above
        [call.user.id, *values.values()],
    )


async def get_public_profile(call: Call) -> Answer:
    """GET /v1/profiles/public/{username}, for everybody. The phone number is never found."""
    with failing_as("PROFILE_ERROR", "Failed to fetch profile"):
        found = await call.database.query(
            """
            SELECT u.id, u.username, u.email, p.*, s.* FROM users u
            LEFT JOIN user_profiles p ON p.user_id = u.id
            LEFT JOIN profile_statistics s ON s.user_id = u.id
            WHERE LOWER(u.username) = LOWER($1) AND u.is_active
            """,
            [call.params["username"].lower()],
        )
        if not found:
            raise _not_found()
        profile = found[0]
        sales = await call.database.query(
            """
            SELECT property_address, city, closing_date, transaction_type FROM escrows
            WHERE team_id = (SELECT team_id FROM users WHERE id = $1) AND escrow_status = 'closed'
            ORDER BY closing_date DESC LIMIT 5
            """,
            [profile["id"]],
        )
        testimonials = await call.database.query(
            """
            SELECT client_name, client_type, testimonial_text, rating, transaction_date FROM profile_testimonials
            WHERE user_id = $1 AND is_visible ORDER BY is_featured DESC, created_at DESC LIMIT 10
            """,
            [profile["id"]],
        )
    return Answer(200, {"success": True, "data": _public(profile, sales, testimonials)})


def _public(profile: Row, sales: list[Row], testimonials: list[Row]) -> dict[str, Any]:
    no_phone = {} if profile["show_phone"] else {"phone": None}  # the column is not asked for
    return {
        "username": profile["username"],
        "displayName": profile["display_name"],
        "professionalTitle": profile["professional_title"],
        "bio": profile["bio"],
        "profilePhoto": profile["profile_photo_url"],
        "coverPhoto": profile["cover_photo_url"],
        "contact": {"email": profile["email"] if profile["show_email"] else None} | no_phone,
        "professional": {
            "licenseNumber": profile["license_number"],
            "yearsExperience": profile["years_experience"],
            "specialties": _or(profile["specialties"]),
            "serviceAreas": _or(profile["service_areas"]),
            "languages": _or(profile["languages"], "English"),
        },
        "social": {
            name: profile[f"{name}_url"]
            for name in ("website", "linkedin", "facebook", "instagram", "twitter", "youtube")
        },
        "statistics": {
            "totalSales": profile["total_sales"],
            "totalVolume": profile["total_sales_volume"],
            "totalListings": profile["total_listings"],
            "currentYearSales": profile["current_year_sales"],
            "currentYearVolume": profile["current_year_volume"],
            "avgDaysOnMarket": profile["average_days_on_market"],
            "avgSaleToListRatio": profile["average_sale_to_list_ratio"],
        },
        **{name: _or(profile[name]) for name in ("achievements", "certifications", "awards")},
        "recentSales": sales,
        "testimonials": testimonials,
    }


def _or(value: Any, *items: str) -> Any:
    return node.either(value, list(items))


def _not_found() -> Refusal:
    return Refusal(404, "PROFILE_NOT_FOUND", "Profile not found")


HANDLERS: Handlers = {
    ("GET", "/v1/profiles/me"): get_own_profile,
    ("PUT", "/v1/profiles/me"): update_own_profile,
    ("GET", "/v1/profiles/public/{username}"): get_public_profile,
}
