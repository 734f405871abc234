"""Cached answers while both sides write: none is older than a write that was finished before the request began.

Writers commit through the proxy on legacy (`PUT /v1/escrows/{id}`) and on modern (`PUT …/details`), readers ask the
cache of modern, all at once, in an order that hypothesis chooses. The life of an entry is longer than the test, so
that nothing but the stamps and modern's own commits can make an answer new.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import domains.server
import legacy_bridge.app
from domains.shared.caching import CacheSettings
from legacy_bridge.rate_limits import RateLimit, RateLimits
from legacy_bridge.seed import reset
from loadtests.recording import Credentials
from parity.database import open_database
from parity.exchange import Endpoint
from proxy.flag_store import FlagStore
from proxy.settings import ProxySettings
from proxy.stages import Stage
from proxy.worker import run_proxy
from tests.support.replay import JWT_SECRET

LIST = Endpoint("escrows", "GET", "/v1/escrows")
GET = Endpoint("escrows", "GET", "/v1/escrows/{id}")
PUT_LEGACY = Endpoint("escrows", "PUT", "/v1/escrows/{id}")
PUT_MODERN = Endpoint("escrows", "PUT", "/v1/escrows/{id}/details")
BY_MODERN = (LIST, GET, PUT_MODERN)
ROWS = tuple(f"e5c00000-0000-4000-8000-{number:012}" for number in (9, 10, 16))
READERS = ("agent_ann", "admin_ada")
HUGE = RateLimits(RateLimit(10**9), RateLimit(10**9))


@dataclass
class Site:
    """The proxy between both backends, and what was finished so far by row."""

    url: str
    session: aiohttp.ClientSession
    credentials: Credentials
    locks: dict[str, asyncio.Lock] = field(default_factory=lambda: {row: asyncio.Lock() for row in ROWS})
    begun: int = 0
    finished: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ROWS, 0))
    hits: int = 0

    async def ask(self, user: str, method: str, path: str, body: Any = None) -> Any:
        headers = self.credentials.headers(user) | {"Content-Type": "application/json"}
        async with self.session.request(
            method, self.url + path, headers=headers, data=None if body is None else json.dumps(body)
        ) as answer:
            self.hits += "cache;desc=hit" in answer.headers.get("Server-Timing", "")
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def write(self, row: str, *, on_legacy: bool) -> None:
        async with self.locks[row]:  # whose write is the newest must be known
            self.begun += 1
            number = self.begun
            if on_legacy:
                await self.ask("admin_ada", "PUT", f"/v1/escrows/{row}", {"property_address": f"v{number}"})
            else:
                changed = {"propertyAddress": f"v{number}"}
                await self.ask("admin_ada", "PUT", f"/v1/escrows/{row}/details", changed)
            self.finished[row] = number

    async def read(self, row: str, user: str) -> None:
        oldest = self.finished[row]
        answer = await self.ask(user, "GET", f"/v1/escrows/{row}")
        assert version(answer["data"]["details"]["propertyAddress"]) >= oldest

    async def read_list(self, user: str) -> None:
        oldest = dict(self.finished)
        answer = await self.ask(user, "GET", "/v1/escrows?scope=user&limit=100")
        shown = {item["id"]: version(item["propertyAddress"]) for item in answer["data"]["escrows"]}
        assert {row: shown[row] for row in ROWS if row in shown and shown[row] < oldest[row]} == {}


def version(address: str) -> int:
    return int(address.removeprefix("v")) if address.startswith("v") and address[1:].isdigit() else 0


@asynccontextmanager
async def running_site(database_url: str, contract: Path, directory: Path) -> AsyncIterator[Site]:
    legacy = legacy_bridge.app.create_app(database_url=database_url, jwt_secret=JWT_SECRET, rate_limits=HUGE)
    modern = domains.server.create_app(
        database_url=database_url, jwt_secret=JWT_SECRET, cache=CacheSettings(ttl_s=3_600)
    )
    async with TestServer(legacy) as old, TestServer(modern) as new, aiohttp.ClientSession() as session:
        endpoints = (LIST, GET, PUT_LEGACY, PUT_MODERN)
        chosen = ProxySettings(
            legacy_url=str(old.make_url("")),
            modern_url=str(new.make_url("")),
            store_url=f"sqlite:///{directory}/store.db",
            state_dir=directory / "state",
            endpoints=endpoints,
            token_key=b"a token key of some length",
            keep_server_timing=True,
        )
        store = FlagStore(open_database(chosen.store_url), endpoints)
        for endpoint in BY_MODERN:
            for stage in (Stage.SHADOW, Stage.CANARY, Stage.LIVE):
                store.flip(endpoint.name, stage, sample_rate=0, actor="test", reason="test")
        stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
        proxy = asyncio.create_task(
            run_proxy(chosen, stop=stop, ready=lambda listening, _admin: port.set_result(listening))
        )
        try:
            url = f"http://127.0.0.1:{await port}"
            yield Site(url, session, Credentials(contract, JWT_SECRET))
        finally:
            stop.set()
            await proxy


@pytest.fixture(scope="module")
def site(
    database_url: str, contract: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[asyncio.Runner, Site]]:
    """One site for all examples: what an example leaves in the cache is what the next one meets."""
    reset(database_url, contract / "seed")
    with asyncio.Runner() as runner:
        context = running_site(database_url, contract, tmp_path_factory.mktemp("coherence"))
        yield runner, runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))


ROW = st.sampled_from(ROWS)
USER = st.sampled_from(READERS)
ACTS = st.one_of(
    st.tuples(st.just("write"), ROW, st.booleans()),
    st.tuples(st.just("read"), ROW, USER),
    st.tuples(st.just("read"), ROW, USER),
    st.tuples(st.just("list"), USER),
)


async def act(site: Site, chosen: Sequence[Any]) -> None:
    match chosen:
        case ("write", row, on_legacy):
            await site.write(row, on_legacy=on_legacy)
        case ("read", row, user):
            await site.read(row, user)
        case ("list", user):
            await site.read_list(user)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.lists(ACTS, min_size=1, max_size=6), min_size=1, max_size=6))
def test_no_answer_is_older_than_a_write_that_was_finished_before_the_request_began(
    site: tuple[asyncio.Runner, Site], rounds: list[list[Any]]
) -> None:
    runner, running = site

    async def play() -> None:
        for together in rounds:
            await asyncio.gather(*(act(running, chosen) for chosen in together))

    runner.run(play())


def test_the_cache_was_really_used_meanwhile(site: tuple[asyncio.Runner, Site]) -> None:
    runner, running = site

    async def play() -> None:
        for _ in range(3):
            await running.read(ROWS[0], "agent_ann")

    before = running.hits
    runner.run(play())

    assert running.hits - before >= 2


def test_a_write_on_legacy_that_nobody_counts_is_not_seen_so_the_test_can_fail(
    site: tuple[asyncio.Runner, Site], database_url: str
) -> None:
    import psycopg

    runner, running = site
    runner.run(running.read(ROWS[1], "agent_ann"))
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE escrows SET property_address = 'v999999' WHERE id = %s", [ROWS[1]])
    running.finished[ROWS[1]] = 999_999

    with pytest.raises(AssertionError):
        runner.run(running.read(ROWS[1], "agent_ann"))
    running.finished[ROWS[1]] = 0
