"""What the bodies of accounts, profiles, settings, teams and API keys must hold."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel

from domains.shared.arrays import Texts
from domains.shared.errors import Fault, InvalidInputError, UnusableInputError
from domains.shared.models import users
from domains.shared.node_json import either, field, truthy
from domains.shared.validation import NOT_NULL, Id, Text, Whole, at_most, row_model, validated
from domains.users.models import user_permissions, user_profiles, user_settings

_REQUIRED = ("email", "password", "firstName", "lastName", "username")
_ACCOUNT = (
    *("first_name", "last_name", "home_city", "home_state", "home_zip", "home_lat", "home_lng"),
    *("licensed_states", "search_radius_miles", "timezone"),
)
_ALSO_EMPTY = frozenset(
    {"homeLat", "homeLng", "searchRadiusMiles"}
)  # every other key counts only when it says something
_USERNAME_LENGTH = range(4, 21)
_USERNAME = re.compile(r"[a-zA-Z0-9_]+")
_KEPT = frozenset({"user_id", "slug", "created_at", "updated_at"})
_PROFILE = tuple(column.name for column in user_profiles.c if column.name not in _KEPT)
_SETTINGS = tuple(
    column.name for column in user_settings.c if column.name not in {"user_id", "created_at", "updated_at"}
)
PERMISSIONS: Mapping[str, bool] = {
    "can_delete": False,
    "can_edit_team_data": False,
    "can_view_financials": True,
    "can_manage_team": False,
    "is_team_admin": False,
    "is_broker_admin": False,
}
"""Permission → what holds where nothing is said."""

UpdateAccount = row_model(
    "UpdateAccount", users, _ACCOUNT, given={"licensed_states": Texts | None}, ignored=None
)
UpdateProfile = row_model(
    "UpdateProfile",
    user_profiles,
    _PROFILE,
    given=dict.fromkeys(("specialties", "service_areas", "languages"), Texts | None),
    aliases={},
    ignored=None,
)
ProfileSettings = row_model("ProfileSettings", user_settings, _SETTINGS, aliases={}, ignored=None)
_NoObject = str | float | bool | list[Any] | None  # says nothing, and is no fault
_OF_A_PROFILE: dict[str, Any] = {
    "profile": (UpdateProfile | _NoObject, None),
    "settings": (ProfileSettings | _NoObject, None),
}
UpdateOwnProfile = create_model("UpdateOwnProfile", **_OF_A_PROFILE)
"""The body of `PUT /v1/profiles/me`: the profile and the settings, spelled as the columns are."""
UpdateSettings = row_model("UpdateSettings", user_settings, _SETTINGS, ignored=None)
Permissions = row_model("Permissions", user_permissions, PERMISSIONS, aliases={}, ignored=None)
_OF_A_MEMBER: dict[str, Any] = {"permissions": (Annotated[Permissions | _NoObject, NOT_NULL], ...)}
ChangePermissions = create_model("ChangePermissions", **_OF_A_MEMBER)
"""The body of `PUT /v1/teams/{id}/members/{userId}/permissions`; of what is not in it the usual holds."""


class Credentials(BaseModel):
    """The body of `POST /v1/auth/login`: the e-mail address or the username, and the password."""

    email: str | None = None
    username: str | None = None
    password: Annotated[str, Field(min_length=1)]


class GoogleToken(BaseModel):
    """The body of `POST /v1/auth/google`."""

    id_token: Annotated[str, Field(min_length=1)] = Field(alias="idToken")


class RefreshToken(BaseModel):
    """The body of requests about one session, where the cookie does not tell which."""

    refresh_token: Any = Field(None, alias="refreshToken")


class ChangePassword(BaseModel):
    """What an update of an account must hold, so that it changes the password."""

    model_config = ConfigDict(alias_generator=to_camel)

    current_password: Any = None
    new_password: Any = None


class RoleQuery(BaseModel):
    """The query of `GET /v1/auth/verify-role`."""

    required_role: str | None = Field(None, alias="requiredRole")


class Registration(BaseModel):
    """What a new user says of themselves; the rest of a body is ignored, a role above all (Q-03)."""

    model_config = ConfigDict(alias_generator=to_camel)

    email: Annotated[Text, at_most(255)]
    username: Annotated[Text, at_most(100)]
    password: str
    first_name: Annotated[Text, at_most(100)]
    last_name: Annotated[Text, at_most(100)]


class NewApiKey(BaseModel):
    """The name of a key and how long it lives."""

    model_config = ConfigDict(alias_generator=to_camel)

    name: Annotated[Text, at_most(255)]
    expires_in_days: Whole | None = None


class TeamQuery(BaseModel):
    """Whose teams are listed."""

    broker_id: Id | None = Field(None, alias="brokerId")


def credentials_of(body: Mapping[str, Any]) -> tuple[str, str]:
    """The e-mail address or username, and the password."""
    name, password = either(body.get("email"), body.get("username")), body.get("password")
    if not (isinstance(name, str) and name and isinstance(password, str) and password):
        raise UnusableInputError("MISSING_CREDENTIALS", "Username/email and password are required")
    return name, password


def names_of(body: Mapping[str, Any]) -> tuple[str, str]:
    """The e-mail address and the username under which nobody may be known yet."""
    if not all(isinstance(body.get(key), str) and body[key] for key in _REQUIRED):
        message = "Email, password, first name, last name, and username are required"
        raise UnusableInputError("MISSING_FIELDS", message)
    return body["email"].lower(), body["username"].lower()


def registration_of(body: Mapping[str, Any]) -> Registration:
    """The new user; the e-mail address is taken as it stands."""
    return validated(Registration, {key: body[key] for key in _REQUIRED})


def account_changes(body: Mapping[str, Any]) -> dict[str, Any]:
    """Column → value of what the body changes of an account; other keys are ignored, as recorded."""
    keys = (key for key in map(to_camel, _ACCOUNT) if key in body)
    sent = {key: body[key] for key in keys if key in _ALSO_EMPTY or truthy(body[key])}
    return validated(UpdateAccount, sent).model_dump(exclude_unset=True)


def profile_changes(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same of `profile` in a body."""
    given = body.get("profile")
    sent = {key: field(given, key) for key in _PROFILE if isinstance(given, dict) and key in given}
    return validated(UpdateProfile, sent).model_dump(exclude_unset=True)


def profile_settings_changes(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same of `settings` in a body, spelled as the columns are."""
    given = body.get("settings")
    sent = {key: field(given, key) for key in _SETTINGS if isinstance(given, dict) and key in given}
    return validated(ProfileSettings, sent).model_dump(exclude_unset=True)


def settings_changes(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a body that is settings."""
    sent = {key: body[key] for key in map(to_camel, _SETTINGS) if key in body}
    return validated(UpdateSettings, sent).model_dump(exclude_unset=True)


def wrong_username(username: str) -> str | None:
    """The sentence that says why this can be nobody's name."""
    if len(username) not in _USERNAME_LENGTH:
        return "Username must be 4-20 characters"
    if not _USERNAME.fullmatch(username):
        return "Username can only contain letters, numbers, and underscores"
    return None


def permissions_of(body: Mapping[str, Any]) -> dict[str, bool | None]:
    """Every permission, as given or else as it holds where nothing is said; what holds then can be said to be null."""
    given = body.get("permissions")
    if given is None:
        raise InvalidInputError([Fault("permissions", "Is required")])
    said = given if isinstance(given, dict) else {}
    sent = {
        name: said[name]
        for name, usual in PERMISSIONS.items()
        if name in said and (usual or truthy(said[name]))
    }
    return {**PERMISSIONS, **validated(Permissions, sent).model_dump(exclude_unset=True)}


def new_key_of(body: Mapping[str, Any]) -> NewApiKey:
    """The name and the life of a new key."""
    if not truthy(body.get("name")):
        raise UnusableInputError("VALIDATION_ERROR", "API key name is required")
    days = body.get("expiresInDays")
    return validated(NewApiKey, {"name": body["name"], "expiresInDays": days if truthy(days) else None})
