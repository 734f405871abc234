"""Minutes added up over stretches of ten, of an hour and of a day (UTC): who asks since some minute reads few rows.

The minutes stay the truth. `adding_up.py` makes a stretch of them once it is over. Who counts in a minute that is added
up already (its clock goes behind) takes that stretch back before, in its own transaction, and it is made anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from parity.database import take_turn
from parity.tables import BY_STRETCH, STRETCHES

LENGTHS = (10, 60, 1_440)
"""Minutes of a stretch; each is made of the next shorter ones."""


@dataclass(frozen=True, slots=True)
class Kept:
    """All of [`since`, `until`), in minutes, is added up in stretches of this length."""

    length: int
    since: int
    until: int

    def holds(self, begins: int, length: int) -> bool:
        """Whether all minutes of that stretch are."""
        return self.since <= begins and begins + length <= self.until


# each is one statement: others change the same rows beside it
_AT = sa.bindparam("at", type_=sa.BigInteger)
_TAKEN_BACK = (
    sa.update(STRETCHES)
    .where(STRETCHES.c.since <= _AT, STRETCHES.c.until > _AT)
    .values(until=_AT - _AT % STRETCHES.c.length)
)
_FIRST_WHOLE = _AT + (STRETCHES.c.length - _AT % STRETCHES.c.length) % STRETCHES.c.length
_CUT_OFF = (
    sa.update(STRETCHES)
    .where(STRETCHES.c.since < _FIRST_WHOLE)
    .values(
        since=_FIRST_WHOLE,
        until=sa.case((STRETCHES.c.until < _FIRST_WHOLE, _FIRST_WHOLE), else_=STRETCHES.c.until),
    )
)

_Piece = tuple[int, int, int | None]
"""Length of the stretches (1: minutes), the first minute, and the one behind the last; None: all that come."""


def kept_stretches(connection: sa.Connection) -> tuple[Kept, ...]:
    """What is added up, the shortest stretches first; nothing in a store of before there were any."""
    if not sa.inspect(connection).has_table(STRETCHES.name):
        return ()
    return tuple(
        Kept(row.length, row.since, row.until)
        for row in connection.execute(sa.select(STRETCHES).order_by(STRETCHES.c.length))
    )


def counted_since(table: sa.Table, minute: int, kept: tuple[Kept, ...]) -> sa.Subquery:
    """The rows of a table that counts by minute, of that minute and all that came later, in as few as there are.

    The `minute` of a row is that with which its stretch begins. `kept` must be of the same transaction, and may lack
    stretches that are too long for who asks.
    """
    names = [column.name for column in table.c]
    parts = []
    for length, first, behind in _pieces(minute, None, kept):
        source = table if length == 1 else BY_STRETCH[table]
        chosen = sa.select(*(source.c[name] for name in names)).where(source.c.minute >= first)
        if behind is not None:
            chosen = chosen.where(source.c.minute < behind)
        if length > 1:
            chosen = chosen.where(source.c.length == length)
        parts.append(chosen)
    return sa.union_all(*parts).subquery(table.name)


def _pieces(first: int, behind: int | None, kept: tuple[Kept, ...]) -> Iterator[_Piece]:
    """The whole stretches of the longest kind in the middle, shorter ones before and after."""
    if behind is not None and first >= behind:
        return
    if not kept:
        yield 1, first, behind
        return
    *shorter, longest = kept
    length = longest.length
    # minute 0, in which all is that came before retention, is in no stretch
    begins = max(ceiling(max(first, 1), length), longest.since)
    ends = longest.until if behind is None else min(longest.until, floor(behind, length))
    if begins >= ends:
        yield from _pieces(first, behind, tuple(shorter))
        return
    yield from _pieces(first, begins, tuple(shorter))
    yield length, begins, ends
    yield from _pieces(ends, behind, tuple(shorter))


def count_in(connection: sa.Connection, minute: int) -> None:
    """Whoever counts in that minute says so first, in the same transaction: stretches that hold it are taken back."""
    take_turn(connection, alone=False)
    connection.execute(_TAKEN_BACK, {"at": minute})


def forget_stretches(connection: sa.Connection, minute: int) -> None:
    """Forget all that began before that minute, ere the minutes are removed; what is left of a stretch are its minutes."""
    take_turn(connection, alone=False)
    for table in BY_STRETCH.values():
        connection.execute(sa.delete(table).where(table.c.minute < minute, table.c.length.in_(LENGTHS)))
    connection.execute(_CUT_OFF, {"at": minute})


def floor(minute: int, length: int) -> int:
    """With which minute the stretch begins that holds this one."""
    return minute - minute % length


def ceiling(minute: int, length: int) -> int:
    """With which minute the first stretch begins that has none of before this one."""
    return -(-minute // length) * length
