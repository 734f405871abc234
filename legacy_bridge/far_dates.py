"""Dates that JavaScript holds and Python cannot: BC, beyond the year 9999, infinity. PostgreSQL stores them all.

Results are read as ever; only where that fails once more, by loaders that take them.
"""

import math
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from psycopg import AsyncCursor, DataError
from psycopg.abc import Buffer
from psycopg.adapt import Transformer
from psycopg.rows import dict_row
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader

_LARGEST_S = 8.64e12  # what is later is an invalid date
_CYCLE = 400  # years, after which the calendar repeats itself


_Near = TypeVar("_Near", DateLoader, TimestampLoader, TimestamptzLoader)


class FarDate(datetime):
    """The first or the last moment of Python, and the JavaScript date that it stands for.

    `seconds` since 1970, not finite for infinity and an invalid date; `written` as JSON.stringify has it.
    """

    seconds: float = math.nan
    written: str | None = None

    @classmethod
    def parse(cls, stored: str) -> "FarDate":
        """A date or moment as PostgreSQL writes it in UTC."""
        is_past = stored.startswith("-") or stored.endswith(" BC")
        self = cls(1, 1, 1, tzinfo=UTC) if is_past else cls(9999, 12, 31, tzinfo=UTC)
        if stored.endswith("infinity"):
            self.seconds = -math.inf if is_past else math.inf
            return self
        day, _, clock = stored.removesuffix(" BC").removesuffix("+00").partition(" ")
        years, month, of_month = map(int, day.split("-"))
        year = 1 - years if is_past else years
        near = date(_CYCLE + year % _CYCLE, month, of_month)
        since_midnight = datetime.fromisoformat(f"1970-01-01T{clock or '00:00'}+00:00")
        days = (near - date(1970, 1, 1)).days + (year // _CYCLE - 1) * 146_097
        seconds = days * 86_400 + since_midnight.timestamp()
        if abs(seconds) <= _LARGEST_S:
            sign = "-" if year < 0 else "+" if year > 9999 else ""
            digits = 6 if sign else 4
            time = since_midnight.strftime("%H:%M:%S")
            thousandths = since_midnight.microsecond // 1000
            self.seconds = seconds
            self.written = f"{sign}{abs(year):0{digits}}{near:-%m-%d}T{time}.{thousandths:03}Z"
        return self


def _taking_far_dates(near: type[_Near]) -> type[_Near]:
    def load(self: _Near, data: Buffer) -> Any:
        try:
            return near.load(self, data)
        except DataError:
            return FarDate.parse(bytes(data).decode())

    return type("_Loader", (near,), {"load": load})


def rows_with_far_dates(cursor: AsyncCursor[dict[str, Any]]) -> list[dict[str, Any]]:
    """All rows of a result; raises psycopg.DataError where more than its dates cannot be read."""
    cursor.adapters.register_loader("date", _taking_far_dates(DateLoader))
    cursor.adapters.register_loader("timestamp", _taking_far_dates(TimestampLoader))
    cursor.adapters.register_loader("timestamptz", _taking_far_dates(TimestamptzLoader))
    result = cursor.pgresult
    reader = Transformer(cursor)
    reader.set_pgresult(result)
    return reader.load_rows(0, result.ntuples if result else 0, dict_row(cursor))
