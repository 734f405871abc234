"""Columns by the dozen: several of one type, declared by their names, and those that many tables have."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    FetchedValue,
    Integer,
    Numeric,
    String,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB


def texts(length: int | None, *names: str) -> list[Column[Any]]:
    """VARCHAR(length), or TEXT without one."""
    return [Column(name, Text() if length is None else String(length)) for name in names]


def money(*names: str) -> list[Column[Any]]:
    """NUMERIC(12,2)."""
    return [Column(name, Numeric(12, 2)) for name in names]


def days(*names: str) -> list[Column[Any]]:
    """DATE."""
    return [Column(name, Date) for name in names]


def integers(*names: str) -> list[Column[Any]]:
    """INTEGER."""
    return [Column(name, Integer) for name in names]


def flags(*names: str) -> list[Column[Any]]:
    """BOOLEAN."""
    return [Column(name, Boolean) for name in names]


def json_values(*names: str) -> list[Column[Any]]:
    """JSONB, where None is NULL and not the JSON null."""
    return [Column(name, JSONB(none_as_null=True)) for name in names]


def uuids(*names: str) -> list[Column[Any]]:
    """UUID."""
    return [Column(name, Uuid) for name in names]


def moments(*names: str) -> list[Column[Any]]:
    """TIMESTAMP WITH TIME ZONE."""
    return [Column(name, DateTime(timezone=True)) for name in names]


def key() -> Column[Any]:
    """`id`, a UUID that the database makes."""
    return Column("id", Uuid, primary_key=True, server_default=FetchedValue())


def guarded(*belongs_to: str) -> list[Column[Any]]:
    """Who may see a row besides its owner, whom it belongs to by these ids, its version, and who wrote it last."""
    return [
        *flags("is_private"),
        *texts(20, "access_level"),
        *uuids(*belongs_to),
        Column("version", Integer, nullable=False, server_default=FetchedValue()),
        *uuids("last_modified_by"),
    ]


def updated_at() -> Column[Any]:
    """When a row was written last; an insert may leave that to the database."""
    return Column("updated_at", DateTime(timezone=True), server_default=func.now())
