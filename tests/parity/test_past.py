"""The store as it was at a moment: what had been counted by then, and nothing of what came later."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.compare import compare
from parity.database import open_database
from parity.errors import StoreError
from parity.exchange import Count, Endpoint, Exchange
from parity.past import past_of
from parity.redact import Redactor
from parity.report import build_report
from parity.rules import RuleBook
from parity.store import ParityStore
from parity.verdict import build_verdict
from tests.parity.factories import batch, exchange

LIST = Endpoint("escrows", "GET", "/v1/escrows")
OTHER = Endpoint("leads", "GET", "/v1/leads")
NOON = 1_795_780_800.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/store.db")
    fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(own_database_url: str) -> Iterator[sa.Engine]:
    engine = open_database(own_database_url)
    fill(engine)
    yield engine
    engine.dispose()


def fill(engine: sa.Engine) -> None:
    """Ten minutes with one exchange each that agrees, the sixth with one that differs; and another domain."""
    store = ParityStore(engine, Redactor(b"k" * 32))
    for minute in range(10):
        found = [exchange({"a": 1}, {"a": 1}, endpoint=LIST.name)]
        if minute == 5:
            found.append(exchange({"a": 1}, {"a": 2}, endpoint=LIST.name))
        found.append(exchange({"a": 1}, {"a": 2}, endpoint=OTHER.name, domain="leads"))
        record(store, found, NOON + 60 * minute + 30)


def record(store: ParityStore, exchanges: list[Exchange], at: float) -> None:
    counts = [Count(one.endpoint, "mirrored", "", 1) for one in exchanges]
    comparisons = [
        compare(one, RuleBook(), today=datetime.fromtimestamp(at, UTC).date()) for one in exchanges
    ]
    store.record(batch(*exchanges, proxy=f"proxy-{at}", counts=counts), exchanges, comparisons, now=at)


def as_it_was(engine: sa.Engine) -> list[tuple[int, int, int]]:
    """Comparisons, mismatches and open groups after 0, 1, 5, 6 and 10 minutes."""
    seen = []
    with past_of(engine, [LIST]) as past:
        assert past.span() == (NOON, NOON + 600)
        for minutes in (0, 1, 5, 6, 10):
            at = NOON + 60 * minutes
            verdict = build_verdict(past.until(at), "escrows", [LIST], since=NOON, now=at)
            rate = verdict.domain.rate
            seen.append((rate.comparisons, rate.mismatches, len(verdict.domain.grounds.open_groups)))
    return seen


def test_until_a_moment_there_are_the_minutes_that_had_ended(engine: sa.Engine) -> None:
    assert as_it_was(engine) == [(0, 0, 0), (1, 0, 0), (5, 0, 0), (7, 1, 1), (11, 1, 1)]


def test_the_same_holds_of_a_store_in_postgres(postgres_engine: sa.Engine) -> None:
    assert as_it_was(postgres_engine) == [(0, 0, 0), (1, 0, 0), (5, 0, 0), (7, 1, 1), (11, 1, 1)]


def test_in_the_end_the_verdict_is_that_of_the_store(engine: sa.Engine) -> None:
    at = NOON + 600

    with past_of(engine, [LIST]) as past:
        then = build_verdict(past.until(at), "escrows", [LIST], since=NOON, now=at)

    now = build_verdict(engine, "escrows", [LIST], since=NOON, now=at)
    assert [(one.name, one.text) for one in then.domain.conditions if one.name != "books"] == [
        (one.name, one.text) for one in now.domain.conditions if one.name != "books"
    ]


def test_the_store_is_only_read(engine: sa.Engine) -> None:
    before = build_report(engine, endpoints=[LIST, OTHER], now=NOON + 600).to_json()

    with past_of(engine, [LIST]) as past:
        past.until(NOON + 600)

    assert build_report(engine, endpoints=[LIST, OTHER], now=NOON + 600).to_json() == before


def test_of_what_was_never_counted_there_is_no_span(engine: sa.Engine) -> None:
    with past_of(engine, [Endpoint("clients", "GET", "/v1/clients")]) as past:
        assert past.span() is None


def test_a_store_that_is_away_is_told(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/nowhere/store.db")

    with pytest.raises(StoreError, match="cannot copy the store"), past_of(engine, [LIST]):
        pass
    engine.dispose()
