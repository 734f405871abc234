"""What is read of the counts: the books, and the tallies of each domain, from one state of the store."""

import pytest
import sqlalchemy as sa

from parity.counted import LOST_AFTER_S, read_tallies
from parity.database import open_database
from parity.errors import StoreError
from parity.exchange import Batch, Count, Endpoint
from parity.redact import Redactor
from parity.report import Report, build_report
from parity.store import ParityStore
from tests.parity import factories
from tests.parity.factories import LIST, batch, exchange

NOW = 1_795_000_000.0


def record(engine: sa.Engine, *batches: Batch, at: float = NOW) -> None:
    store = ParityStore(engine, Redactor(b"key"))
    for given in batches:
        factories.record(store, given, at)


def report(engine: sa.Engine, at: float = NOW, **narrowed: object) -> Report:
    return build_report(engine, now=at, **narrowed)  # type: ignore[arg-type]  # each test gives what it is about


def test_a_store_that_is_away_is_one_sentence() -> None:
    with pytest.raises(StoreError, match="cannot read the store: unable to open database file"):
        build_report(open_database("sqlite:////no/such/folder/store.db"))


def test_the_books_balance_with_what_is_in_flight(engine: sa.Engine) -> None:
    counts = [Count(LIST, "mirrored", "", 4), Count(LIST, "shed", "parity_queue", 1)]

    record(engine, batch(exchange(), counts=counts, in_flight=2))

    assert report(engine).balance.balanced
    assert report(engine).balance.in_flight == 2


def test_what_was_in_flight_in_a_proxy_that_is_gone_is_lost(engine: sa.Engine) -> None:
    record(engine, batch(exchange(), counts=[Count(LIST, "mirrored", "", 3)], in_flight=2))

    found = report(engine, at=NOW + LOST_AFTER_S + 1)
    assert (found.balance.in_flight, found.balance.lost, found.balance.balanced) == (0, 2, False)


def test_a_mirrored_request_without_an_outcome_is_an_imbalance(engine: sa.Engine) -> None:
    record(engine, batch(exchange(), counts=[Count(LIST, "mirrored", "", 2)]))

    assert report(engine).balance.off_by == 1


def test_the_tallies_of_all_domains_are_those_of_the_reports_of_each(engine: sa.Engine) -> None:
    endpoints = [Endpoint("escrows", "GET", "/v1/escrows"), Endpoint("leads", "GET", "/v1/leads")]
    counts = [
        Count(LIST, "requests", "", 3),
        Count("(unlisted)", "requests", "", 2),
        Count(LIST, "mirrored", "", 1),
    ]
    other = exchange(endpoint="GET /v1/leads", domain="leads")

    empty = read_tallies(engine, endpoints)
    record(engine, batch(exchange({"a": 1}, {"a": 2}), other, counts=counts))
    found = read_tallies(engine, endpoints)

    assert empty == {}
    assert found.keys() == {"escrows", "leads", ""}
    assert found["escrows"] == report(engine, endpoints=endpoints, domain="escrows").tally
    assert found["leads"] == report(engine, endpoints=endpoints, domain="leads").tally
    assert found[""].requests == 2


def test_tallies_can_be_of_what_came_from_some_minute_on(engine: sa.Engine) -> None:
    endpoints = [Endpoint("escrows", "GET", "/v1/escrows")]
    for seq, at in enumerate((NOW - 120, NOW, NOW + 60), 1):
        record(engine, batch(seq=seq, counts=[Count(LIST, "requests", "", seq)]), at=at)

    found = read_tallies(engine, endpoints, minute=int(NOW // 60))

    assert found["escrows"].requests == 5
