"""Dates that PostgreSQL stores and Python cannot hold."""

import math

import pytest
from sqlalchemy import text

from domains.shared.database import Database
from domains.shared.far_dates import far_date, seconds_of
from domains.shared.node_json import column_value
from legacy_bridge.far_dates import FarDate


@pytest.mark.parametrize(
    ("stored", "written", "calendar"),
    [
        ("10000-01-01", "+010000-01-01T00:00:00.000Z", "10000-01-01T00:00:00"),
        ("12345-06-07 08:09:10.999999+00", "+012345-06-07T08:09:10.999Z", "12345-06-07T08:09:10"),
        ("0044-03-15 BC", "-000043-03-15T00:00:00.000Z", "0044-03-15T00:00:00"),
        ("0001-02-29 BC", "0000-02-29T00:00:00.000Z", "0001-02-29T00:00:00"),
        ("275761-01-01", None, "275761-01-01T00:00:00"),
        ("5874897-12-31", None, "5874897-12-31T00:00:00"),
        ("infinity", None, None),
        ("-infinity", None, None),
    ],
)
def test_both_sides_write_a_date_as_node_does(stored: str, written: str | None, calendar: str | None) -> None:
    far = far_date(stored)

    assert (far.written, far.calendar) == (written, calendar)
    assert FarDate.parse(stored).written == written


def test_it_knows_how_far_it_is() -> None:
    days = [seconds_of(far_date(text)) / 86_400 for text in ("10000-01-01", "0001-12-31 BC", "-infinity")]

    assert days == [2_932_897, -719_163, -math.inf]


def test_it_compares_as_what_is_stored_does() -> None:
    assert far_date("-infinity") < far_date("10000-01-01")


def test_what_is_no_date_is_none() -> None:
    with pytest.raises(ValueError, match="no date of PostgreSQL: 'soon'"):
        far_date("soon")


async def test_a_result_with_such_dates_is_read(database_url: str) -> None:
    database = Database(database_url, pool_size=1)

    [row] = await database.run(
        text(
            "SELECT DATE '10000-01-01' AS day, DATE '2026-01-02' AS near, NULL::date AS none,"
            " TIMESTAMPTZ 'infinity' AS at, TIMESTAMP '0044-03-15 01:02:03 BC' AS past, 1.50 AS money"
        )
    )

    await database.close()
    assert {name: column_value(value) for name, value in row.items()} == {
        "day": "+010000-01-01T00:00:00.000Z",
        "near": "2026-01-02T00:00:00.000Z",
        "none": None,
        "at": None,
        "past": "-000043-03-15T01:02:03.000Z",
        "money": "1.50",
    }
