"""The users domain: signing in, accounts, profiles, settings, teams, API keys and the admin's list of users."""

from collections.abc import Mapping

from legacy_bridge import (
    account,
    admin,
    api_keys,
    profiles,
    registration,
    sessions,
    settings,
    sign_in,
    teams,
)
from legacy_bridge.auth import Auth
from legacy_bridge.calls import Handlers

ROUTERS: Mapping[str, Auth] = {
    "/v1/auth": Auth.NONE,
    "/v1/teams": Auth.TOKEN,
    "/v1/profiles": Auth.NONE,
    "/v1/settings": Auth.TOKEN,
    "/v1/api-keys": Auth.TOKEN,
    "/v1/admin": Auth.TOKEN,
}
"""Router → whom it lets in, also to unknown routes."""

EXCEPTIONS: Mapping[tuple[str, str], Auth] = (
    dict.fromkeys(account.HANDLERS, Auth.TOKEN)
    | dict.fromkeys([("GET", "/v1/auth/sessions"), ("POST", "/v1/auth/logout-all")], Auth.TOKEN)
    | dict.fromkeys([("GET", "/v1/profiles/me"), ("PUT", "/v1/profiles/me")], Auth.KEY_OR_TOKEN)
)
"""Endpoints of the two open routers that want to know who it is."""

HANDLERS: Handlers = {
    **sign_in.HANDLERS,
    **account.HANDLERS,
    **registration.HANDLERS,
    **sessions.HANDLERS,
    **teams.HANDLERS,
    **profiles.HANDLERS,
    **settings.HANDLERS,
    **api_keys.HANDLERS,
    **admin.HANDLERS,
}
