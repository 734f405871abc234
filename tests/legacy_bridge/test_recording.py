"""Every recorded exchange of every domain, replayed against the legacy backend: it gives the same answers."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp.test_utils import TestServer

from legacy_bridge.app import create_app
from legacy_bridge.endpoints import DOMAINS
from legacy_bridge.seed import reset
from loadtests.recording import Credentials, Recorded, load_recording
from parity.rules import RuleBook
from tests.legacy_bridge.support import Ear
from tests.support.replay import JWT_SECRET, Replayed, differences, redated, replay

# The shapes of the recording's volatile paths suffice: whatever hangs on the day is moved to today.
NO_RULES = RuleBook()
CONTRACT = Path(__file__).parent.parent / "contract"

EXCHANGES = [
    pytest.param(recorded, id=f"{recorded.id}-{recorded.name}")
    for domain in DOMAINS
    for recorded in load_recording(CONTRACT, domain.name)
]

ReplayOf = Callable[[str], dict[str, Replayed]]


@pytest.fixture(scope="module")
def replay_of(database_url: str, contract: Path) -> ReplayOf:
    """The whole recording of a domain, sent once to a fresh backend over the seeded state: id → what came."""

    async def send(domain: str) -> list[Replayed]:
        ear = Ear()
        app = create_app(database_url=database_url, jwt_secret=JWT_SECRET, event_sink=ear)
        async with TestServer(app) as server:
            return await replay(
                str(server.make_url("/")),
                load_recording(contract, domain),
                None,
                Credentials(contract, JWT_SECRET),
                heard=ear.heard,
            )

    @cache
    def replayed(domain: str) -> dict[str, Replayed]:
        reset(database_url, contract / "seed")
        return {one.recorded.id: one for one in asyncio.run(send(domain))}

    return replayed


@pytest.mark.parametrize("recorded", EXCHANGES)
def test_it_answers_as_recorded(recorded: Recorded, replay_of: ReplayOf) -> None:
    one = replay_of(recorded.domain)[recorded.id]

    assert one.problems(NO_RULES) == []


def test_the_replay_notices_what_is_not_as_recorded(replay_of: ReplayOf) -> None:
    replayed = {one.recorded.name: one for one in replay_of("escrows").values()}
    found, other = replayed["get_people_empty"], replayed["get_nulls"]
    crossed = msgspec.structs.replace(found.exchange, modern=other.exchange.modern)
    told: dict[str, Any] = {"room": "*", "event": "escrow:updated", "data": {}}

    lines = Replayed(found.recorded, crossed, 99, (told,)).problems(NO_RULES)

    assert any("$.data.details.purchasePrice" in line for line in lines)
    assert [line.split(": ")[1] for line in lines[-2:]] == ["statements", "events"]
    assert differences([found], NO_RULES) == []


def test_a_recorded_answer_is_moved_to_the_day_of_the_replay() -> None:
    row = {"daysToClose": 71, "closing_date": "2027-02-03T00:00:00.000Z", "acceptance_date": None}
    listed = row | {"acceptanceDate": "2026-11-23", "scheduledCoeDate": "2027-02-03"}
    detail = {
        "daysToClose": 71,
        "scheduledCoeDate": "2027-02-03T00:00:00.000Z",
        "escrowNumber": "ESC-2025-0001",
    }
    computed = {"label": "Acceptance", "date": "2027-01-01T00:00:00.000Z", "completed": False}
    stored = {"label": "Acceptance", "date": "2027-01-01", "completed": False}

    moved = redated([listed, detail, computed, stored, "ESC-2026-0007"], datetime(2027, 2, 5, 12, tzinfo=UTC))

    assert moved == [
        listed | {"daysToClose": -2, "acceptanceDate": "2027-02-05"},
        detail | {"daysToClose": -3},
        computed | {"completed": True},
        stored,
        "ESC-2027-0007",
    ]


def test_the_day_and_the_year_of_the_recording_are_moved_too() -> None:
    message = "Year built must be between 1800 and 2028"

    moved = redated(["2026-11-23T00:00:00.000Z", message], datetime(2027, 2, 5, 12, tzinfo=UTC))

    assert moved == ["2027-02-05T00:00:00.000Z", "Year built must be between 1800 and 2029"]
