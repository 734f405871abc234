"""Schemas of what is shown."""

import pytest
from sqlalchemy import ARRAY, Column, Date, Interval, MetaData, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from domains.shared.shapes import ANYTHING, INTEGER, TEXT, Shape, nothing_or, of_column, row, spelled, whole

TABLE = Table(
    "rows",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("price", Numeric(12, 2)),
    Column("day", Date, nullable=False),
    Column("tags", ARRAY(Text)),
    Column("more", JSONB),
)


def test_a_row_has_each_column_as_it_is_written_into_json() -> None:
    schema = row(TABLE.c)

    assert schema["required"] == ["id", "price", "day", "tags", "more"]
    assert schema["additionalProperties"] is False
    shown = schema["properties"]
    assert shown["id"] == {"type": "string", "format": "uuid"}
    assert shown["price"]["type"] == ["string", "null"]
    assert shown["day"] == {"type": "string", "format": "date-time"}
    assert shown["tags"]["items"] == {"type": ["string", "null"]}
    assert shown["more"] == ANYTHING


def test_columns_are_spelled_as_a_room_spells_them() -> None:
    assert spelled({"rowId": "id"}, TABLE) == {"rowId": {"type": "string", "format": "uuid"}}


def test_what_may_be_null_already_stays_as_it_is() -> None:
    assert nothing_or(nothing_or(INTEGER)) == {"type": ["integer", "null"]}
    assert nothing_or(ANYTHING) == ANYTHING


def test_a_named_shape_may_be_null_beside_it() -> None:
    shape = Shape("Thing", whole({}))

    assert nothing_or(shape) == {"anyOf": [shape, {"type": "null"}]}


def test_an_optional_key_is_not_required() -> None:
    assert whole({"a": TEXT, "b": TEXT}, optional=["b"])["required"] == ["a"]


def test_a_column_that_nobody_has_described_is_an_error_at_once() -> None:
    with pytest.raises(TypeError, match="no schema for a column"):
        of_column(Column("lasts", Interval))
