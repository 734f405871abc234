"""The demo's clients look at every answer."""

import asyncio
from pathlib import Path

import pytest

from cli.demo_traffic import Traffic, is_repeatable
from loadtests.recording import Credentials, load_recording
from tests.support.backends import FakeBackend, answering


def test_reads_and_updates_in_place_are_sent_again_and_nothing_else(contract: Path) -> None:
    names = {exchange.name for exchange in load_recording(contract, "escrows") if is_repeatable(exchange)}

    assert {"list_admin_page2", "get_numeric_id", "update_price"} <= names
    assert not names & {"create_full", "archive", "delete_archived", "list_broker_default_error"}


@pytest.mark.parametrize(("status", "failed"), [("200 OK", 0), ("404 Not Found", 0), ("500 Oh", 1)])
async def test_an_answer_of_500_that_was_not_recorded_is_a_failure(
    contract: Path, status: str, failed: int
) -> None:
    exchanges = [item for item in load_recording(contract, "escrows") if item.name == "get_numeric_id"]

    async with FakeBackend(answering(status=status)) as backend:
        traffic = Traffic(backend.url, Credentials(contract, "s" * 32), clients=1, rate=1)
        await asyncio.to_thread(traffic.replay, exchanges)

    assert traffic.tally.requests == 1
    assert len(traffic.tally.failures) == failed


def test_a_proxy_that_is_gone_is_a_failure_of_every_request(contract: Path) -> None:
    exchanges = [item for item in load_recording(contract, "escrows") if item.name == "get_numeric_id"]
    traffic = Traffic("http://127.0.0.1:1", Credentials(contract, "s" * 32), clients=1, rate=1)

    traffic.replay(exchanges)

    assert traffic.tally.failures == ["GET /v1/escrows/5: ClientConnectorError"]
