"""Accounts on both sides beside each other: signing in, registering, profiles, settings, teams and API keys."""

from itertools import product
from typing import Any

from tests.domains.differential import RoomBesideLegacy, asks, sending, writes

ADA, ANN = "admin_ada", "agent_ann"
CALLERS = (ADA, "owner_otto", ANN, "broker_bea", "off_olga", "apikey:agent_ann", None)
WRITERS = tuple(user for user in CALLERS if user != "apikey:agent_ann")
ALPHA, NOBODY = "aaaaaaaa-0000-4000-8000-000000000001", "deadbeef-0000-4000-8000-000000000000"
OF_ANN = "c0ffee00-0000-4000-8000-000000000003"
ODD: tuple[Any, ...] = ([], {}, 0, "", None, "\0")
"""What a field may be sent as."""
JSON: tuple[Any, ...] = ("5", '{"a": 1}', "[]", "x", "", 5, None, [], ["a"], {"a": [1]}, "null", {"a": "\0"})
"""What a JSON column may be sent."""

READS = (
    *(
        asks(user, target)
        for user, target in product(
            CALLERS,
            (
                "/v1/auth/verify",
                "/v1/profiles/me",
                "/v1/settings",
                "/v1/teams",
                "/v1/teams?brokerId=x",
                "/v1/api-keys",
            ),
        )
    ),
    *(
        asks(user, f"/v1/teams/{team}{end}")
        for user, team, end in product(
            (ADA, "owner_otto", ANN, "broker_bea"), (ALPHA, NOBODY, "%00"), ("", "/members", "/users")
        )
    ),
    *(
        asks(None, f"/v1/auth/check-username/{name}")
        for name in ("AGENT_ANN", "ab", "abc%00", "%C3%A4bcd", "x" * 21, "%F0%9F%98%80%F0%9F%98%80")
    ),
    *(asks(None, f"/v1/profiles/public/{name}") for name in ("AGENT_BEN", "off_olga", "%00")),
)
SIGNING: tuple[tuple[str, Any], ...] = (
    *(
        ("login", {"email": name, "password": "Synthetic-Pass-1"})
        for name in ("AGENT_ANN", "off_olga", "nobody", "x\0", *ODD)
    ),
    *(("login", body) for body in sending("password", "Synthetic-Pass-1\0", [], "", username="agent_ann")),
    ("login", []),
    *((path, {"refreshToken": value}) for path, value in product(("refresh", "logout"), ("x", *ODD))),
    *(("google", body) for body in sending("idToken", "x", [], "")),
    *(("logout-all", {}), ("cleanup-tokens", {})),
)
ACCOUNT: dict[str, Any] = {
    "email": "New@Example.test",
    "username": "New_one",
    "password": "Pass-word-1",
    "firstName": "N",
    "lastName": "O",
}
REGISTERED: tuple[dict[str, Any], ...] = (
    *({key: value} for key, value in product(ACCOUNT, ([], ""))),
    *sending("username", "x" * 101, "AGENT_ANN", "agent_ann\0"),
    *sending("email", " x", "e" * 256),
    *({"email": "AGENT_ANN@example.test", key: "x" * 101} for key in ("firstName", "username")),
    *({"password": "a\0b"}, {"role": "broker"}),
)
PROFILE: tuple[dict[str, Any], ...] = (
    *({key: value} for key, value in product(("homeState", "homeLat", "licensedStates"), ODD)),
    *sending("licensedStates", "{CA,NV}", "x", [["CA"], ["NV"]]),
    *sending("newPassword", "x", [], ""),
    *sending("currentPassword", "Synthetic-Pass-1", [], "", newPassword="New-pass-1"),
    *({}, {"nope": 1}, {"homeLat": 1000}, {"searchRadiusMiles": "5"}, {"searchRadiusMiles": 1.5}),
)
OWN: tuple[dict[str, Any], ...] = (
    *sending("profile", *ODD),
    *sending("settings", *ODD),
    *(
        {"profile": {key: value}}
        for key, value in product(("years_experience", "specialties"), ("x", "{a}", *ODD))
    ),
    *({"settings": {"dashboard_layout": value}} for value in JSON),
    *({"settings": {key: value}} for key, value in product(("theme", "calendar_sync"), ("yes", []))),
    *({"profile": {"slug": "x"}}, {"settings": {"user_id": 1}}),
)
SETTINGS: tuple[dict[str, Any], ...] = (
    *sending("dashboardLayout", *JSON),
    *({key: value} for key, value in product(("theme", "calendarSync"), ("yes", *ODD))),
    *({}, {"nope": 1}, {"dashboard_layout": {}}, {"theme": "x" * 21}),
)
KEYS: tuple[dict[str, Any], ...] = (
    *sending("name", "x" * 256, [], ""),
    *sending("expiresInDays", "5", "x", 1.5, -5, 10**9, [], 0, name="k"),
)
PERMISSIONS: tuple[Any, ...] = (
    *sending("permissions", *ODD),
    *({"permissions": body} for body in sending("can_delete", "yes", "x", [], None)),
    *({"permissions": body} for body in sending("can_view_financials", "no", 0, None)),
)
MEMBER = f"/v1/teams/{ALPHA}/members/{OF_ANN}/permissions"
WRITES = (
    *(writes(None, "POST", f"/v1/auth/{path}", body) for path, body in SIGNING),
    *(
        writes(user, "POST", f"/v1/auth/{path}")
        for user, path in product((ADA, ANN), ("logout-all", "logout", "refresh"))
    ),
    *(writes(None, "POST", "/v1/auth/register", ACCOUNT | body) for body in REGISTERED),
    *(writes(ANN, "PUT", "/v1/auth/profile", body) for body in PROFILE),
    *(writes(ANN, "PUT", "/v1/profiles/me", body) for body in OWN),
    *(writes(ANN, "PUT", "/v1/settings", body) for body in SETTINGS),
    *(writes(ANN, "POST", "/v1/api-keys", body) for body in KEYS),
    *(writes(ADA, "PUT", MEMBER, body) for body in PERMISSIONS),
    *(
        writes(user, "PUT", f"/v1/teams/{team}/members/{member}/permissions", {"permissions": {}})
        for user, team, member in product((ADA, "owner_otto", ANN, "broker_bea"), (ALPHA, "x"), (OF_ANN, "x"))
    ),
    *(
        writes(user, method, f"/v1/api-keys/{key}{end}")
        for user, (method, end), key in product(
            (ADA, ANN), (("DELETE", ""), ("PUT", "/revoke")), (NOBODY, "%00")
        )
    ),
    *(
        writes(user, "PUT", target, {"theme": "dark", "firstName": "Q"})
        for user, target in product(WRITERS, ("/v1/settings", "/v1/auth/profile", "/v1/profiles/me"))
    ),
)


class TestUsersBesideLegacy(RoomBesideLegacy):
    """Users of both sides."""

    domain = "users"
    tables = (
        "users",
        "user_settings",
        "user_profiles",
        "user_permissions",
        "refresh_tokens",
        "api_keys",
        "security_events",
    )
    questions = (*WRITES, *READS)
