"""The wire contract of escrows."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domains.escrows.models import escrows
from domains.escrows.validators import (
    CreateEscrow,
    ListQuery,
    UpdateChecks,
    UpdateEscrow,
    check_business_rules,
    with_camel_twins,
)
from domains.shared.errors import BusinessRuleError, InvalidInputError
from domains.shared.validation import validated


def details(model: type[Any], values: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        validated(model, values)
    return [(row["field"], row["message"]) for row in caught.value.extra["details"]]


def test_a_creation_names_all_its_faults_in_the_recorded_order() -> None:
    body = {
        "purchasePrice": "x",
        "buyers": [],
        "sellers": 1,
        "closingDate": "y",
        "city": 5,
        "escrowStatus": None,
    }

    found = details(CreateEscrow, body)

    assert found == [
        ("propertyAddress", "Property address is required"),
        ("purchasePrice", "Purchase price must be a number"),
        ("buyers", "Buyers must be an array"),
        ("sellers", "Sellers must be an array"),
        ("closingDate", "Invalid closing date"),
        ("escrowStatus", "Escrow status must be a string"),
        ("city", "City must be a string"),
    ]


def test_a_creation_ignores_keys_that_are_not_its_own() -> None:
    escrow = validated(CreateEscrow, {"propertyAddress": "1 Road", "owner_id": "me", "buyers": ["x"]})

    assert escrow.model_dump(exclude_none=True) == {"property_address": "1 Road"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("purchasePrice", None, "Purchase price must be a number"),
        ("purchasePrice", "1e5", "Purchase price must be a number"),
        ("purchasePrice", 10**11, "Must have at most 10 digits before the point"),
        ("closingDate", "2027-02-30", "Invalid closing date"),
        ("escrowStatus", 5, "Escrow status must be a string"),
        ("escrowStatus", "x" * 51, "Must have at most 50 characters"),
    ],
)
def test_what_is_checked_of_an_update(name: str, value: object, message: str) -> None:
    assert details(UpdateChecks, {name: value}) == [(name, message)]


def test_an_update_takes_a_field_by_either_spelling_and_only_what_was_sent() -> None:
    update = validated(UpdateEscrow, {"purchasePrice": 5, "closing_date": "2027-06-01", "myCommission": None})

    assert update.model_dump(exclude_unset=True) == {
        "purchase_price": Decimal(5),
        "closing_date": date(2027, 6, 1),
        "my_commission": None,
    }


def test_an_update_refuses_a_field_that_is_spelled_both_ways() -> None:
    assert details(UpdateEscrow, {"city": "X", "zip_code": "1", "zipCode": "2"}) == [
        ("zip_code", "Is not a field that can be set")
    ]


def test_no_update_can_touch_what_the_server_keeps() -> None:
    kept = {column.name for column in escrows.c} - set(UpdateEscrow.model_fields)

    assert kept == {
        *(
            "id",
            "numeric_id",
            "team_sequence_id",
            "display_id",
            "owner_id",
            "team_id",
            "broker_id",
            "created_by",
        ),
        *("last_modified_by", "updated_by", "deleted_by", "created_at", "updated_at", "deleted_at"),
    }


def test_a_query_has_defaults_and_ignores_what_it_does_not_know() -> None:
    query = validated(ListQuery, {"colour": "blue", "limit": "+7"})

    assert (query.page, query.limit, query.scope) == (1, 7, None)


def test_a_snake_case_key_fills_in_for_its_camel_case_twin() -> None:
    body = with_camel_twins({"purchase_price": 5, "zipCode": "1", "zip_code": "2", "closing_date": ""})

    assert body == {
        "purchase_price": 5,
        "purchasePrice": 5,
        "zipCode": "1",
        "zip_code": "2",
        "closing_date": "",
    }


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ({"purchase_price": -5}, ["POSITIVE_PURCHASE_PRICE"]),
        ({"purchase_price": None}, ["POSITIVE_PURCHASE_PRICE"]),
        ({"purchase_price": "abc"}, []),
        ({"purchasePrice": -5}, []),
        ({"opening_date": "2027-05-01", "closing_date": "2027-05-01"}, ["CLOSING_AFTER_OPENING"]),
        ({"opening_date": "2027-05-01", "closing_date": "2027-05-02"}, []),
        ({"opening_date": "soon", "closing_date": "2027-05-02"}, []),
        ({"purchase_price": 1000, "earnest_money": 5000}, ["EARNEST_MONEY_EXCEEDS_PRICE"]),
        ({"earnest_money": -1}, ["NON_NEGATIVE_EARNEST_MONEY"]),
        (
            {
                "purchase_price": 0,
                "earnest_money": -1,
                "opening_date": "2027-05-02",
                "closing_date": "2027-05-01",
            },
            ["CLOSING_AFTER_OPENING", "POSITIVE_PURCHASE_PRICE", "NON_NEGATIVE_EARNEST_MONEY"],
        ),
    ],
)
def test_the_business_rules_look_at_the_snake_case_keys(body: dict[str, Any], rules: list[str]) -> None:
    try:
        check_business_rules(body)
        broken = []
    except BusinessRuleError as error:
        broken = [row["rule"] for row in error.extra["violations"]]

    assert broken == rules
