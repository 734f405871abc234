"""What a listing has to be."""

from typing import Any

import pytest

from legacy_bridge.errors import Refusal
from legacy_bridge.listing_rules import check_business_rules


def broken(body: dict[str, Any]) -> list[str]:
    try:
        check_business_rules(body)
    except Refusal as refusal:
        return [violation["rule"] for violation in refusal.error["violations"]]
    return []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"listPrice": 1, "yearBuilt": 1800},
        {"listPrice": "1000000", "squareFootage": 100},
        {"listPrice": "x", "yearBuilt": "x"},
        {"listPrice": 5, "squareFootage": 0},
        {"yearBuilt": None, "squareFootage": 100},
    ],
)
def test_a_sensible_listing_breaks_no_rule(body: dict[str, Any]) -> None:
    assert broken(body) == []


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ({"listPrice": 0}, ["POSITIVE_LIST_PRICE"]),
        ({"list_price": "-1"}, ["POSITIVE_LIST_PRICE"]),
        ({"yearBuilt": 1799}, ["REASONABLE_YEAR_BUILT"]),
        ({"year_built": 3000, "listPrice": -1}, ["POSITIVE_LIST_PRICE", "REASONABLE_YEAR_BUILT"]),
        ({"listPrice": 1_000_001, "squareFootage": "100"}, ["EXTREME_PRICE_PER_SQFT"]),
    ],
)
def test_broken_rules_are_named(body: dict[str, Any], rules: list[str]) -> None:
    assert broken(body) == rules
