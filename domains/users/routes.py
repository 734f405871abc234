"""Every endpoint of users, one line each."""

from functools import partial

from domains.shared.generations import Callers
from domains.shared.permissions import Audience
from domains.shared.routes import Route
from domains.users.answers import ANSWERS
from domains.users.controllers import UserController, build
from domains.users.sections import UserServices
from domains.users.validators import (
    ChangePassword,
    ChangePermissions,
    Credentials,
    GoogleToken,
    NewApiKey,
    RefreshToken,
    Registration,
    RoleQuery,
    TeamQuery,
    UpdateAccount,
    UpdateOwnProfile,
    UpdateSettings,
)

# nothing here shows what another domain holds; no write changes an id, an e-mail address, a role or whether somebody
# is active, nor does a new account or a new key, which nobody has looked up before. Other domains show of users their
# names, addresses and phones
_route = partial(
    Route,
    "users",
    build=build,
    answers=ANSWERS,
    service=UserServices,
    audience=Audience.SELF,
    by_key=False,
    reads=(),
    callers=Callers.NONE,
    shown_in=(),
)
_session = partial(_route, mirrorable=False)
_entry = partial(_session, audience=Audience.EVERYBODY)
_team = partial(_route, audience=Audience.GRANTED)

ROUTES = (
    _entry("POST", "/v1/auth/login", UserController.login, body=Credentials),
    _entry("POST", "/v1/auth/google", UserController.google, body=GoogleToken, shown_in=None),
    _entry("POST", "/v1/auth/register", UserController.register, body=Registration, shown_in=None),
    _route(
        "GET",
        "/v1/auth/check-username/{username}",
        UserController.check_username,
        audience=Audience.EVERYBODY,
    ),
    _entry("POST", "/v1/auth/refresh", UserController.refresh, body=RefreshToken),
    _route("GET", "/v1/auth/sessions", UserController.sessions, cached=False),
    _entry("POST", "/v1/auth/logout", UserController.logout, body=RefreshToken),
    _session("POST", "/v1/auth/logout-all", UserController.logout_all),
    _route(
        "POST",
        "/v1/auth/cleanup-tokens",
        UserController.clean_up_tokens,
        audience=Audience.ADMINS,
        read_back="none",  # nobody sees tokens that have run out
    ),
    _route("GET", "/v1/auth/verify", UserController.account),
    _route("GET", "/v1/auth/profile", UserController.account),
    _route("GET", "/v1/auth/verify-role", UserController.verify_role, query=RoleQuery),
    _route(
        "PUT",
        "/v1/auth/profile",
        UserController.update_account,
        body=(UpdateAccount, ChangePassword),
        shown_in=None,
    ),
    _team("GET", "/v1/teams", UserController.teams, query=TeamQuery),
    _team("GET", "/v1/teams/{id}", UserController.team),
    _team("GET", "/v1/teams/{id}/members", UserController.members),
    _team("GET", "/v1/teams/{id}/users", UserController.members),
    _team(
        "PUT",
        "/v1/teams/{id}/members/{userId}/permissions",
        UserController.change_permissions,
        body=ChangePermissions,
    ),
    _route("GET", "/v1/profiles/me", UserController.own_profile, by_key=True),
    _route(
        "PUT",
        "/v1/profiles/me",
        UserController.update_own_profile,
        body=UpdateOwnProfile,
        by_key=True,
        shown_in=None,
    ),
    _route(
        "GET",
        "/v1/profiles/public/{username}",
        UserController.public_profile,
        audience=Audience.EVERYBODY,
        reads=("escrows",),
    ),
    _route("GET", "/v1/settings", UserController.settings),
    _route("PUT", "/v1/settings", UserController.update_settings, body=UpdateSettings),
    _route("GET", "/v1/settings/theme", UserController.theme),
    # when a key was used last is written by requests that are no writes
    _route("GET", "/v1/api-keys", UserController.keys, cached=False),
    _session("POST", "/v1/api-keys", UserController.create_key, body=NewApiKey),
    _route("PUT", "/v1/api-keys/{id}/revoke", UserController.revoke_key, callers=Callers.BY_KEY),
    _route("DELETE", "/v1/api-keys/{id}", UserController.delete_key, callers=Callers.BY_KEY),
    _route("GET", "/v1/admin/users", UserController.everybody, audience=Audience.ADMINS),
)
"""The endpoints of this room."""
