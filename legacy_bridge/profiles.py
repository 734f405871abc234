"""A user's profile, as its owner and as the public sees it."""

from typing import Any

from legacy_bridge import settings
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Connection, Row, send
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as

_OWN_COLUMNS = """
    id, email, username, first_name, last_name, role, is_active, team_id, broker_id, phone, timezone, last_login,
    profile_picture_url, license_number, license_state, home_city, home_state, home_zip, home_lat, home_lng,
    licensed_states, search_radius_miles, created_at, updated_at
"""
_PROFILE_COLUMNS = frozenset(
    (
        *("slug", "display_name", "professional_title", "bio", "profile_photo_url", "cover_photo_url"),
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
    with failing_as("PROFILE_UPDATE_ERROR", "Failed to update profile"):
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
    """Write the known columns of one part of the body; a user who has no row there gets one."""
    given = call.body.get(part)
    values = {key: value for key, value in given.items() if key in known} if isinstance(given, dict) else {}
    if not values:
        return
    places = ", ".join(f"${place}" for place in range(2, len(values) + 2))
    assignments = ", ".join(f"{column} = EXCLUDED.{column}" for column in values)
    await send(
        connection,
        f"""
        INSERT INTO {table} (user_id, {", ".join(values)}) VALUES ($1, {places})
        ON CONFLICT (user_id) DO UPDATE SET {assignments}, updated_at = NOW()
        """,  # noqa: S608 - tables and columns named above
        [call.user.id, *values.values()],
    )


async def get_public_profile(call: Call) -> Answer:
    """GET /v1/profiles/public/{username}, for everybody. The phone number is never found."""
    with failing_as("PROFILE_ERROR", "Failed to fetch profile"):
        found = await call.database.query(
            """
            SELECT u.id, u.username, u.email, p.* FROM users u JOIN user_profiles p ON p.user_id = u.id
            WHERE LOWER(u.username) = $1 AND u.is_active
            """,
            [call.params["username"].lower()],
        )
        if not found:
            raise _not_found()
        profile = found[0]
        statistics = await call.database.query(
            "SELECT * FROM profile_statistics WHERE user_id = $1", [profile["id"]]
        )
        testimonials = await call.database.query(
            """
            SELECT client_name, client_type, testimonial_text, rating, transaction_date FROM profile_testimonials
            WHERE user_id = $1 AND is_visible ORDER BY is_featured DESC, transaction_date DESC
            """,
            [profile["id"]],
        )
    shown = _public(profile, statistics[0] if statistics else {}, testimonials)
    return Answer(200, {"success": True, "data": shown})


def _public(profile: Row, statistics: Row, testimonials: list[Row]) -> dict[str, Any]:
    return {
        "username": profile["username"],
        "displayName": profile["display_name"],
        "professionalTitle": profile["professional_title"],
        "bio": profile["bio"],
        "profilePhoto": profile["profile_photo_url"],
        "coverPhoto": profile["cover_photo_url"],
        "contact": {"email": profile["email"]} if profile["show_email"] else {},
        "professional": {
            "licenseNumber": profile["license_number"],
            "yearsExperience": profile["years_experience"],
            "specialties": profile["specialties"],
            "serviceAreas": profile["service_areas"],
            "languages": profile["languages"],
        },
        "social": {
            name: profile[f"{name}_url"]
            for name in ("website", "linkedin", "facebook", "instagram", "twitter", "youtube")
        },
        "statistics": {
            "totalSales": statistics.get("total_sales"),
            "totalVolume": statistics.get("total_sales_volume"),
            "totalListings": statistics.get("total_listings"),
            "currentYearSales": statistics.get("current_year_sales"),
            "currentYearVolume": statistics.get("current_year_volume"),
            "avgDaysOnMarket": statistics.get("average_days_on_market"),
            "avgSaleToListRatio": statistics.get("average_sale_to_list_ratio"),
        },
        **{name: statistics.get(name) or [] for name in ("achievements", "certifications", "awards")},
        "recentSales": [],
        "testimonials": [
            {
                "clientName": row["client_name"],
                "clientType": row["client_type"],
                "text": row["testimonial_text"],
                "rating": row["rating"],
                "date": row["transaction_date"],
            }
            for row in testimonials
        ],
    }


def _not_found() -> Refusal:
    return Refusal(404, "NOT_FOUND", "Profile not found")


HANDLERS: Handlers = {
    ("GET", "/v1/profiles/me"): get_own_profile,
    ("PUT", "/v1/profiles/me"): update_own_profile,
    ("GET", "/v1/profiles/public/{username}"): get_public_profile,
}
