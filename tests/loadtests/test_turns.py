"""Sides that take turns: what is kept of a request, and what a side that is gone says."""

import asyncio
import random
from pathlib import Path

import pytest

from loadtests.errors import BackendError
from loadtests.recording import Credentials, load_recording
from loadtests.turns import Floor, Side, in_turns, is_reading, opened
from loadtests.workload import Journey, build_workload
from tests.support.backends import FakeBackend, answering

TEMPLATES = [("GET", "/v1/escrows/{id}"), ("PUT", "/v1/escrows/{id}")]
HEADERS = (
    ("Content-Type", "application/json"),
    ("X-Query-Count", "2"),
    ("Server-Timing", "db;dur=1.5, cache;desc=hit"),
)


def journeys(contract: Path) -> list[Journey]:
    return list(build_workload(load_recording(contract, "escrows"), TEMPLATES).journeys)


async def test_each_request_keeps_its_statements_and_the_state_of_the_cache(contract: Path) -> None:
    reading = next(one for one in journeys(contract) if is_reading(one))
    async with FakeBackend(answering(headers=HEADERS)) as backend:
        side = Side("modern", backend.url, Credentials(contract, "s" * 32))

        taken = await asyncio.to_thread(side.play, reading)
        side.close()

    assert [(one.side, one.query_count, one.cache, one.db_ms) for one in taken] == [("modern", 2, "hit", 1.5)]
    assert taken[0].duration_ms > 0


async def test_in_a_round_every_side_gets_the_same_and_reads_more_often(contract: Path) -> None:
    credentials = Credentials(contract, "s" * 32)
    some = journeys(contract)[:6]
    async with FakeBackend(answering()) as one, FakeBackend(answering()) as other:
        with opened({"legacy": one.url, "modern": other.url}, credentials) as sides:
            taken = await asyncio.to_thread(
                lambda: list(in_turns(sides, some, repeats=3, rng=random.Random(1)))
            )

        counts = {name: sum(item.side == name for item in taken) for name in ("legacy", "modern")}
        assert counts["legacy"] == counts["modern"]
        assert counts["legacy"] >= sum(3 if is_reading(item) else 1 for item in some)


async def test_the_floor_is_asked_its_exchanges_alone_and_as_often_as_the_others(contract: Path) -> None:
    credentials = Credentials(contract, "s" * 32)
    reading, other = [one for one in journeys(contract) if is_reading(one)][:2]
    asked = reading.steps[0].exchange
    async with FakeBackend(answering()) as one, FakeBackend(answering()) as bare:
        with opened({"legacy": one.url, "floor": bare.url}, credentials) as (legacy, side):
            floor = Floor(side, {(asked.domain, asked.name): ("/before", "/")})
            taken = await asyncio.to_thread(
                lambda: list(
                    in_turns([legacy], [reading, other], repeats=3, rng=random.Random(1), floor=floor)
                )
            )

    assert [item.exchange for item in taken if item.side == "floor"] == [asked.name] * 3
    assert [item.exchange for item in taken if item.side == "legacy"].count(asked.name) == 3


def test_a_side_that_is_gone_is_named(contract: Path) -> None:
    side = Side("modern", "http://127.0.0.1:1", Credentials(contract, "s" * 32))

    with pytest.raises(BackendError, match=r"modern at http://127\.0\.0\.1:1 does not answer"):
        side.play(journeys(contract)[0])
