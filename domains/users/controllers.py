"""The words of the answers about users: some camelCase, some as the columns are spelled, as recorded (Q-21)."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from domains.shared.clock import Clock
from domains.shared.controllers import Row
from domains.shared.database import Database
from domains.shared.node_json import column_value, either, iso_moment, string_of, truthy
from domains.shared.requests import Call
from domains.shared.responses import success
from domains.users.sections import TESTIMONIAL, UserServices
from domains.users.utils import CLEARED_COOKIE, COOKIE, EXPIRES_IN, access_token, refresh_cookie
from domains.users.validators import PERMISSIONS, wrong_username

_ONCE = "API key created successfully. Save this key securely - it will not be shown again."
_ONBOARDING = {"sampleDataGenerated": True, "tutorialAvailable": True, "nextStep": "/onboarding/welcome"}
REGISTERED = {
    "id": "id",
    "email": "email",
    "firstName": "first_name",
    "lastName": "last_name",
    "role": "role",
    "isActive": "is_active",
}
ENTERED = {"id": "id", "email": "email", "username": "username"} | REGISTERED
ACCOUNT = ENTERED | {
    "lastLogin": "last_login",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "timezone": "timezone",
}
HOME = (
    *("home_city", "home_state", "home_zip", "home_lat", "home_lng"),
    *("licensed_states", "search_radius_miles"),
)
SESSION = {
    "id": "id",
    "createdAt": "created_at",
    "expiresAt": "expires_at",
    "ipAddress": "ip_address",
    "userAgent": "user_agent",
    "deviceInfo": "device_info",
}
PROFESSIONAL = {
    "licenseNumber": "license_number",
    "yearsExperience": "years_experience",
    "specialties": "specialties",
    "serviceAreas": "service_areas",
    "languages": "languages",
}
_USUAL: dict[str, list[str]] = {"specialties": [], "serviceAreas": [], "languages": ["English"]}
SOCIAL = {
    name: f"{name}_url" for name in ("website", "linkedin", "facebook", "instagram", "twitter", "youtube")
}
STATISTICS = {
    "totalSales": "total_sales",
    "totalVolume": "total_sales_volume",
    "totalListings": "total_listings",
    "currentYearSales": "current_year_sales",
    "currentYearVolume": "current_year_volume",
    "avgDaysOnMarket": "average_days_on_market",
    "avgSaleToListRatio": "average_sale_to_list_ratio",
}
_TIMEZONE = "America/Los_Angeles"


class UserController:
    """Users over HTTP."""

    def __init__(self, services: UserServices, clock: Clock) -> None:
        self._users = services
        self._clock = clock

    async def login(self, call: Call) -> web.Response:
        """POST on `/auth/login`."""
        return self._entered(call, *await self._users.sign_in(call.body, call.origin))

    async def google(self, call: Call) -> web.Response:
        """POST on `/auth/google`."""
        return self._entered(call, *await self._users.sign_in_by_google(call.body, call.origin, call.house))

    async def register(self, call: Call) -> web.Response:
        """POST on `/auth/register`."""
        user = await self._users.register(call.body)
        data = {
            "user": spelled(user, REGISTERED),
            "token": access_token(user, call.house.jwt_secret, self._clock()),
            "onboarding": _ONBOARDING,
        }
        return success(status=201, data=data, message="User registered successfully")

    async def check_username(self, call: Call) -> web.Response:
        """GET on `/auth/check-username/{username}`."""
        username = call.params["username"]
        if wrong := wrong_username(username):
            return success(data={"available": False, "message": wrong})
        taken = await self._users.is_taken(username)
        message = "Username is already taken" if taken else "Username is available"
        return success(data={"available": not taken, "username": username, "message": message})

    async def refresh(self, call: Call) -> web.Response:
        """POST on `/auth/refresh`: the next refresh token is in the cookie alone."""
        user, token = await self._users.refresh(_refresh_token(call), call.origin)
        access = access_token(user, call.house.jwt_secret, self._clock())
        answer = success(data={"accessToken": access, "expiresIn": EXPIRES_IN})
        return self._with_cookie(call, answer, token)

    async def sessions(self, call: Call) -> web.Response:
        """GET on `/auth/sessions`: without a cookie every session is the current one, as recorded."""
        is_current = not call.origin.cookies.get(COOKIE)
        rows = await self._users.sessions(call.principal)
        return success(data={"sessions": [spelled(row, SESSION) | {"isCurrent": is_current} for row in rows]})

    async def logout(self, call: Call) -> web.Response:
        """POST on `/auth/logout`, with or without a token."""
        await self._users.sign_out(_refresh_token(call))
        return _ended("Logged out successfully")

    async def logout_all(self, call: Call) -> web.Response:
        """POST on `/auth/logout-all`."""
        await self._users.sign_out_everywhere(call.principal)
        return _ended("Logged out from all devices successfully")

    async def clean_up_tokens(self, call: Call) -> web.Response:
        """POST on `/auth/cleanup-tokens`, for system_admins (Q-05)."""
        del call
        count = await self._users.clean_up()
        data = {"deletedCount": count, "message": f"Cleaned up {count} expired refresh tokens"}
        return self._stamped(data)

    async def account(self, call: Call) -> web.Response:
        """GET on `/auth/profile` and `/auth/verify`."""
        told = spelled(await self._users.account(call.principal), ACCOUNT)
        return success(data={"user": told | {"timezone": told["timezone"] or _TIMEZONE}})

    async def verify_role(self, call: Call) -> web.Response:
        """GET on `/auth/verify-role`: whether the caller has just this role."""
        who, required = call.principal, call.query.get("requiredRole")
        data: dict[str, Any] = {"authorized": who.role == required, "userRole": who.role}
        if required is not None:
            data["requiredRole"] = required
        return success(data=data | {"userId": who.user_id, "email": who.email})

    async def update_account(self, call: Call) -> web.Response:
        """PUT on `/auth/profile`."""
        row = await self._users.update_account(call.principal, call.body, call.origin)
        data = spelled(row, REGISTERED) | {name: column_value(row[name]) for name in HOME}
        return success(data=data, message="Profile updated successfully")

    async def own_profile(self, call: Call) -> web.Response:
        """GET on `/profiles/me`."""
        return success(data=shown(await self._users.own_profile(call.principal)))

    async def update_own_profile(self, call: Call) -> web.Response:
        """PUT on `/profiles/me`."""
        row = await self._users.update_own_profile(call.principal, call.body)
        return success(data=shown(row), message="Profile updated successfully")

    async def public_profile(self, call: Call) -> web.Response:
        """GET on `/profiles/public/{username}`."""
        return success(data=_public(*await self._users.public_profile(call.params["username"])))

    async def settings(self, call: Call) -> web.Response:
        """GET on `/settings`."""
        return success(data=shown(await self._users.settings(call.principal)))

    async def update_settings(self, call: Call) -> web.Response:
        """PUT on `/settings`."""
        row = await self._users.update_settings(call.principal, call.body)
        message = "Settings updated successfully"
        return success(message=message) if row is None else success(data=shown(row), message=message)

    async def theme(self, call: Call) -> web.Response:
        """GET on `/settings/theme`."""
        return success(data={"theme": await self._users.theme(call.principal)})

    async def teams(self, call: Call) -> web.Response:
        """GET on `/teams`."""
        return success(data=_all(await self._users.teams(call.principal, call.query)))

    async def team(self, call: Call) -> web.Response:
        """GET on one team."""
        row = await self._users.team(call.principal, call.key)
        return success(data=shown(row) | {"member_count": str(row["member_count"])})

    async def members(self, call: Call) -> web.Response:
        """GET on `/members` and `/users` of one team."""
        rows = await self._users.members(call.principal, call.key)
        return success(data=[_member(row) for row in rows])

    async def change_permissions(self, call: Call) -> web.Response:
        """PUT on the permissions of one member."""
        row = await self._users.change_permissions(call.principal, call.key, call.params["userId"], call.body)
        return success(data=shown(row), message="Permissions updated successfully")

    async def keys(self, call: Call) -> web.Response:
        """GET on `/api-keys`."""
        return self._stamped(_all(await self._users.keys(call.principal)))

    async def create_key(self, call: Call) -> web.Response:
        """POST on `/api-keys`."""
        row, key = await self._users.create_key(call.principal, call.body, call.origin)
        return self._stamped(shown(row) | {"key": key}, status=201, message=_ONCE)

    async def revoke_key(self, call: Call) -> web.Response:
        """PUT on `/revoke` of one API key."""
        await self._users.revoke_key(call.principal, call.key, call.origin)
        return self._stamped({"success": True, "message": "API key revoked successfully"})

    async def delete_key(self, call: Call) -> web.Response:
        """DELETE on one API key."""
        await self._users.delete_key(call.principal, call.key)
        return self._stamped({"success": True, "message": "API key deleted successfully"})

    async def everybody(self, call: Call) -> web.Response:
        """GET on `/admin/users`, for system_admins."""
        del call
        return success(data=_all(await self._users.everybody()))

    def _entered(self, call: Call, user: Row, refresh_token: str) -> web.Response:
        token = access_token(user, call.house.jwt_secret, self._clock())
        data = {
            "user": spelled(user, ENTERED),
            "token": token,
            "accessToken": token,
            "refreshToken": refresh_token,
            "expiresIn": EXPIRES_IN,
            "tokenType": "Bearer",
        }
        return self._with_cookie(call, success(data=data, message="Login successful"), refresh_token)

    def _with_cookie(self, call: Call, answer: web.Response, token: str) -> web.Response:
        answer.headers["Set-Cookie"] = refresh_cookie(token, call.house.cookie_domain, self._clock())
        return answer

    def _stamped(self, data: Any, *, status: int = 200, **parts: str) -> web.Response:
        return success(status=status, data=data, **parts, timestamp=iso_moment(self._clock()))


def spelled(row: Row, keys: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a row under other keys."""
    return {key: column_value(row[column]) for key, column in keys.items()}


def shown(row: Row) -> dict[str, Any]:
    """A row as the API shows it."""
    return {name: column_value(value) for name, value in row.items()}


def build(database: Database, clock: Clock) -> UserController:
    """The room's controller on a database."""
    return UserController(UserServices(database, clock), clock)


def _all(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [shown(row) for row in rows]


def _member(row: Row) -> dict[str, Any]:
    told = shown(row)
    permissions = {name: told.pop(name) for name in PERMISSIONS}
    return told | {"permissions": permissions}


def _public(row: Row, testimonials: Sequence[Row], sales: Sequence[Row]) -> dict[str, Any]:
    no_phone = {} if row["show_phone"] else {"phone": None}  # the number is never told, as recorded
    professional = spelled(row, PROFESSIONAL)
    for key, usual in _USUAL.items():
        professional[key] = either(professional[key], usual)
    return {
        "username": row["username"],
        "displayName": row["display_name"],
        "professionalTitle": row["professional_title"],
        "bio": row["bio"],
        "profilePhoto": row["profile_photo_url"],
        "coverPhoto": row["cover_photo_url"],
        "contact": {"email": row["email"] if row["show_email"] else None} | no_phone,
        "professional": professional,
        "social": spelled(row, SOCIAL),
        "statistics": spelled(row, STATISTICS),
        **{name: either(row[name], []) for name in ("achievements", "certifications", "awards")},
        "recentSales": _all(sales),
        "testimonials": [{name: column_value(one[name]) for name in TESTIMONIAL} for one in testimonials],
    }


def _refresh_token(call: Call) -> str | None:
    """The token of the cookie, which wins, or of the body; what is no string is taken as one."""
    token = either(call.origin.cookies.get(COOKIE), call.body.get("refreshToken"))
    return string_of(token) if truthy(token) else None


def _ended(message: str) -> web.Response:
    answer = success(message=message)
    answer.headers["Set-Cookie"] = CLEARED_COOKIE
    return answer
