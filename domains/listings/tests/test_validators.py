"""The wire contract of listings."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from domains.listings.models import listings
from domains.listings.validators import (
    CreateListing,
    ListQuery,
    PriceReduction,
    UpdateChecks,
    UpdateListing,
    check_business_rules,
)
from domains.shared.errors import BusinessRuleError, InvalidInputError
from domains.shared.validation import validated

NOW = datetime(2027, 3, 10, 12, tzinfo=UTC)


def details(model: type[BaseModel], values: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        validated(model, values)
    return [(row["field"], row["message"]) for row in caught.value.extra["details"]]


def test_a_creation_names_all_its_faults_in_the_recorded_order() -> None:
    body = {"listPrice": "x", "propertyType": "Castle", "listingDate": "soon", "lotSize": 1e9}

    assert details(CreateListing, body) == [
        ("propertyAddress", "Property address is required"),
        ("listPrice", "List price must be a number"),
        ("propertyType", "Invalid value"),
        ("listingDate", "Invalid listing date"),
        ("lotSize", "Must have at most 8 digits before the point"),
    ]


def test_a_creation_ignores_keys_that_are_not_its_own_and_the_listing_date() -> None:
    listing = validated(
        CreateListing, {"propertyAddress": "1 Road", "owner_id": "me", "listingDate": "2027-01-01"}
    )

    assert listing.model_dump(exclude_none=True) == {"property_address": "1 Road"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("listPrice", None, "List price must be a number"),
        ("listPrice", "1e5", "List price must be a number"),
        ("listPrice", 10**11, "Must have at most 10 digits before the point"),
        ("listingStatus", "Weird", "Invalid value"),
        ("listingStatus", None, "Invalid value"),
    ],
)
def test_what_is_checked_of_an_update(name: str, value: object, message: str) -> None:
    assert details(UpdateChecks, {name: value}) == [(name, message)]


def test_an_update_takes_a_field_by_its_column_or_its_own_other_name() -> None:
    update = validated(UpdateListing, {"squareFootage": 5, "list_price": 7, "features": ["Pool"]})

    assert update.model_dump(exclude_unset=True) == {
        "square_feet": 5,
        "list_price": Decimal(7),
        "features": ["Pool"],
    }


@pytest.mark.parametrize(
    "name", ["squareFeet", "mlsNumber", "team_id", "owner_id", "total_commission", "moat"]
)
def test_an_update_refuses_what_is_not_declared(name: str) -> None:
    assert details(UpdateListing, {name: 1}) == [(name, "Is not a field that can be set")]


def test_no_update_can_touch_what_the_server_keeps() -> None:
    kept = {column.name for column in listings.c} - set(UpdateListing.model_fields)

    assert kept == {
        *("id", "total_commission", "owner_id", "team_id", "broker_id", "created_by", "last_modified_by"),
        *("updated_by", "deleted_by", "created_at", "updated_at", "deleted_at"),
    }


def test_a_query_has_defaults_and_ignores_what_it_does_not_know() -> None:
    query = validated(ListQuery, {"colour": "blue", "limit": "7x", "minPrice": "1e5"})

    assert (query.page, query.limit, query.min_price, query.sort_by) == (1, 7, Decimal(100000), "created_at")


@pytest.mark.parametrize("price", ["1e400", "x", 10**11])
def test_a_lower_price_must_fit(price: object) -> None:
    assert [field for field, _ in details(PriceReduction, {"newPrice": price})] == ["newPrice"]


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ({"listPrice": -5}, ["POSITIVE_LIST_PRICE"]),
        ({"list_price": None}, ["POSITIVE_LIST_PRICE"]),
        ({"listPrice": 5, "list_price": -5}, []),
        ({"list_price": "abc"}, []),
        ({"yearBuilt": 1799}, ["REASONABLE_YEAR_BUILT"]),
        ({"year_built": "2030"}, ["REASONABLE_YEAR_BUILT"]),
        ({"year_built": 2029}, []),
        ({"yearBuilt": None}, []),
        ({"listPrice": 100_001, "square_feet": 10}, ["EXTREME_PRICE_PER_SQFT"]),
        ({"listPrice": 100_000, "squareFootage": "10"}, []),
        ({"listPrice": 100_001, "squareFootage": -10}, []),
        ({"listPrice": 0, "yearBuilt": 5}, ["POSITIVE_LIST_PRICE", "REASONABLE_YEAR_BUILT"]),
    ],
)
def test_the_business_rules_look_at_either_spelling(body: dict[str, Any], rules: list[str]) -> None:
    try:
        check_business_rules(body, NOW)
        broken = []
    except BusinessRuleError as error:
        broken = [row["rule"] for row in error.extra["violations"]]

    assert broken == rules
