"""What the legacy backend checks before it acts, in its order and with its messages.

The name of the failing field is lost on the way into `details` (Q-16).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from legacy_bridge import node
from legacy_bridge.errors import Refusal

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?=\.?[0-9])[0-9]*(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_NUMERIC = re.compile(r"[+-]?([0-9]*\.)?[0-9]+")
# Dates as validator.js takes them: calendar, week or ordinal, with an optional time and zone.
_ISO_8601 = re.compile(
    r"""
    [+-]?\d{4}(?!\d{2}\b)
    (
      (?P<dash>-?)
      (
        (0[1-9]|1[0-2]) ((?P=dash)([12]\d|0[1-9]|3[01]))?
        | W([0-4]\d|5[0-3])(-?[1-7])?
        | (00[1-9]|0[1-9]\d|[12]\d{2}|3([0-5]\d|6[1-6]))
      )
      (
        [T\s]
        (([01]\d|2[0-3])((?P<colon>:?)[0-5]\d)?|24:?00)
        ([.,]\d+(?!:))?
        (:?[0-5]\d([.,]\d+)?)?
        ([zZ]|[+-]([01]\d|2[0-3]):?([0-5]\d)?)?
      )?
    )?
    """,
    re.VERBOSE | re.ASCII,
)


def is_integer_from_1(value: str) -> bool:
    """An integer of 1 or more, in decimal digits."""
    return _INTEGER.fullmatch(value) is not None and int(value) >= 1


def is_integer(value: str, lowest: int, highest: int) -> bool:
    """An integer between two others, in decimal digits."""
    return _INTEGER.fullmatch(value) is not None and lowest <= int(value) <= highest


def is_float_from_0(value: str) -> bool:
    """A decimal number of 0 or more."""
    return _FLOAT.fullmatch(value) is not None and float(value) >= 0


def is_numeric(value: str) -> bool:
    """A decimal number without exponent."""
    return _NUMERIC.fullmatch(value) is not None


def is_iso8601(value: str) -> bool:
    """A date in one of the forms of ISO 8601."""
    return _ISO_8601.fullmatch(value) is not None


def is_boolean(value: str) -> bool:
    """True or false, in words or as a digit."""
    return value in {"true", "false", "1", "0"}


@dataclass(frozen=True, slots=True)
class Check:
    """One field, what must hold of its value, and the message where it does not."""

    field: str
    holds: Callable[[Any], bool]
    message: str
    required: bool = False


def each(holds: Callable[[str], bool]) -> Callable[[Any], bool]:
    """A check of text: an array passes where every item does, an empty one always."""
    return lambda value: all(
        holds(node.text(item)) for item in (value if isinstance(value, list) else [value])
    )


def one_of(*words: str) -> Callable[[Any], bool]:
    """A check of text: it is one of these words, as they are spelt here."""
    return each(frozenset(words).__contains__)


def is_text(value: Any) -> bool:
    """A string, as JSON has it."""
    return isinstance(value, str)


def is_filled_array(value: Any) -> bool:
    """An array with at least one item."""
    return isinstance(value, list) and len(value) > 0


BATCH_CHECKS = (Check("ids", is_filled_array, "IDs must be a non-empty array", required=True),)


_PRICE = Check("purchasePrice", each(is_numeric), "Purchase price must be a number")
_CLOSING_DATE = Check("closingDate", each(is_iso8601), "Invalid closing date")
_STATUS = Check("escrowStatus", is_text, "Escrow status must be a string")

LIST_CHECKS = (
    Check("status", is_text, "Status must be a string"),
    Check("minPrice", each(is_float_from_0), "minPrice must be a positive number"),
    Check("maxPrice", each(is_float_from_0), "maxPrice must be a positive number"),
    Check("closingDateStart", each(is_iso8601), "Invalid closingDateStart format"),
    Check("closingDateEnd", each(is_iso8601), "Invalid closingDateEnd format"),
    Check("page", each(is_integer_from_1), "Page must be an integer"),
    Check("limit", each(is_integer_from_1), "Limit must be an integer"),
    Check("scope", is_text, "Scope must be a string"),
)
CREATE_CHECKS = (
    Check("propertyAddress", each(bool), "Property address is required", required=True),
    _PRICE,
    Check("buyers", is_filled_array, "Buyers must be an array"),
    Check("sellers", is_filled_array, "Sellers must be an array"),
    Check("acceptanceDate", each(is_iso8601), "Invalid acceptance date"),
    _CLOSING_DATE,
    _STATUS,
    Check("city", is_text, "City must be a string"),
    Check("state", is_text, "State must be a string"),
    Check("zipCode", is_text, "Zip code must be a string"),
)
UPDATE_CHECKS = (_PRICE, _CLOSING_DATE, _STATUS)


def validate(values: Mapping[str, Any], checks: Sequence[Check]) -> None:
    """Raise the refusal that names every check that does not hold."""
    details = [
        {"message": check.message}
        for check in checks
        if (check.required or check.field in values) and not check.holds(values.get(check.field))
    ]
    if details:
        raise Refusal(400, "VALIDATION_ERROR", "Invalid input data", details=details)


def check_ids(body: Mapping[str, Any]) -> list[Any]:
    """The `ids` of a batch; raises the refusal of anything but a filled array of strings."""
    ids = body.get("ids")
    items = ids if isinstance(ids, list) else list(ids.values()) if isinstance(ids, dict) else []
    messages = [] if is_filled_array(ids) else ["IDs must be a non-empty array"]
    messages += ["Each ID must be a string" for item in items if not is_text(item)]
    if messages:
        details = [{"message": message} for message in messages]
        raise Refusal(400, "VALIDATION_ERROR", "Invalid input data", details=details)
    return items


def check_business_rules(body: Mapping[str, Any]) -> None:
    """Raise the refusal that names every broken rule. Only snake_case keys are looked at, camelCase ones pass."""
    violations: list[dict[str, str]] = []

    def violated(field: str, message: str, rule: str) -> None:
        violations.append({"field": field, "message": message, "rule": rule})

    opening, closing = body.get("opening_date"), body.get("closing_date")
    if node.truthy(opening) and node.truthy(closing):
        opens_at, closes_at = node.moment(opening), node.moment(closing)
        if opens_at is not None and closes_at is not None and closes_at <= opens_at:
            violated("closing_date", "Closing date must be after opening date", "CLOSING_AFTER_OPENING")
    price = body.get("purchase_price")
    if "purchase_price" in body and node.to_number(price) <= 0:
        violated("purchase_price", "Purchase price must be greater than zero", "POSITIVE_PURCHASE_PRICE")
    if "earnest_money" in body:
        earnest = body["earnest_money"]
        if node.to_number(earnest) < 0:
            violated("earnest_money", "Earnest money cannot be negative", "NON_NEGATIVE_EARNEST_MONEY")
        if node.truthy(price) and node.less(price, earnest):
            violated(
                "earnest_money", "Earnest money cannot exceed purchase price", "EARNEST_MONEY_EXCEEDS_PRICE"
            )
    if violations:
        raise Refusal(
            400, "BUSINESS_RULE_VIOLATION", "Business rule validation failed", violations=violations
        )
