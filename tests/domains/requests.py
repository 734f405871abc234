"""One request for each endpoint of `ROUTES`, sent by somebody who may send it: what the tests over all endpoints ask.

Strangers must be refused it, and a rehearsal of it must leave nothing behind. agent_ann is of the first team, agent_ben
and broker_bea are of the second one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import jwt

from domains.rooms import ROOMS
from domains.shared.rate_limits import RateLimit, RateLimits
from domains.shared.routes import Route
from loadtests.recording import Recorded, endpoint_of
from tests.domains.plain import PLAIN, PlainRoom
from tests.domains.support import Modern
from tests.support.replay import JWT_SECRET

OWNER, ADMIN = "agent_ann", "admin_ada"
STRANGERS = ("agent_ben", "broker_bea")
MARK = "of-the-first-team"
"""Stands in every row of the first team after `prepare`, and in no other."""

MANY = RateLimits(RateLimit(10**9), RateLimit(10**9))
"""Of one address come more requests here than limits allow."""

_OF_ANN = "0000-4000-8000-{:012}"
ESCROWS = tuple(f"e5c00000-{_OF_ANN}".format(number) for number in (9, 16, 17, 23))
LISTINGS = tuple(f"11500000-{_OF_ANN}".format(number) for number in (9, 16, 17))
APPOINTMENTS = tuple(f"a9900000-{_OF_ANN}".format(number) for number in (9, 16, 17))
LEADS = tuple(f"1ead0000-{_OF_ANN}".format(number) for number in (9, 16, 17))
CLIENTS = tuple(f"c1000000-{_OF_ANN}".format(number) for number in (7, 14, 15))
"""Of agent_ann: one that is active, and others that are archived after `prepare`."""
CONTACT = f"0c000000-{_OF_ANN}".format(2)
FREE_CONTACT = f"0c000000-{_OF_ANN}".format(3)
ROLE, OTHER_ROLE, FREE_ROLE = (f"401e0000-{_OF_ANN}".format(number) for number in (3, 4, 6))
TEAM = "aaaaaaaa-0000-4000-8000-000000000001"
USER = "c0ffee00-0000-4000-8000-000000000003"
KEY = "a91c0000-0000-4000-8000-000000000002"
TOKEN = "5" * 80


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A request that succeeds; `user` in the notation of the recording."""

    method: str
    target: str
    body: Any = None
    user: str | None = OWNER

    @property
    def name(self) -> str:
        """As a test shows it."""
        return f"{self.method} {self.target}"


def _room(name: str, rows: Sequence[str], *more: Asked, new: Any, change: Any) -> tuple[Asked, ...]:
    """What every room has, and more."""
    path, (one, old, older) = f"/v1/{name}", rows[:3]
    return (
        *(Asked("GET", f"{path}{what}?scope=user") for what in ("", "/stats", "/export")),
        Asked("POST", path, new),
        Asked("POST", f"{path}/batch-delete", {"ids": [older]}),
        *(Asked("GET", f"{path}/{one}"), Asked("PUT", f"{path}/{one}", change)),
        *(Asked("DELETE", f"{path}/{old}"), Asked("PUT", f"{path}/{one}/archive")),
        *(replace(asked, target=asked.target.replace("{}", f"{path}/{one}")) for asked in more),
    )


_SECTIONS: Mapping[str, Any] = {
    "details": {"purchasePrice": 610000},
    "property-details": {"bedrooms": 5},
    "people": {"buyer": CONTACT},
    "timeline": [{"event": "x"}],
    "financials": {"grossCommission": 15000},
    "checklist-loan": {"cd": True},
    "checklist-house": {"recorded": True},
    "checklist-admin": {"tcEmail": True},
    "documents": [{"id": "d1"}],
}

REQUESTS: tuple[Asked, ...] = (
    *_room(
        *("escrows", ESCROWS),
        Asked("PUT", f"/v1/escrows/{ESCROWS[3]}/restore"),
        *(Asked("GET", f"/v1/escrows/health/{what}") for what in ("auth", "db")),
        *(Asked("GET", f"{{}}/{section}") for section in (*_SECTIONS, "checklists", "notes")),
        *(Asked("PUT", f"{{}}/{section}", body) for section, body in _SECTIONS.items()),
        Asked("PATCH", "{}/checklist", {"item": "loan.cd", "value": True}),
        Asked("POST", "{}/notes", {"note": "x", "type": "call"}),
        new={"propertyAddress": "1 New Road"},
        change={"city": "Newtown"},
    ),
    *_room(
        *("listings", LISTINGS),
        Asked("GET", "/v1/listings/health/db"),
        Asked("POST", "{}/price-reduction", {"newPrice": 100000, "reason": "x"}),
        Asked("POST", "{}/showings", {"date": "2026-05-01", "time": "10:00", "agentName": "x"}),
        new={"propertyAddress": "1 New Loop", "listPrice": 650000, "propertyType": "Condo"},
        change={"city": "Newtown"},
    ),
    *_room(
        *("appointments", APPOINTMENTS),
        *(Asked("POST", f"{{}}/{what}") for what in ("cancel", "complete")),
        new={"title": "New", "appointmentDate": "2027-02-03", "startTime": "14:00"},
        change={"location": "Newtown"},
    ),
    *_room(
        *("leads", LEADS),
        *(Asked("POST", "{}/activities", {"notes": "x"}), Asked("POST", "{}/convert")),
        new={"firstName": "New", "lastName": "Lead"},
        change={"phone": "555"},
    ),
    *_room(
        *("clients", CLIENTS),
        Asked("POST", "{}/notes", {"content": "x"}),
        Asked("PATCH", "{}/tags", {"tags": ["a"]}),
        new={"firstName": "New", "lastName": "Client", "email": "new@example.test", "clientType": "Buyer"},
        change={"firstName": "New", "status": "active"},
    ),
    *(Asked("GET", f"/v1/contacts{what}") for what in ("", "/stats", "/export", "/search?name=a")),
    Asked("POST", "/v1/contacts", {"first_name": "New", "last_name": "Contact", "contact_type": "vendor"}),
    *(Asked("GET", f"/v1/contacts/{CONTACT}{what}") for what in ("", "/roles")),
    Asked("PUT", f"/v1/contacts/{CONTACT}", {"city": "Newtown"}),
    *(Asked("PATCH", f"/v1/contacts/{CONTACT}/{what}") for what in ("archive", "unarchive")),
    Asked("DELETE", f"/v1/contacts/{FREE_CONTACT}"),
    Asked("POST", f"/v1/contacts/{CONTACT}/roles", {"role_id": FREE_ROLE, "is_primary": True}),
    Asked("PUT", f"/v1/contacts/{CONTACT}/roles/primary", {"role_id": OTHER_ROLE}),
    Asked("DELETE", f"/v1/contacts/{CONTACT}/roles/{OTHER_ROLE}"),
    *(Asked("GET", f"/v1/contact-roles{what}") for what in ("", f"/{ROLE}")),
    Asked("POST", "/v1/contact-roles", {"role_name": "stager", "display_name": "Stager"}),
    Asked("POST", "/v1/auth/login", {"email": f"{OWNER}@example.test", "password": "Synthetic-Pass-1"}, None),
    Asked("POST", "/v1/auth/google", {"idToken": "good"}, None),
    Asked(
        *("POST", "/v1/auth/register"),
        {
            "email": "n@example.test",
            "password": "Synthetic-Pass-3",
            "username": "newby",
            "firstName": "N",
            "lastName": "N",
        },
        None,
    ),
    Asked("GET", "/v1/auth/check-username/nobody", user=None),
    *(Asked("POST", f"/v1/auth/{what}", {"refreshToken": TOKEN}, None) for what in ("refresh", "logout")),
    *(Asked("GET", f"/v1/auth/{what}") for what in ("sessions", "verify", "profile", "verify-role")),
    Asked("POST", "/v1/auth/logout-all"),
    Asked("POST", "/v1/auth/cleanup-tokens", user=ADMIN),
    Asked("PUT", "/v1/auth/profile", {"homeCity": "Newtown"}),
    *(Asked("GET", f"/v1/teams{what}", user=ADMIN) for what in ("", f"/{TEAM}", f"/{TEAM}/members")),
    Asked("GET", f"/v1/teams/{TEAM}/users", user=ADMIN),
    Asked(
        "PUT", f"/v1/teams/{TEAM}/members/{USER}/permissions", {"permissions": {"can_delete": True}}, ADMIN
    ),
    Asked("GET", "/v1/profiles/me"),
    Asked("PUT", "/v1/profiles/me", {"profile": {"bio": "x"}, "settings": {"theme": "dark"}}),
    Asked("GET", f"/v1/profiles/public/{STRANGERS[0]}", user=None),
    *(Asked("GET", f"/v1/settings{what}") for what in ("", "/theme")),
    Asked("PUT", "/v1/settings", {"theme": "dark"}),
    *(Asked("GET", "/v1/api-keys"), Asked("POST", "/v1/api-keys", {"name": "new"})),
    *(Asked("PUT", f"/v1/api-keys/{KEY}/revoke"), Asked("DELETE", f"/v1/api-keys/{KEY}")),
    Asked("GET", "/v1/admin/users", user=ADMIN),
)

_MARKED = {
    "escrows": ("owner_id", ("property_address", "escrow_company")),
    "listings": ("owner_id", ("property_address", "description")),
    "appointments": ("owner_id", ("title", "location")),
    "leads": ("owner_id", ("first_name", "notes", "budget_range")),
    "contacts": ("user_id", ("first_name", "notes", "company")),
    "users": ("id", ("first_name", "home_city")),
    "user_profiles": ("user_id", ("bio", "display_name")),
    "user_settings": ("user_id", ("email_signature",)),
    "api_keys": ("user_id", ("name",)),
    "teams": ("team_id", ("name",)),
}
_ARCHIVED = {"escrows": ESCROWS, "listings": LISTINGS, "appointments": APPOINTMENTS, "leads": LEADS}
_FIRST_TEAM = f"(SELECT id FROM users WHERE team_id = '{TEAM}')"


def prepare(modern: Modern) -> None:
    """From the seed to the state in which every one of the requests succeeds, and no row refers to another team's.

    What a row refers to, the client of an appointment or the people of an escrow, is shown with it as recorded.
    """
    for table, (owner, columns) in _MARKED.items():
        whose = f"= '{TEAM}'" if owner == "team_id" else f"IN {_FIRST_TEAM}"
        marked = ", ".join(f"{column} = '{MARK}'" for column in columns)
        modern.execute(f"UPDATE {table} SET {marked} WHERE {owner} {whose}")
    modern.execute(
        f"""
        DELETE FROM data_access_control;
        UPDATE appointments SET client_id = NULL, listing_id = NULL, lead_id = NULL
        WHERE owner_id NOT IN {_FIRST_TEAM};
        UPDATE escrows SET people = '{{}}' WHERE owner_id NOT IN {_FIRST_TEAM};
        """
    )
    renew(modern)


def renew(modern: Modern) -> None:
    """Into the archive and out of it, and signed in, as the requests expect it, also after some of them were sent."""
    archived = [
        f"UPDATE {table} SET deleted_at = CASE WHEN {table}.id::text = '{rows[0]}' THEN NULL ELSE now() END "
        f"WHERE {table}.id::text IN {rows};"
        for table, rows in _ARCHIVED.items()
    ]
    modern.execute(
        f"""
        {"".join(archived)}
        UPDATE clients SET status = 'archived' WHERE id::text IN {CLIENTS[1:]};
        DELETE FROM refresh_tokens;
        INSERT INTO refresh_tokens (user_id, token, expires_at)
        VALUES ('{USER}', '{TOKEN}', now() + interval '1 day'), ('{USER}', 'old', now() - interval '1 day');
        """
    )


def asked_of(routes: Iterable[Route], requests: Sequence[Asked] = REQUESTS) -> list[tuple[Route, Asked]]:
    """Each request with the route that answers it."""
    by_name = {(route.method, route.path): route for route in routes}
    found = [(endpoint_of(_recorded(asked), by_name), asked) for asked in requests]
    return [(by_name[name], asked) for name, asked in found if name is not None]


def not_asked(routes: Sequence[Route], requests: Sequence[Asked] = REQUESTS) -> list[str]:
    """The endpoints that no request reaches, but for those whose room inherits `PlainRoom`, which asks them all."""
    reached = {(route.method, route.path) for route, _ in asked_of(routes, requests)}
    reached |= {(method, f"{room.path}{what}") for room in _plain_rooms() for method, what in PLAIN}
    return [f"{route.method} {route.path}" for route in routes if (route.method, route.path) not in reached]


def _plain_rooms() -> list[type[PlainRoom]]:
    modules = [import_module(f"domains.{room}.tests.test_services") for room in ROOMS]
    kinds = [kind for module in modules for kind in vars(module).values() if isinstance(kind, type)]
    return [kind for kind in kinds if issubclass(kind, PlainRoom) and kind is not PlainRoom]


def tables_of(modern: Modern) -> dict[str, set[str]]:
    """Every row of every table as text."""
    names = modern.rows("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
    union = " UNION ALL ".join(f"SELECT '{name}', t::text FROM \"{name}\" t" for (name,) in names)
    found: dict[str, set[str]] = {name: set() for (name,) in names}
    for name, row in modern.rows(union):
        found[name].add(row)
    return found


def bearer(claims: Mapping[str, Any], secret: str = JWT_SECRET, algorithm: str = "HS256") -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {jwt.encode(dict(claims), secret, algorithm=algorithm)}"}


def _recorded(asked: Asked) -> Recorded:
    path = asked.target.partition("?")[0]
    return Recorded(
        *(asked.name, asked.name, "", asked.user, asked.method, path, {}, {}, asked.body),
        *(200, {}, None, 0, ()),
    )
