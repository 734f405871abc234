"""How many rows there are, by what, and sums over them."""

from typing import cast

from sqlalchemy import RowMapping

from domains.escrows.models import escrows
from domains.shared.statistics import Statistics, counted

BY_CITY = Statistics("byCity", escrows.c.city)
WITH_PRICES = Statistics("byCity", escrows.c.city, {"price": escrows.c.purchase_price})


def test_archived_rows_are_counted_apart() -> None:
    rows = [
        {"of": "Testburg", "active": 2, "archived": 1, "price": "3.50"},
        {"of": None, "active": 1, "archived": 0, "price": None},
        {"of": "Mockford", "active": 0, "archived": 4, "price": None},
    ]

    shown = counted(WITH_PRICES, [cast("RowMapping", row) for row in rows])

    assert shown == {
        "total": 3,
        "archived": 5,
        "byCity": {"Testburg": 2, "none": 1},
        "totals": {"price": "3.50"},
    }


def test_nothing_is_counted_as_nothing() -> None:
    assert counted(BY_CITY, []) == {"total": 0, "archived": 0, "byCity": {}}
    assert counted(WITH_PRICES, [])["totals"] == {"price": "0"}
