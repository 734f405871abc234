"""Bad input, at every endpoint of both backends: the recorded or the deviated answer, and nothing stored by half.

The tables are in `tests/support/bad_input.py`. What one backend answers is held against the other, and against the
declared deviations of the rooms.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import psycopg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

import domains.server
import domains.shared.rate_limits
import legacy_bridge.app
import legacy_bridge.rate_limits
from domains.routes import ROUTES
from domains.shared.caching import CacheSettings
from domains.shared.routes import Route
from legacy_bridge.seed import reset
from loadtests.recording import Credentials
from tests.support.bad_input import (
    KEYS,
    NOBODY,
    ODD,
    QUERIES,
    TYPES,
    UNREADABLE,
    VALUES,
    path_of,
    tokens,
)
from tests.support.replay import JWT_SECRET

ADMIN, STRANGER = "admin_ada", "agent_ben"
WRITES = tuple(route for route in ROUTES if route.method in {"POST", "PUT", "PATCH"})
OF_ONE = tuple(route for route in ROUTES if "{" in route.path)
JSON_TYPE = {"Content-Type": "application/json"}
_MANY = 10**9
_TRACES = frozenset({"security_events", "api_key_logs", "refresh_tokens"})
"""Tables in which both backends note that they refused something."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the code of a refusal, or nothing."""

    status: int
    code: str


@dataclass(frozen=True, slots=True)
class Backend:
    """One backend on a socket."""

    base: str
    session: aiohttp.ClientSession
    credentials: Credentials

    async def ask(
        self,
        user: str | None,
        method: str,
        target: str,
        raw: bytes | None = None,
        headers: Mapping[str, str] = JSON_TYPE,
    ) -> Answer:
        """What it answers; every answer is the envelope, or a CSV file."""
        sent = self.credentials.headers(user) | (dict(headers) if raw is not None else {})
        url = URL(self.base + target, encoded=True)
        async with self.session.request(method, url, headers=sent, data=raw) as answer:
            content = await answer.read()
            if answer.content_type == "text/csv":
                return Answer(answer.status, "")
            assert answer.content_type == "application/json", (target, answer.status, content[:200])
            body = json.loads(content)
            assert body["success"] is (answer.status < 400), (target, body)
            return Answer(answer.status, "" if answer.status < 400 else body["error"]["code"])


Make = Callable[[str], web.Application]


def modern_app(database_url: str) -> web.Application:
    """Modern, without its cache and without limits."""
    limit = domains.shared.rate_limits.RateLimit(_MANY)
    return domains.server.create_app(
        database_url=database_url,
        jwt_secret=JWT_SECRET,
        cache=CacheSettings(max_bytes=0),
        rate_limits=domains.shared.rate_limits.RateLimits(limit, limit),
    )


def legacy_app(database_url: str) -> web.Application:
    """Legacy, without limits."""
    limit = legacy_bridge.rate_limits.RateLimit(_MANY)
    return legacy_bridge.app.create_app(
        database_url=database_url,
        jwt_secret=JWT_SECRET,
        rate_limits=legacy_bridge.rate_limits.RateLimits(limit, limit),
    )


@asynccontextmanager
async def serving(make: Make, database_url: str, contract: Path) -> AsyncIterator[Backend]:
    """A backend over the seeded database."""
    reset(database_url, contract / "seed")
    async with TestServer(make(database_url)) as server, aiohttp.ClientSession() as session:
        yield Backend(str(server.make_url("/")).rstrip("/"), session, Credentials(contract, JWT_SECRET))


@pytest.fixture
async def modern(database_url: str, contract: Path) -> AsyncIterator[Backend]:
    """Modern."""
    async with serving(modern_app, database_url, contract) as backend:
        yield backend


@pytest.fixture(params=[legacy_app, modern_app], ids=["legacy", "modern"])
async def either(request: pytest.FixtureRequest, database_url: str, contract: Path) -> AsyncIterator[Backend]:
    """Each backend in turn."""
    async with serving(request.param, database_url, contract) as backend:
        yield backend


def contents(database_url: str) -> dict[str, str]:
    """Table → what is in it, as a checksum."""
    with psycopg.connect(database_url) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        sums = {}
        for (name,) in names:
            statement = f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {name} t"
            [row] = connection.execute(statement.encode()).fetchall()
            sums[name] = row[0]
    return {name: found for name, found in sums.items() if name not in _TRACES}


@pytest.mark.parametrize(("user", "keys"), [(ADMIN, KEYS), (STRANGER, KEYS[:4])])
async def test_an_id_that_cannot_be_one_is_refused_and_nothing_is_written(
    modern: Backend, database_url: str, user: str, keys: Sequence[str]
) -> None:
    before = contents(database_url)

    answers = {
        (route.method, route.path, key[:20]): await modern.ask(
            user, route.method, path_of(route, key), b"{}" if route in WRITES else None
        )
        for place, route in enumerate(OF_ONE)
        for key in keys[place % 2 :: 2]
    }

    closed = {asked: found.status for asked, found in answers.items() if "check-username" not in asked[1]}
    assert {asked: status for asked, status in closed.items() if status not in {400, 403, 404}} == {}
    assert max(answer.status for answer in answers.values()) < 500
    assert contents(database_url) == before


async def test_a_body_that_is_not_json_is_refused_alike_everywhere(
    either: Backend, database_url: str
) -> None:
    before = contents(database_url)

    answers = {
        await either.ask(user, route.method, path_of(route, NOBODY), raw)
        for route in WRITES
        for raw in UNREADABLE
        for user in (None, ADMIN)
    }

    assert answers == {Answer(400, "INTERNAL_ERROR")}
    assert contents(database_url) == before


@pytest.mark.parametrize("content_type", TYPES)
async def test_a_body_of_another_type_or_charset_is_no_body(modern: Backend, content_type: str) -> None:
    raw = b'{"email": "x", "ids": ["x"]}'

    answers = {
        (route.method, route.path): await modern.ask(
            ADMIN, route.method, path_of(route, NOBODY), raw, {"Content-Type": content_type}
        )
        for route in WRITES
    }

    assert {asked: found for asked, found in answers.items() if found.status >= 500} == {}


async def test_a_body_that_is_too_large_is_refused_alike_everywhere(either: Backend) -> None:
    raw = b'{"a": "' + b"x" * 10 * 1024 * 1024 + b'"}'

    answers = {
        await either.ask(ADMIN, route.method, path_of(route, NOBODY), raw)
        for route in WRITES
        if route.path.endswith(("batch-delete", "/login"))
    }

    assert answers == {Answer(413, "INTERNAL_ERROR")}


def hostile(route: Route) -> list[bytes]:
    """Bodies with every field of the endpoint at once, each with the same value."""
    fields = {"ids", "version", "x"}
    for model in route.body if isinstance(route.body, tuple) else (route.body,):
        if model is not None:
            fields |= {field.alias or name for name, field in model.model_fields.items()}
            fields |= set(model.model_fields)
    sent = [json.dumps(dict.fromkeys(sorted(fields), value)) for value in VALUES]
    return [*ODD, *(text.encode() for text in sent)]


async def test_whatever_a_body_holds_modern_answers_and_what_it_refuses_changes_nothing(
    database_url: str, contract: Path
) -> None:
    # neighbours are sent neighbouring values: every kind comes to every room, not each value to each endpoint
    asked = [
        (route, raw)
        for place, route in enumerate(WRITES)
        if "/auth/" not in route.path
        for raw in hostile(route)[place % 2 :: 2]
    ]
    key = "e5c00000-0000-4000-8000-000000000009"

    async with serving(modern_app, database_url, contract) as modern:
        answers = [await modern.ask(ADMIN, route.method, path_of(route, key), raw) for route, raw in asked]
    refused = [one for one, answer in zip(asked, answers, strict=True) if answer.status == 400][::5]
    async with serving(modern_app, database_url, contract) as modern:
        before = contents(database_url)
        again = [await modern.ask(ADMIN, route.method, path_of(route, key), raw) for route, raw in refused]

    failed = [one for one, answer in zip(asked, answers, strict=True) if answer.status >= 500]
    assert [(route.method, route.path, raw[:200]) for route, raw in failed] == []
    assert {answer.status for answer in again} == {400}
    assert contents(database_url) == before


async def test_no_query_is_an_error_of_modern(modern: Backend) -> None:
    answers = {
        (route.path, query[:60]): await modern.ask(ADMIN, "GET", f"{path_of(route, NOBODY)}?{query}")
        for place, route in enumerate(route for route in ROUTES if route.method == "GET")
        for query in QUERIES[place % 3 :: 3]
    }

    assert {asked: found for asked, found in answers.items() if found.status >= 500} == {}


@pytest.mark.parametrize("name", tokens())
async def test_a_forged_or_stale_token_lets_nobody_in(either: Backend, name: str) -> None:
    authorization, code = tokens()[name]
    closed = [route for route in ROUTES if not route.is_open and not route.path.endswith(("stats", "export"))]
    spared = "/v1/auth/cleanup-tokens"  # public in legacy

    answers = {
        await either.ask(None, route.method, path_of(route, NOBODY), b"", {"Authorization": authorization})
        for route in closed
        if route.path != spared
    }

    assert answers == {Answer(401, code)}


async def test_a_refresh_token_is_taken_once(either: Backend) -> None:
    login = b'{"email": "agent_ann@example.test", "password": "Synthetic-Pass-1"}'
    token = await _refresh_token(either, login)
    refresh = partial(
        either.ask, None, "POST", "/v1/auth/refresh", json.dumps({"refreshToken": token}).encode()
    )

    first = await refresh()
    replayed = await asyncio.gather(*(refresh() for _ in range(5)))

    assert first == Answer(200, "")
    assert set(replayed) == {Answer(401, "INVALID_REFRESH_TOKEN")}


async def _refresh_token(backend: Backend, login: bytes) -> str:
    async with backend.session.post(f"{backend.base}/v1/auth/login", data=login, headers=JSON_TYPE) as answer:
        return str((await answer.json())["data"]["refreshToken"])


@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize("user", [ADMIN, STRANGER])
async def test_a_batch_of_any_size_is_answered_and_deletes_nothing_that_was_not_named(
    either: Backend, database_url: str, user: str, size: int
) -> None:
    before = contents(database_url)
    ids = [[NOBODY[:-5] + f"{number:05}" for number in range(size)], ["x"] * size, [7] * size, [None] * size]

    answers = [
        await either.ask(user, route.method, route.path, json.dumps({"ids": batch}).encode())
        for route in WRITES
        if route.path.endswith("batch-delete")
        for batch in ids
    ]

    assert {answer.status for answer in answers} <= {200, 400, 403, 404, 500}
    assert contents(database_url) == before
