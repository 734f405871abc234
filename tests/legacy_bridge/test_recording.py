"""The recorded exchanges of the seven endpoints, replayed against the legacy backend: it gives the same answers."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from aiohttp.test_utils import TestServer

from legacy_bridge.app import create_app
from legacy_bridge.endpoints import ENDPOINTS
from loadtests.recording import Credentials, load_recording
from parity.rules import RuleBook
from tests.support.replay import JWT_SECRET, Replayed, differences, leave_sub_resource_writes, redated, replay

# The shapes of the recording's volatile paths suffice: whatever hangs on the day is moved to today.
NO_RULES = RuleBook()


@pytest.fixture
async def replayed(seeded_database: str, contract: Path) -> list[Replayed]:
    """Every exchange of the seven endpoints, in recorded order."""
    recording = load_recording(contract, "escrows")
    app = create_app(database_url=seeded_database, jwt_secret=JWT_SECRET)
    async with TestServer(app) as server:
        return await replay(
            str(server.make_url("/")),
            recording,
            ENDPOINTS,
            Credentials(contract, JWT_SECRET),
            before=leave_sub_resource_writes(seeded_database, recording),
        )


async def test_it_answers_every_recorded_exchange_as_recorded(replayed: list[Replayed]) -> None:
    found = differences(replayed, NO_RULES)

    assert found == []
    assert len(replayed) > 100


async def test_it_sends_as_many_statements_as_recorded(replayed: list[Replayed]) -> None:
    expected = {one.label: one.recorded.sql_count for one in replayed}

    counted = {one.label: one.query_count for one in replayed}

    assert counted == expected


async def test_it_sends_the_recorded_headers(replayed: list[Replayed]) -> None:
    wrong = {one.label: headers for one in replayed if (headers := one.wrong_headers())}

    assert wrong == {}


async def test_the_replay_notices_an_answer_that_is_not_the_recorded_one(replayed: list[Replayed]) -> None:
    found = next(one for one in replayed if one.recorded.name == "get_people_empty")
    other = next(one for one in replayed if one.recorded.name == "get_nulls")
    crossed = Replayed(
        found.recorded,
        msgspec.structs.replace(found.exchange, modern=other.exchange.modern),
        found.query_count,
    )

    lines = differences([crossed], NO_RULES)

    assert any("$.data.details.purchasePrice" in line for line in lines)


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
