"""Columns by kind."""

from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

from domains.shared.columns import (
    days,
    flags,
    guarded,
    integers,
    json_values,
    key,
    moments,
    money,
    texts,
    updated_at,
    uuids,
)


def test_each_kind_makes_its_columns_in_their_order() -> None:
    columns: list[Column[object]] = [
        *texts(50, "a", "b"),
        *texts(None, "c"),
        *money("d"),
        *integers("e"),
        *flags("f"),
        *days("g"),
        *moments("h"),
        *json_values("i"),
        *uuids("j"),
        key(),
        *guarded("k"),
        updated_at(),
    ]

    declared = [f"{column.name} {column.type.compile(dialect=postgresql.dialect())}" for column in columns]  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    assert declared == [
        "a VARCHAR(50)",
        "b VARCHAR(50)",
        "c TEXT",
        "d NUMERIC(12, 2)",
        "e INTEGER",
        "f BOOLEAN",
        "g DATE",
        "h TIMESTAMP WITH TIME ZONE",
        "i JSONB",
        "j UUID",
        "id UUID",
        "is_private BOOLEAN",
        "access_level VARCHAR(20)",
        "k UUID",
        "version INTEGER",
        "last_modified_by UUID",
        "updated_at TIMESTAMP WITH TIME ZONE",
    ]
