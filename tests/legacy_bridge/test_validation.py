"""What is checked before anything is done."""

from typing import Any

import pytest

from legacy_bridge.errors import Refusal
from legacy_bridge.validation import (
    CREATE_CHECKS,
    LIST_CHECKS,
    check_business_rules,
    check_ids,
    is_boolean,
    is_float_from_0,
    is_integer,
    is_integer_from_1,
    is_iso8601,
    is_numeric,
    validate,
)


def _refused(values: dict[str, Any], *, create: bool = False) -> list[str]:
    try:
        validate(values, CREATE_CHECKS if create else LIST_CHECKS)
    except Refusal as refusal:
        return [item["message"] for item in refusal.error["details"]]
    return []


def _violated(body: dict[str, Any]) -> list[str]:
    try:
        check_business_rules(body)
    except Refusal as refusal:
        return [item["rule"] for item in refusal.error["violations"]]
    return []


@pytest.mark.parametrize("value", ["1", "+5", "007", "99999999999999999999"])
def test_integers_from_one_are_taken(value: str) -> None:
    assert is_integer_from_1(value)


@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "abc", "1e3", " 1", "٣"])
def test_other_pages_and_limits_are_refused(value: str) -> None:
    assert not is_integer_from_1(value)


@pytest.mark.parametrize("value", ["0", "5", "+5", ".5", "5.", "1e3", "-0"])
def test_prices_from_zero_are_taken(value: str) -> None:
    assert is_float_from_0(value)


@pytest.mark.parametrize("value", ["", ".", "-", "-1", "1e", "five", "NaN"])
def test_other_prices_are_refused(value: str) -> None:
    assert not is_float_from_0(value)


def test_numbers_have_no_exponent() -> None:
    assert [is_numeric(value) for value in ("1", "-1.5", "+.5", "1.", "1e3", "", "x")] == [True] * 3 + [
        False
    ] * 4


@pytest.mark.parametrize(
    "value",
    [
        "2027",
        "2027-03",
        "2027-03-15",
        "20270315",
        "2027-W10-1",
        "2027-074",
        "2027-03-15T10:00:00.123Z",
        "2027-03-15 10:00+02:00",
    ],
)
def test_dates_in_a_form_of_iso_8601_are_taken(value: str) -> None:
    assert is_iso8601(value)


@pytest.mark.parametrize(
    "value", ["", "soon", "2027-13-01", "2027-02-32", "15-03-2027", "2027-03-15T25:00", "2027-03-15Z"]
)
def test_other_dates_are_refused(value: str) -> None:
    assert not is_iso8601(value)


def test_every_wrong_query_parameter_is_named_in_order() -> None:
    query = {
        "limit": "0",
        "page": "x",
        "minPrice": "-1",
        "maxPrice": "y",
        "closingDateStart": "z",
        "closingDateEnd": "z",
    }

    assert _refused(query) == [
        "minPrice must be a positive number",
        "maxPrice must be a positive number",
        "Invalid closingDateStart format",
        "Invalid closingDateEnd format",
        "Page must be an integer",
        "Limit must be an integer",
    ]


def test_what_is_absent_is_not_checked_but_null_is() -> None:
    assert _refused({"propertyAddress": "x"}, create=True) == []
    assert _refused({"propertyAddress": "x", "city": None, "purchasePrice": None}, create=True) == [
        "Purchase price must be a number",
        "City must be a string",
    ]


def test_arrays_pass_where_each_item_does() -> None:
    assert _refused({"propertyAddress": "x", "purchasePrice": [1, "2"], "buyers": [{}]}, create=True) == []
    assert _refused({"propertyAddress": "x", "purchasePrice": [1, "y"], "buyers": {}}, create=True) == [
        "Purchase price must be a number",
        "Buyers must be an array",
    ]


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ({}, []),
        ({"purchasePrice": -5}, []),
        ({"purchase_price": 0}, ["POSITIVE_PURCHASE_PRICE"]),
        ({"purchase_price": None}, ["POSITIVE_PURCHASE_PRICE"]),
        ({"purchase_price": "lots"}, []),
        ({"opening_date": "2027-05-01", "closing_date": "2027-05-01"}, ["CLOSING_AFTER_OPENING"]),
        ({"opening_date": "2027-05-01", "closing_date": "2027-05-02"}, []),
        ({"opening_date": "soon", "closing_date": "2027-05-02"}, []),
        ({"earnest_money": -1}, ["NON_NEGATIVE_EARNEST_MONEY"]),
        ({"earnest_money": 5, "purchase_price": 4}, ["EARNEST_MONEY_EXCEEDS_PRICE"]),
        ({"earnest_money": "9", "purchase_price": "10"}, ["EARNEST_MONEY_EXCEEDS_PRICE"]),
        (
            {"earnest_money": -1, "purchase_price": -2},
            ["POSITIVE_PURCHASE_PRICE", "NON_NEGATIVE_EARNEST_MONEY", "EARNEST_MONEY_EXCEEDS_PRICE"],
        ),
    ],
)
def test_broken_business_rules_are_all_named(body: dict[str, Any], rules: list[str]) -> None:
    assert _violated(body) == rules


def test_truth_has_two_words_and_two_digits() -> None:
    assert [is_boolean(value) for value in ("true", "false", "1", "0", "yes", "True", "")] == [True] * 4 + [
        False
    ] * 3


def test_integers_keep_within_their_bounds() -> None:
    assert [is_integer(value, 15, 480) for value in ("15", "480", "14", "481", "15.5", "")] == [True] * 2 + [
        False
    ] * 4


def test_the_ids_of_a_batch_are_handed_on() -> None:
    assert check_ids({"ids": ["a", "b"]}) == ["a", "b"]
