"""What lenient types take is what their JSON schema says."""

from decimal import Decimal
from typing import Annotated, Any

import pytest
from openapi_schema_validator import OAS31Validator
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Column, Integer, MetaData, String, Table

from domains.shared.validation import (
    NOT_NULL,
    Count,
    Day,
    Flag,
    Json,
    Number,
    PageLimit,
    PageNumber,
    Positive,
    Price,
    Text,
    Whole,
    at_most,
    row_model,
)

KINDS = {
    "text": Text,
    "short": Annotated[Text, at_most(3)],
    "number": Number,
    "price": Price,
    "whole": Whole,
    "positive": Positive,
    "count": Count,
    "limit": PageLimit,
    "page": PageNumber,
    "flag": Flag,
    "day": Day,
    "json": Json,
    "not null": Annotated[Text | None, NOT_NULL],
}
SENT: tuple[Any, ...] = (
    *(
        None,
        "",
        "abc",
        "abcd",
        "7",
        " 7 ",
        "-7",
        "7x",
        "1.5",
        ".5",
        "5.",
        "1e3",
        "+7",
        "2027-03-15",
        "20270315",
    ),
    *(
        "2027-03-15T10:00",
        "yes",
        "TRUE",
        "off",
        True,
        False,
        0,
        1,
        -1,
        2,
        7.5,
        20270315,
        [],
        ["a"],
        {},
        {"a": 1},
    ),
)


def takes(kind: Any, value: Any) -> bool:
    """Whether the validator takes it."""
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


DIFFERING: dict[str, list[Any]] = {
    "short": [True, False, 20270315, ["a"], {"a": 1}],  # too long only once they are text
    "positive": ["-7"],
    "count": ["-7", True],  # a boolean is a whole number of Python; a query has none
    "limit": ["-7", 7.5],  # what a text begins with; a query has no number that is not text
    "page": ["-7", 7.5],
    "day": [7.5, {"a": 1}],  # read as the text that they become
    "json": [
        value for value in SENT if isinstance(value, str) and not takes(Json, value)
    ],  # the text is none
}
"""What is refused for its value, where the schema tells its form alone, and the reverse."""
TABLE = Table("rows", MetaData(), Column("list_price", Integer), Column("title", String(5), nullable=False))


@pytest.mark.parametrize("name", KINDS)
def test_what_is_taken_is_described_and_what_is_refused_for_its_form_is_not(name: str) -> None:
    described = OAS31Validator(TypeAdapter(KINDS[name]).json_schema())

    differing = [value for value in SENT if described.is_valid(value) != takes(KINDS[name], value)]

    assert differing == DIFFERING.get(name, [])


def test_a_row_is_described_in_both_spellings_with_the_keys_that_change_nothing() -> None:
    model = row_model("Row", TABLE, ["list_price", "title"], required=["title"], ignored=["id"])

    schema = model.model_json_schema()

    assert set(schema["properties"]) == {"list_price", "listPrice", "title", "id"}
    assert schema["required"] == ["title"]
    assert schema["additionalProperties"] is False


def test_a_row_whose_other_keys_are_left_out_takes_them_all() -> None:
    model = row_model("Row", TABLE, ["list_price", "title"], aliases={}, ignored=None)

    schema = model.model_json_schema()

    assert set(schema["properties"]) == {"list_price", "title"}
    assert "additionalProperties" not in schema


def test_a_described_validator_still_validates() -> None:
    assert TypeAdapter(Number).validate_python("1.50") == Decimal("1.50")
    with pytest.raises(ValidationError, match="at most 3"):
        TypeAdapter(KINDS["short"]).validate_python("abcd")
