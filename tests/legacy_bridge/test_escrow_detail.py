"""The whole escrow, where the recording does not show it."""

from typing import Any

from tests.legacy_bridge.support import Legacy, escrow


async def _detail(legacy: Legacy, **columns: Any) -> Any:
    for column, value in columns.items():
        legacy.execute(f"UPDATE escrows SET {column} = %s WHERE numeric_id = 2", [value])
    return (await legacy.send("admin_ada", "GET", escrow(2))).body["data"]


async def test_the_coordinator_column_stands_in_for_the_person(legacy: Legacy) -> None:
    detail = await _detail(legacy, transaction_coordinator="Tess Terms")

    expected = {"name": "Tess Terms", "phone": None, "email": None, "company": None}
    assert detail["people"]["transactionCoordinator"] == expected


async def test_empty_columns_have_stand_ins(legacy: Legacy) -> None:
    detail = await _detail(
        legacy, state=None, property_type=None, transaction_type=None, property_image_url="  "
    )

    assert detail["property-details"]["state"] == "CA"
    assert detail["property-details"]["propertyType"] == "Single Family"
    assert detail["details"]["transactionType"] == "Purchase"
    assert detail["details"]["propertyImage"] is None


async def test_documents_of_a_strange_shape_are_shown_as_empty(legacy: Legacy) -> None:
    detail = await _detail(
        legacy, people='"text"', checklists="[[true, false], 5]", financials="[]", documents="null"
    )

    assert set(detail["people"].values()) == {None}
    assert detail["details"]["checklistProgress"] == 50
    assert detail["financials"]["splitPercentage"] == 70
    assert detail["documents"] == []


async def test_the_timeline_of_dates_leaves_out_what_has_none(legacy: Legacy) -> None:
    detail = await _detail(
        legacy,
        acceptance_date=None,
        appraisal_ordered_date="2025-08-20",
        loan_contingency_removal_date="2999-01-01",
    )

    shown = [(item["label"], item["completed"]) for item in detail["timeline"]]
    assert shown[:2] == [("EMD Deposited", True), ("Appraisal", False)]
    assert ("Loan Contingency", False) in shown


async def test_money_falls_back_to_the_stored_financials(legacy: Legacy) -> None:
    detail = await _detail(
        legacy, down_payment=None, loan_amount="0", financials='{"downPayment": 12.5, "adjustedGross": 7}'
    )

    assert (detail["details"]["downPayment"], detail["details"]["loanAmount"]) == (12.5, 0)
    assert detail["financials"]["adjustedGross"] == 7
