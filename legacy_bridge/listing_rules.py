"""What the legacy backend checks of a listing before it acts."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from legacy_bridge import node
from legacy_bridge.business_rules import Violations
from legacy_bridge.validation import Check, each, is_iso8601, is_numeric, one_of

_EARLIEST_YEAR = 1800
_YEARS_AHEAD = 2
_MAX_PRICE_PER_SQUARE_FOOT = 10_000

_PRICE = Check("listPrice", each(is_numeric), "List price must be a number")
CREATE_CHECKS = (
    Check("propertyAddress", each(bool), "Property address is required", required=True),
    _PRICE,
    Check(
        "propertyType",
        one_of("Single Family", "Condo", "Townhouse", "Multi-Family", "Land", "Commercial"),
        "Invalid value",
    ),
    Check("listingDate", each(is_iso8601), "Invalid listing date"),
)
UPDATE_CHECKS = (
    _PRICE,
    Check(
        "listingStatus",
        one_of("Coming Soon", "Active", "Pending", "Sold", "Expired", "Cancelled", "Withdrawn"),
        "Invalid value",
    ),
)


def check_business_rules(body: Mapping[str, Any]) -> None:
    """Raise the refusal that names every broken rule; both spellings of a key are looked at."""
    violations = Violations()
    price = body.get("listPrice", body.get("list_price"))
    area = body.get("squareFootage", body.get("square_feet"))
    year = body.get("yearBuilt", body.get("year_built"))
    if ("listPrice" in body or "list_price" in body) and node.to_number(price) <= 0:
        violations.add("list_price", "List price must be greater than zero", "POSITIVE_LIST_PRICE")
    latest = datetime.now(UTC).year + _YEARS_AHEAD
    built = math.nan if year is None else node.to_number(year)
    if built < _EARLIEST_YEAR or built > latest:  # what is not a number passes
        message = f"Year built must be between {_EARLIEST_YEAR} and {latest}"
        violations.add("year_built", message, "REASONABLE_YEAR_BUILT")
    if node.truthy(price) and node.truthy(area):
        square_feet = node.to_number(area)
        if square_feet > 0 and node.to_number(price) / square_feet > _MAX_PRICE_PER_SQUARE_FOOT:
            message = "Price per square foot exceeds $10,000 - please verify"
            violations.add("list_price", message, "EXTREME_PRICE_PER_SQFT")
    violations.refuse()
