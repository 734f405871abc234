"""What stood in the gaps of the recording, sent in its place: legacy answers as the evidence has it."""

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from legacy_bridge.app import create_app
from legacy_bridge.seed import reset
from loadtests.recording import Credentials, load_recording
from tests.support.replay import JWT_SECRET, Replayed, json_of, replay
from tests.support.unrecorded import Derived, at, interleaved
from tests.support.unrecorded.tables import TABLES

ReplayOf = Callable[[str], Mapping[tuple[str, str], Replayed]]
EVERY = [pytest.param(one, id=f"{one.id}-{one.name}") for table in TABLES.values() for one in table]


@pytest.fixture(scope="module")
def replay_of(database_url: str, contract: Path) -> ReplayOf:
    """The recording of a domain with its gaps filled, sent once to a fresh backend over the seeded state."""

    async def send(domain: str) -> list[Replayed]:
        app = create_app(database_url=database_url, jwt_secret=JWT_SECRET)
        more = [one.recorded for one in TABLES[domain]]
        exchanges = interleaved(load_recording(contract, domain), more)
        async with TestServer(app) as server:
            base_url = str(server.make_url("/"))
            return await replay(base_url, exchanges, None, Credentials(contract, JWT_SECRET))

    @cache
    def replayed(domain: str) -> Mapping[tuple[str, str], Replayed]:
        reset(database_url, contract / "seed")
        found = asyncio.run(send(domain))
        return {(one.recorded.id, one.recorded.name): one for one in found}

    return replayed


@pytest.mark.parametrize("derived", EVERY)
def test_it_answers_what_the_evidence_says(derived: Derived, replay_of: ReplayOf) -> None:
    replayed = replay_of(derived.recorded.domain)
    one = replayed[derived.id, derived.name]

    answer = json_of(one.exchange.modern.body)

    assert (one.exchange.modern.status, one.query_count) == (derived.status, derived.sql_count)
    assert {path: at(answer, path) for path in derived.shows} == derived.shows
    if derived.like:
        [like] = [other for (key, _), other in replayed.items() if key == derived.like]
        assert answer == json_of(like.exchange.modern.body)
