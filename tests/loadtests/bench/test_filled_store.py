"""A store that was filled in a moment reads like one that weeks of traffic have filled."""

from pathlib import Path

import sqlalchemy as sa

from loadtests.bench.filled_store import PATTERN, REQUESTS, fill
from parity.database import open_database
from parity.exchange import Endpoint
from parity.report import build_report
from parity.tables import BY_MINUTE

FIRST = 29_900_000
ENDPOINTS = [Endpoint("escrows", "GET", "/v1/escrows"), Endpoint("leads", "GET", "/v1/leads")]


def test_every_endpoint_was_compared_in_every_minute_and_the_books_balance(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'store.db'}")

    written = fill(engine, ENDPOINTS, first=FIRST, hours=3)

    found = build_report(engine, now=(FIRST + 180) * 60.0)
    assert [(row.domain, row.tally.compared, row.costs.n) for row in found.endpoints] == [
        ("escrows", 180 * REQUESTS, 180 * REQUESTS),
        ("leads", 180 * REQUESTS, 180 * REQUESTS),
    ]
    assert [(group.n, len(group.samples)) for group in found.groups] == [(180 * REQUESTS // 3, 6)]
    assert [path.n for path in found.fleeting] == [180 // PATTERN]
    assert found.balance.balanced
    with engine.connect() as connection:
        rows = [connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in BY_MINUTE]
    assert sum(n or 0 for n in rows) == written
    engine.dispose()
