"""Every endpoint of users, one line each."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from domains.shared.requests import Call
from domains.shared.routes import Route
from domains.users.controllers import UserController, build
from domains.users.validators import NewApiKey, Registration, UpdateAccount, UpdateSettings

Handler = Callable[[UserController, Call], Awaitable[web.Response]]


def _route(method: str, path: str, handler: Handler, **facts: Any) -> Route:
    """An endpoint for tokens alone, where nothing else is said; nothing here shows what another domain holds."""
    return Route("users", method, f"/v1{path}", handler, build, **{"by_key": False, "reads": (), **facts})


ROUTES = (
    _route("POST", "/auth/login", UserController.login, is_open=True, mirrorable=False),
    _route("POST", "/auth/google", UserController.google, is_open=True, mirrorable=False),
    _route(
        "POST", "/auth/register", UserController.register, body=Registration, is_open=True, mirrorable=False
    ),
    _route("GET", "/auth/check-username/{username}", UserController.check_username, is_open=True),
    _route("POST", "/auth/refresh", UserController.refresh, is_open=True, mirrorable=False),
    _route("GET", "/auth/sessions", UserController.sessions, cached=False),
    _route("POST", "/auth/logout", UserController.logout, is_open=True, mirrorable=False),
    _route("POST", "/auth/logout-all", UserController.logout_all, mirrorable=False),
    _route("POST", "/auth/cleanup-tokens", UserController.clean_up_tokens),
    _route("GET", "/auth/verify", UserController.account),
    _route("GET", "/auth/profile", UserController.account),
    _route("GET", "/auth/verify-role", UserController.verify_role),
    _route("PUT", "/auth/profile", UserController.update_account, body=UpdateAccount),
    _route("GET", "/teams", UserController.teams),
    _route("GET", "/teams/{id}", UserController.team),
    _route("GET", "/teams/{id}/members", UserController.members),
    _route("GET", "/teams/{id}/users", UserController.members),
    _route("PUT", "/teams/{id}/members/{userId}/permissions", UserController.change_permissions),
    _route("GET", "/profiles/me", UserController.own_profile, by_key=True),
    _route("PUT", "/profiles/me", UserController.update_own_profile, by_key=True),
    _route("GET", "/profiles/public/{username}", UserController.public_profile, is_open=True),
    _route("GET", "/settings", UserController.settings),
    _route("PUT", "/settings", UserController.update_settings, body=UpdateSettings),
    _route("GET", "/settings/theme", UserController.theme),
    # when a key was used last is written by requests that are no writes
    _route("GET", "/api-keys", UserController.keys, cached=False),
    _route("POST", "/api-keys", UserController.create_key, body=NewApiKey, mirrorable=False),
    _route("PUT", "/api-keys/{id}/revoke", UserController.revoke_key),
    _route("DELETE", "/api-keys/{id}", UserController.delete_key),
    _route("GET", "/admin/users", UserController.everybody),
)
"""The endpoints of this room."""
