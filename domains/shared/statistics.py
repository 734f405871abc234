"""The statistics of a room (Q-15): how many rows there are, by what, and sums over them, in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, select

from domains.shared.archiving import Archive
from domains.shared.models import Resource


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a room counts by, under which key of the answer, and which columns it adds up."""

    key: str
    by: ColumnElement[Any]
    sums: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)


def counting(
    resource: Resource, archive: Archive, wanted: Statistics, where: Sequence[ColumnElement[bool]]
) -> Select[Any]:
    """The statement: one row for each value of `by`."""
    active = ~archive.inside
    return (
        select(
            wanted.by.label("of"),
            func.count().filter(active).label("active"),
            func.count().filter(archive.inside).label("archived"),
            *(func.sum(column).filter(active).label(key) for key, column in wanted.sums.items()),
        )
        .select_from(resource.table)
        .where(*where)
        .group_by(wanted.by)
        .order_by(wanted.by)
    )


def counted(wanted: Statistics, rows: Sequence[RowMapping]) -> dict[str, Any]:
    """`{total, archived, <key>: {value: count}, totals: {…}}`; archived rows are in `archived` alone."""
    shown: dict[str, Any] = {
        "total": sum(row["active"] for row in rows),
        "archived": sum(row["archived"] for row in rows),
        wanted.key: {str(row["of"] or "none"): row["active"] for row in rows if row["active"]},
    }
    if wanted.sums:
        shown["totals"] = {
            key: str(sum((Decimal(str(row[key] or 0)) for row in rows), Decimal(0))) for key in wanted.sums
        }
    return shown
