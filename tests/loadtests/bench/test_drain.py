"""The wait for the outcomes of a burst, at a real store."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from loadtests.bench.drain import Drain
from parity.database import open_database
from parity.redact import Redactor
from parity.store import ParityStore
from tests.parity.factories import batch, exchange, record


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite3'}"


@pytest.fixture
def store(store_url: str) -> Iterator[ParityStore]:
    engine = open_database(store_url)
    yield ParityStore(engine, Redactor(b"key"))
    engine.dispose()


def test_a_store_that_nothing_was_recorded_in_was_told_of_no_request(store_url: str) -> None:
    drain = Drain(store_url)

    assert drain.told() == 0
    assert drain.wait(0)


def test_a_burst_has_ended_when_each_of_its_requests_has_its_outcome(
    store_url: str, store: ParityStore
) -> None:
    drain = Drain(store_url)
    record(store, batch(exchange(), exchange()), time.time())
    assert drain.told() == 2

    late = threading.Timer(0.2, record, (store, batch(exchange(), seq=2), time.time()))
    late.start()
    began_s = time.monotonic()
    ended = drain.wait(3)

    late.join()
    assert ended
    assert 0.15 < time.monotonic() - began_s < 5
    assert drain.told() == 3


@pytest.mark.parametrize("in_flight", [0, 1], ids=["not told of", "in flight"])
def test_a_burst_whose_outcomes_do_not_come_in_time_has_not_ended(
    store_url: str, store: ParityStore, in_flight: int
) -> None:
    given = msgspec.structs.replace(batch(exchange(), exchange()), in_flight=in_flight)
    record(store, given, time.time())

    assert not Drain(store_url, within_s=0.1).wait(3 - in_flight)
