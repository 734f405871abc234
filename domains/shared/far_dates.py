"""Dates and moments that PostgreSQL stores and Python's types cannot hold: BC, beyond the year 9999, infinity.

A result is read as ever; only where that fails is it read once more, by loaders that take such values, too.
"""

import math
import re
from datetime import UTC, date, datetime, time
from typing import Any

import psycopg
from psycopg import AsyncCursor
from psycopg.abc import Buffer
from psycopg.adapt import Loader, Transformer
from psycopg.rows import tuple_row
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader

_STORED = re.compile(r"(\d{4,})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?(?:\+00)?( BC)?")
_CYCLE_YEARS, _CYCLE_S = 400, 146_097 * 86_400
_LARGEST_S = 8.64e12
"""JavaScript's dates end there."""
_LAST_YEAR = 9999


class FarDate(datetime):
    """The nearest moment that Python has, which compares as the stored one does, with what the stored one is."""

    __slots__ = ("calendar", "seconds", "written")
    seconds: float
    """Since 1970."""
    written: str | None
    """As Node writes it into JSON; None is null, for infinity and for what its dates cannot hold."""
    calendar: str | None
    """To the second as `to_char` writes it, where BC is not told; None for infinity."""


def far_date(stored: str) -> FarDate:
    """What PostgreSQL's text of a date or moment in UTC means; raises ValueError where it is none."""
    is_past = stored.startswith("-") or stored.endswith(" BC")
    value = FarDate.combine(date.min if is_past else date.max, time(), UTC)
    value.written = value.calendar = None
    if stored.endswith("infinity"):
        value.seconds = -math.inf if stored.startswith("-") else math.inf
        return value
    found = _STORED.fullmatch(stored)
    if found is None:
        raise ValueError(f"no date of PostgreSQL: {stored!r}")
    year = 1 - int(found[1]) if found[8] else int(found[1])
    cycles, within = divmod(year, _CYCLE_YEARS)
    month, day, hour, minute, second = (int(part or 0) for part in found.groups()[1:6])
    alike = datetime(2000 + within, month, day, hour, minute, second, tzinfo=UTC)
    value.seconds = alike.timestamp() + (cycles - 2000 // _CYCLE_YEARS) * _CYCLE_S
    value.calendar = f"{found[1]}{alike:-%m-%dT%H:%M:%S}"
    if abs(value.seconds) <= _LARGEST_S:
        shown = f"{year:04}" if 0 <= year <= _LAST_YEAR else f"{year:+07}"
        value.written = f"{shown}{alike:-%m-%dT%H:%M:%S}.{(found[7] or '')[:3]:0<3}Z"
    return value


def seconds_of(moment: datetime) -> float:
    """Since 1970, also of a far one."""
    return moment.seconds if isinstance(moment, FarDate) else moment.timestamp()


class _FarLoader(Loader):
    near: type[Loader]

    def load(self, data: Buffer) -> Any:
        """As ever, else a far date."""
        try:
            return self.near(self.oid, self.connection).load(data)
        except psycopg.DataError:
            return far_date(bytes(data).decode())


def _beside(name: str, near: type[Loader]) -> tuple[str, type[Loader]]:
    return name, type("_Loader", (_FarLoader,), {"near": near})


_LOADERS = (
    _beside("date", DateLoader),
    _beside("timestamp", TimestampLoader),
    _beside("timestamptz", TimestamptzLoader),
)


def rows_with_far_dates(cursor: AsyncCursor[Any]) -> list[tuple[Any, ...]]:
    """All rows of a result that could not be read; raises psycopg.DataError where not for its dates."""
    for name, loader in _LOADERS:
        cursor.adapters.register_loader(name, loader)
    reader, result = Transformer(cursor), cursor.pgresult
    reader.set_pgresult(result)
    return reader.load_rows(0, result.ntuples if result else 0, tuple_row(cursor))
