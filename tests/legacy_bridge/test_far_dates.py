"""Dates that JavaScript holds and Python cannot."""

from datetime import UTC, datetime

from legacy_bridge import node
from legacy_bridge.database import Database, Statements, statements
from legacy_bridge.far_dates import FarDate

NOW = datetime(2026, 7, 1, tzinfo=UTC)


async def test_a_result_with_such_dates_is_read(database_url: str) -> None:
    statements.set(Statements())
    database = Database(database_url, pool_size=1)
    await database.open()

    rows = await database.query(
        "SELECT DATE '10000-01-01' AS day, TIMESTAMPTZ '12000-01-01 01:02:03.5' AS at,"
        " TIMESTAMP '0044-03-15 BC' AS past, DATE 'infinity' AS never, 1.50 AS money"
    )

    await database.close()
    assert node.write_json(rows) == (
        '[{"day":"+010000-01-01T00:00:00.000Z","at":"+012000-01-01T01:02:03.500Z",'
        '"past":"-000043-03-15T00:00:00.000Z","never":null,"money":"1.50"}]'
    )


def test_the_days_until_such_a_date_are_counted_and_those_until_infinity_are_none() -> None:
    stored = ("10000-01-01", "infinity", "5874897-12-31")

    assert [node.days_until(FarDate.parse(text), NOW) for text in stored] == [2_912_262, None, None]
