"""How a listing is shown and numbered."""

from datetime import UTC, date, datetime
from random import Random

import pytest

from domains.listings.utils import list_row, mls_number, showing, whole_listing

NOW = datetime(2027, 3, 10, 12, tzinfo=UTC)


def test_dates_of_a_row_are_written_as_node_does() -> None:
    shown = list_row({"listing_date": date(2027, 3, 1), "updated_at": NOW, "city": None, "total_rows": 5})

    assert shown == {
        "listing_date": "2027-03-01T00:00:00.000Z",
        "updated_at": "2027-03-10T12:00:00.000Z",
        "city": None,
    }


def test_a_whole_listing_has_its_commissions_as_numbers_and_analytics_of_zero() -> None:
    row = {"listing_commission": "2.75", "buyer_commission": None, "total_commission": "5.00"}

    shown = whole_listing(row)

    assert shown["commission"] == {"listing": 2.75, "buyer": 0, "total": 5}
    assert set(shown["analytics"].values()) == {0}


@pytest.mark.parametrize(("attempt", "digits"), [(0, 4), (4, 4), (5, 5), (19, 7)])
def test_later_attempts_at_a_number_have_more_digits(attempt: int, digits: int) -> None:
    number = mls_number(NOW, attempt, Random(1))

    assert number.startswith("MLS2027")
    assert len(number) == len("MLS2027") + digits


def test_a_showing_is_an_echo() -> None:
    told = showing("5", {"date": "2027-05-01", "time": "10:00", "agentName": None, "moat": True})

    assert told == {
        "listing_id": "5",
        "showing_date": "2027-05-01",
        "showing_time": "10:00",
        "agent_name": None,
        "interested": False,
    }
