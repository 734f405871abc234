"""From what a client sent to typed values."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import Boolean, Column, Date, DateTime, Integer, MetaData, Numeric, String, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from domains.shared.errors import InvalidInputError
from domains.shared.validation import (
    NOT_NULL,
    Count,
    IsoText,
    PageLimit,
    PageNumber,
    Positive,
    Says,
    Whole,
    row_model,
    sanitized,
    validated,
)

THINGS = Table(
    "things",
    MetaData(),
    Column("name", String(5), nullable=False),
    Column("note_text", Text),
    Column("list_price", Numeric(5, 2)),
    Column("rooms", Integer),
    Column("is_new", Boolean),
    Column("built_on", Date),
    Column("tags", JSONB),
    Column("made_at", DateTime),
)
Thing = row_model("Thing", THINGS, [name for name in THINGS.c.keys() if name != "made_at"])  # noqa: SIM118 - not a dict


class Query(BaseModel):
    """Fields with sentences of their own."""

    count: Annotated[Count, Says("Count must be an integer")] = 1
    least: Positive | None = None
    since: IsoText | None = None
    size: Annotated[Whole | None, NOT_NULL] = None
    page: PageNumber = 1
    limit: PageLimit = 20


def taken(**values: Any) -> dict[str, Any]:
    return validated(Thing, values).model_dump(exclude_unset=True)


def refused(model: type[BaseModel], **values: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        validated(model, values)
    return [(row["field"], row["message"]) for row in caught.value.extra["details"]]


@pytest.mark.parametrize(
    ("field", "sent", "stored"),
    [
        ("name", "Anna", "Anna"),
        ("name", 5, "5"),
        ("name", True, "true"),
        ("noteText", "x" * 9999, "x" * 9999),
        ("note_text", None, None),
        ("listPrice", "999.99", Decimal("999.99")),
        ("listPrice", 1.005, Decimal("1.005")),
        ("list_price", " 1e2 ", Decimal("1e2")),
        ("rooms", "4", 4),
        ("rooms", 4.0, 4),
        ("is_new", "yes", True),
        ("isNew", 0, False),
        ("built_on", "2027-03-15", date(2027, 3, 15)),
        ("built_on", "20270315", date(2027, 3, 15)),
        ("built_on", "2027-03-15T23:00:00-08:00", date(2027, 3, 15)),
        ("tags", ["a", {"b": 1}], ["a", {"b": 1}]),
        ("tags", " 5 ", 5),
        ("name", "Anna   ", "Anna "),
        ("name", [5], '{"5"}'),
        ("name", {}, "{}"),
        ("built_on", "2027-03-15T24:00:00 ", date(2027, 3, 15)),
        ("built_on", " Tomorrow", " Tomorrow"),
        ("built_on", "10000-01-01", "10000-01-01"),
        ("built_on", ["2027-03-15"], '{"2027-03-15"}'),
    ],
)
def test_a_column_takes_what_postgresql_took(field: str, sent: object, stored: object) -> None:
    assert list(taken(**{field: sent}).values()) == [stored]


@pytest.mark.parametrize(
    ("field", "sent", "message"),
    [
        ("name", "Hannah", "Must have at most 5 characters"),
        ("name", None, "Input should be a valid string"),
        ("name", "a\0b", "Must not hold a NUL character"),
        ("name", ["\0"], "Must not hold a NUL character"),
        ("listPrice", 1000, "Must have at most 3 digits before the point"),
        ("listPrice", 999.995, "Must have at most 3 digits before the point"),
        ("listPrice", "Infinity", "Must have at most 3 digits before the point"),
        ("listPrice", "1_0", "Must be a number"),
        ("listPrice", "\u0663", "Must be a number"),
        ("listPrice", "lots", "Must be a number"),
        ("listPrice", True, "Must be a number"),
        ("rooms", 4.5, "Must be a whole number"),
        ("rooms", "1e2", "Must be a whole number"),
        ("rooms", "NaN", "Must be a whole number"),
        ("rooms", 2**31, "Must be smaller"),
        ("built_on", "2027-02-30", "Must be a date like 2027-03-15"),
        ("built_on", "soon", "Must be a date like 2027-03-15"),
        ("built_on", True, "Must be a date like 2027-03-15"),
        ("built_on", "0000-01-01", "Must be a date like 2027-03-15"),
        ("tags", "text", "Must be an object or an array"),
        ("colour", "blue", "Is not a field that can be set"),
        ("made_at", "now", "Is not a field that can be set"),
    ],
)
def test_a_column_refuses_what_does_not_fit(field: str, sent: object, message: str) -> None:
    assert refused(Thing, **{field: sent}) == [(field, message)]


def test_every_fault_is_told_at_once_each_with_the_name_that_was_sent() -> None:
    found = refused(Thing, list_price="lots", builtOn="x", colour="blue")

    assert [field for field, _ in found] == ["list_price", "builtOn", "colour"]


def test_a_column_without_a_wire_type_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="no wire type for a column of DATETIME"):
        row_model("Bad", THINGS, ["made_at"])


@pytest.mark.parametrize("sent", ["1", "+7", "007", 3, "9" * 30])
def test_a_count_is_a_whole_number_of_one_or_more(sent: object) -> None:
    assert validated(Query, {"count": sent}).count >= 1


@pytest.mark.parametrize("sent", ["0", "-1", "1.5", "abc", "", " 1", "9" * 400])
def test_another_count_is_refused_in_the_recorded_words(sent: object) -> None:
    assert refused(Query, count=sent) == [("count", "Count must be an integer")]


@pytest.mark.parametrize(
    ("sent", "fine"),
    [
        ("2027", True),
        ("2027-02", True),
        ("2027-02-30", True),
        ("2027-W05-1", True),
        ("2027-123", True),
        ("2027-01-01T10:00:00Z", True),
        ("2027-01-01 10:00:00.5+02:00", True),
        ("2027-13-01", False),
        ("soon", False),
        ("", False),
    ],
)
def test_a_date_as_text_has_a_form_of_iso_8601(sent: str, fine: bool) -> None:  # noqa: FBT001 - a table's column
    if fine:
        assert validated(Query, {"since": sent}).since == sent
    else:
        assert refused(Query, since=sent) == [("since", "Must be a date of ISO 8601")]


def test_a_positive_number_may_be_nothing_but_not_less() -> None:
    assert validated(Query, {"least": "0"}).least == 0
    assert refused(Query, least="-0.5") == [("least", "Must be a positive number")]


def test_a_field_may_be_absent_and_still_not_be_null() -> None:
    assert validated(Query, {}).size is None
    assert refused(Query, size=None) == [("size", "Must not be null")]


def test_top_level_strings_are_escaped_for_storage() -> None:
    body = {"a": '<O\'Test & "Sons" `x` \\ y/>', "b": {"c": "<"}, "d": 5}

    escaped = sanitized(body)

    assert escaped == {
        "a": "&lt;O&#x27;Test &amp; &quot;Sons&quot; &#96;x&#96; &#x5C; y&#x2F;&gt;",
        "b": {"c": "<"},
        "d": 5,
    }


@pytest.mark.parametrize(("text", "number"), [("7", 7), (" +7", 7), ("2abc", 2), ("1.9", 1), ("1e5", 1)])
def test_a_page_is_the_number_that_a_text_begins_with(text: str, number: int) -> None:
    assert validated(Query, {"page": text}).page == number


@pytest.mark.parametrize("text", ["", "abc", "-1", "0", "99999999999999999999", "NaN"])
def test_a_page_is_counted_from_one(text: str) -> None:
    assert [field for field, _ in refused(Query, page=text)] == ["page"]


def test_a_limit_may_be_zero() -> None:
    assert validated(Query, {"limit": "0"}).limit == 0


def test_a_room_can_name_the_other_spellings_itself() -> None:
    model = row_model("Other", THINGS, ["list_price", "rooms"], aliases={"rooms": "roomCount"})

    taken = validated(model, {"roomCount": 3, "list_price": 5})

    assert taken.model_dump() == {"list_price": Decimal(5), "rooms": 3}
    assert [field for field, _ in refused(model, listPrice=5)] == ["listPrice"]


def test_an_id_is_a_uuid() -> None:
    table = Table("owned", MetaData(), Column("agent_id", Uuid))
    model = row_model("Owned", table, ["agent_id"])

    text = "c0ffee00-0000-4000-8000-000000000003"
    assert validated(model, {"agentId": text}).model_dump() == {"agent_id": UUID(text)}
    assert refused(model, agentId="me") == [("agentId", "Must be a UUID")]


def test_half_a_surrogate_pair_in_a_key_is_a_fault_like_another() -> None:
    assert refused(Thing, **{"\ud800": 1}) == [("\ufffd", "Is not a field that can be set")]
