"""How an escrow is shown, on any day; the recording covers the rest."""

from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
from sqlalchemy import RowMapping

from domains.escrows.models import escrows
from domains.escrows.utils import LIST_PEOPLE, list_row, whole_escrow

NOW = datetime(2027, 3, 10, 12, tzinfo=UTC)


def row(**values: Any) -> RowMapping:
    """A row of nulls with some values."""
    nothing = dict.fromkeys([*(column.name for column in escrows.c), *(key for key, _, _ in LIST_PEOPLE)])
    return cast("RowMapping", {**nothing, **values})


@pytest.mark.parametrize(
    ("closing", "listed", "whole"),
    [
        (date(2027, 3, 20), 9, 9),
        (date(2027, 3, 10), 0, -1),
        (date(2027, 3, 1), -9, -10),
        (None, 0, 0),
    ],
)
def test_the_days_to_close_are_cut_off_in_the_list_and_rounded_down_in_the_whole(
    closing: date | None, listed: int, whole: int
) -> None:
    shown = row(closing_date=closing)

    assert list_row(shown, NOW)["daysToClose"] == listed
    assert whole_escrow(shown, NOW)["details"]["daysToClose"] == whole


def test_a_list_falls_back_to_today_and_in_thirty_days() -> None:
    shown = list_row(row(), NOW)

    assert (shown["acceptanceDate"], shown["acceptance_date"]) == ("2027-03-10", None)
    assert (shown["scheduledCoeDate"], shown["closing_date"]) == ("2027-04-09", None)
    assert shown["lastActivity"] == "2027-03-10T12:00:00Z"


def test_the_number_of_deadlines_in_a_list_is_random_from_one_to_five() -> None:
    seen = {list_row(row(), NOW)["upcomingDeadlines"] for _ in range(200)}

    assert seen == {1, 2, 3, 4, 5}


def test_a_list_row_has_46_keys() -> None:
    assert len(list_row(row(), NOW)) == 46


def test_a_stored_timeline_is_shown_as_it_is() -> None:
    stored = [{"label": "Party", "date": "2027-01-01", "completed": False}]

    assert whole_escrow(row(timeline=stored, emd_date=date(2027, 1, 1)), NOW)["timeline"] == stored


def test_a_timeline_is_made_of_the_dates_where_none_is_stored() -> None:
    dates = {
        "acceptance_date": date(2027, 3, 9),
        "appraisal_ordered_date": date(2027, 3, 1),
        "loan_contingency_removal_date": date(2027, 3, 11),
        "closing_date": date(2027, 3, 5),
    }

    shown = whole_escrow(row(timeline={"0": {}}, **dates), NOW)["timeline"]

    assert shown == [
        {"label": "Acceptance", "date": "2027-03-09T00:00:00.000Z", "completed": True},
        {"label": "Appraisal", "date": "2027-03-01T00:00:00.000Z", "completed": False},
        {"label": "Loan Contingency", "date": "2027-03-11T00:00:00.000Z", "completed": False},
        {"label": "Close of Escrow", "date": "2027-03-05T00:00:00.000Z", "completed": False},
    ]


def test_progress_is_the_share_of_stored_items_that_are_true() -> None:
    checklists = {"loan": {"le": True, "note": "signed", "cd": False}, "house": {}, "odd": "text"}

    shown = whole_escrow(row(checklists=checklists), NOW)

    assert shown["details"]["checklistProgress"] == 33
    assert (shown["checklists"]["loan"]["le"], shown["checklists"]["admin"]["tcEmail"]) == (True, False)


def test_only_people_with_a_name_are_shown() -> None:
    people = {
        "buyer": {"name": "B", "email": "b@example.test"},
        "seller": {"phone": "1"},
        "appraiser": "some-uuid",
    }

    shown = whole_escrow(row(people=people, transaction_coordinator="Tina"), NOW)["people"]

    assert {role: person for role, person in shown.items() if person} == {
        "buyer": {"name": "B", "phone": None, "email": "b@example.test", "company": None},
        "transactionCoordinator": {"name": "Tina", "phone": None, "email": None, "company": None},
    }


def test_financials_take_the_stored_number_else_the_column_else_the_default() -> None:
    columns = {"gross_commission": "100.50", "referral_fee": "0.50", "my_commission": "7.00"}

    shown = whole_escrow(row(financials={"dealNet": 12.5, "tcFee": 0}, **columns), NOW)["financials"]

    assert shown["baseCommission"] == 100.5
    assert (shown["adjustedGross"], type(shown["adjustedGross"])) == (100, int)
    assert (shown["dealNet"], shown["agentGCI"], shown["agentSplit"]) == (12.5, 12.5, 7)
    assert (shown["tcFee"], shown["transactionFee"], shown["franchiseFeePercentage"]) == (250, 285, 6.25)


def test_the_price_per_square_foot_needs_both() -> None:
    shown = [
        whole_escrow(row(purchase_price=price, square_feet=area), NOW)["property-details"]["pricePerSqft"]
        for price, area in (("430000.00", 1320), (None, 1320), ("430000.00", None), ("430000.00", 0))
    ]

    assert shown == [326, None, None, None]
