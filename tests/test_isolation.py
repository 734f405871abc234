"""Tenants are apart: every endpoint of `ROUTES`, asked by whoever must not get at what is there.

Nothing of the first team's rows is shown to anybody else, and nothing of them is changed. An endpoint that is not
covered, or does not say for whom it is, fails.
"""

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from domains.leads.controllers import build
from domains.routes import ROUTES
from domains.shared.permissions import Audience
from domains.shared.requests import Call
from domains.shared.responses import success
from domains.shared.routes import Route
from tests.domains.requests import (
    MANY,
    MARK,
    OWNER,
    STRANGERS,
    USER,
    Asked,
    asked_of,
    bearer,
    not_asked,
    prepare,
    tables_of,
)
from tests.domains.support import Modern, serving

OPEN: Mapping[str, str] = {
    "POST /v1/auth/login": "who signs in is not known yet; the password is asked for",
    "POST /v1/auth/google": "who signs in is not known yet; Google vouches for them",
    "POST /v1/auth/register": "who registers is not known yet, and becomes an agent (Q-03)",
    "GET /v1/auth/check-username/{username}": "asked while registering; says whether a name is taken, nothing else",
    "POST /v1/auth/refresh": "the access token has run out; the refresh token says who it is",
    "POST /v1/auth/logout": "ends the session of the refresh token that is sent, with or without an access token",
    "GET /v1/profiles/public/{username}": "what its owner has made public",
}
"""The endpoints that are open by record, and why."""

CLAIMS = {"id": USER, "email": f"{OWNER}@example.test", "role": "system_admin", "exp": 4_000_000_000}
NOBODY: Mapping[str, tuple[str | None, Mapping[str, str]]] = {
    "without a token": (None, {}),
    "with an expired token": (f"expired:{OWNER}", {}),
    "with something else than a token": ("badtoken", {}),
    "with a token that somebody else signed": (None, bearer(CLAIMS, "another secret that is long enough")),
    "with a token that nobody signed": (None, bearer(CLAIMS, "", "none")),
    "with a token of another algorithm": (None, bearer(CLAIMS, "another secret" * 8, "HS512")),
    "with a token of nobody": ("ghost", {}),
    "with a token of a disabled user": ("off_olga", {}),
    "with an expired API key": ("apikey:agent_ben", {}),
    "with an API key that was deactivated": ("apikey:broker_bea", {}),
    "with an unknown API key": (None, {"X-API-Key": "0" * 64}),
    "with a signature of the proxy that is none": (
        None,
        {"X-Crossfade-Shadow": "read", "X-Crossfade-Signature": "t=4000000000,v1=00"},
    ),
}
"""Callers whom nobody knows."""
BOOKKEEPING = {"api_keys", "api_key_logs", "security_events"}
"""Where it is written down that a key was used, or refused."""
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}")


async def all_leads(_: Any, call: Call) -> web.Response:
    """An endpoint that forgot whose leads they are."""
    del call
    return success(data=MARK)


FORGETFUL = Route("leads", "GET", "/v1/leads/all", all_leads, build, audience=Audience.GRANTED)
UNSAID = Route("leads", "GET", "/v1/leads/unsaid", all_leads, build)


@pytest.fixture
async def prepared(seeded_database: str, contract: Path) -> AsyncIterator[Modern]:
    """Modern with two endpoints more, over the prepared rows."""
    routes = (FORGETFUL, UNSAID, *ROUTES)
    async with serving(seeded_database, contract, routes=routes, rate_limits=MANY) as running:
        prepare(running)
        yield running


async def answer_to(
    modern: Modern, asked: Asked, user: str | None, more: Mapping[str, str]
) -> tuple[int, str]:
    """Status and text of the answer to somebody's request."""
    headers = modern.credentials.headers(user) | dict(more)
    async with modern.client.request(asked.method, asked.target, headers=headers, json=asked.body) as answer:
        return answer.status, await answer.text()


def secrets_of(tables: Mapping[str, set[str]]) -> frozenset[str]:
    """The ids of the rows that are marked, and of the clients of marked contacts."""
    marked = {row for rows in tables.values() for row in rows if MARK in row}
    ids = {_ID.search(row) for row in marked}
    firsts = {found[0] for found in ids if found is not None}
    clients = {row for row in tables["clients"] if _ID.findall(row)[1] in firsts}
    return frozenset(firsts | {_ID.findall(row)[0] for row in clients})


def shown_in(text: str, asked: Asked, secrets: frozenset[str]) -> set[str]:
    """What an answer shows of the first team, but for what was in the request."""
    told = set(_ID.findall(text)) & secrets
    sent = f"{asked.target} {asked.body}"
    return {value for value in (*told, *([MARK] if MARK in text else [])) if value not in sent}


def permitted(route: Route, asked: Asked) -> set[int]:
    """The statuses that a known stranger may be answered."""
    match route.audience:
        case Audience.ADMINS | None:
            return {403}
        case Audience.GRANTED | Audience.SELF if "{" in route.path:
            return {403, 404}
        case Audience.GRANTED if route.path.endswith("/batch-delete"):
            return {403, 404}
        case Audience.GRANTED if route.path == "/v1/teams":
            return {400}
        case _:
            return {201} if asked.method == "POST" and route.path.count("/") == 2 else {200}


def test_every_endpoint_is_asked() -> None:
    assert not_asked(ROUTES) == []


def test_every_endpoint_says_for_whom_it_is() -> None:
    assert [f"{route.method} {route.path}" for route in ROUTES if route.audience is None] == []


def test_what_is_open_is_open_by_record() -> None:
    assert {f"{route.method} {route.path}" for route in ROUTES if route.is_open} == OPEN.keys()


def test_an_endpoint_that_is_added_without_a_request_or_an_audience_fails() -> None:
    routes = (*ROUTES, FORGETFUL, UNSAID)

    assert not_asked(routes) == ["GET /v1/leads/all", "GET /v1/leads/unsaid"]
    assert [route for route in routes if route.audience is None] == [UNSAID]


@pytest.mark.parametrize("user", [OWNER, "admin_ada", "agent_ben"])
async def test_an_endpoint_that_does_not_say_for_whom_it_is_is_for_nobody(
    prepared: Modern, user: str
) -> None:
    reply = await prepared.send(user, "GET", UNSAID.path)

    assert reply.refusal == (403, "FORBIDDEN")


async def test_nobody_who_is_not_known_gets_at_anything(prepared: Modern) -> None:
    before = tables_of(prepared)

    answers = {
        (who, asked.name): await answer_to(prepared, asked, *NOBODY[who])
        for route, asked in asked_of(ROUTES)
        if not route.is_open
        for who in NOBODY
    }
    by_key = {
        asked.name: await answer_to(prepared, asked, f"apikey:{OWNER}", {})
        for route, asked in asked_of(ROUTES)
        if not route.by_key and not route.is_open
    }

    assert {what: told for what, told in answers.items() if told[0] != 401 or MARK in told[1]} == {}
    assert {what: told for what, told in by_key.items() if told[0] != 401 or MARK in told[1]} == {}
    after = tables_of(prepared)
    assert {name for name in before if before[name] != after[name]} <= BOOKKEEPING


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_a_stranger_is_shown_nothing_of_another_team_and_changes_nothing_of_it(
    prepared: Modern, stranger: str
) -> None:
    before = tables_of(prepared)
    secrets = secrets_of(before)
    walk = [(route, asked) for route, asked in asked_of(ROUTES) if not route.is_open]

    answers = {asked: (route, *await answer_to(prepared, asked, stranger, {})) for route, asked in walk}

    after = tables_of(prepared)
    assert len(secrets) > 100
    assert {
        asked.name: (status, text)
        for asked, (route, status, text) in answers.items()
        if status not in permitted(route, asked)
    } == {}
    shown = {asked.name: shown_in(text, asked, secrets) for asked, (_, _, text) in answers.items()}
    assert {name: found for name, found in shown.items() if found} == {}
    (own_id,) = prepared.rows("SELECT id::text FROM users WHERE username = %s", [stranger])[0]
    gone = {row for name in before for row in before[name] - after[name]}
    made = {row for name in before for row in after[name] - before[name]}
    assert {row for row in gone if own_id not in row} == set()
    assert {row for row in made if MARK in row} == set()


async def test_whoever_may_is_shown_what_strangers_are_not(prepared: Modern) -> None:
    secrets = secrets_of(tables_of(prepared))
    reads = [asked for _, asked in asked_of(ROUTES) if asked.method == "GET"]

    answers = {asked.name: await answer_to(prepared, asked, asked.user, {}) for asked in reads}

    telling = [asked for asked in reads if shown_in(answers[asked.name][1], asked, secrets)]
    assert {name: told for name, told in answers.items() if told[0] != 200} == {}
    assert len(telling) >= 30


async def test_what_a_forgetful_endpoint_shows_is_found(prepared: Modern) -> None:
    asked = Asked("GET", FORGETFUL.path)

    _, text = await answer_to(prepared, asked, "agent_ben", {})

    assert shown_in(text, asked, frozenset()) == {MARK}
