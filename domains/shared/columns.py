"""Columns by the dozen: several of one type, declared by their names."""

from typing import Any

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Numeric, String, Text, Uuid
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
