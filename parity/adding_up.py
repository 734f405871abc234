"""Adds up what was counted by minute over stretches of it (`stretches.py`), beside those who count.

Each stretch in one transaction with the note that it is there, so that nobody who is killed leaves it half done or
twice. What a store of an earlier version has counted is added up in the same way, the latest first; until then its
minutes are read.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import sqlalchemy as sa

from parity.database import storing, take_turn, writing
from parity.stretches import LENGTHS, Kept, ceiling, floor, kept_stretches
from parity.tables import BY_MINUTE, BY_STRETCH, STRETCHES

WITHIN_S = 1.0
"""How long one look may go on; what is left then is added up at the next."""

_SETTLED = 1  # a minute that is over is still counted in by who began to write before its end


class AddingUp:
    """Adds up what one store has counted, each time in transactions small enough that nobody waits for them."""

    def __init__(self, engine: sa.Engine, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._timer = timer

    def keep_up(self, now: float) -> bool:
        """Add up what is over (`now` is Unix seconds); False: there is more, for the next time. Raises StoreError."""
        ends_at = self._timer() + WITHIN_S
        while self._step(int(now // 60) - _SETTLED):
            if self._timer() >= ends_at:
                return False
        return True

    def _step(self, over: int) -> bool:
        """Add up one stretch of the minutes before `over`; False when there is none."""
        with storing("add up the store"), writing(self._engine) as connection:
            take_turn(connection, alone=True)
            kept = {one.length: one for one in kept_stretches(connection)} or _begun(connection, over)
            minutes = Kept(1, _counted(connection, 1, over) or over, over)
            while more := _next(connection, minutes, kept):
                if more.adds is not None:
                    _add_up(connection, more.made_of, more.kept.length, more.adds)
                changed = sa.update(STRETCHES).where(STRETCHES.c.length == more.kept.length)
                connection.execute(changed.values(since=more.kept.since, until=more.kept.until))
                if more.adds is not None:
                    return True
                kept[more.kept.length] = more.kept
        return False


def _begun(connection: sa.Connection, over: int) -> dict[int, Kept]:
    """Nothing is added up yet: it goes forth and back from here."""
    kept = {length: Kept(length, floor(over, length), floor(over, length)) for length in LENGTHS}
    connection.execute(sa.insert(STRETCHES), [asdict(one) for one in kept.values()])
    return kept


@dataclass(frozen=True, slots=True)
class _More:
    """What is to be `kept` next, of stretches of the length `made_of`; `adds` is the minute with which the new one begins.

    None: in what comes to it nothing was counted.
    """

    kept: Kept
    made_of: int
    adds: int | None = None


def _next(connection: sa.Connection, minutes: Kept, kept: Mapping[int, Kept]) -> _More | None:
    """The longest first: what came lately is read in few rows long before the whole store is."""
    made_of = dict(zip(LENGTHS, [minutes, *kept.values()], strict=False))
    for length in reversed(LENGTHS):
        more = _later(connection, kept[length], made_of[length])
        if more := more or _earlier(connection, kept[length], made_of[length], minutes):
            return more
    return None


def _later(connection: sa.Connection, kept: Kept, shorter: Kept) -> _More | None:
    """The next stretch that is over, as far as the shorter ones reach."""
    length = kept.length
    whole = ceiling(shorter.since, length)
    if kept.until < shorter.since and shorter.holds(whole, length):
        # the next one is not whole, for what was counted begins within it
        return _More(Kept(length, whole, whole), shorter.length)
    if not shorter.holds(kept.until, length):
        return None
    at = _counted(connection, kept.until, shorter.until)
    begins = floor(shorter.until if at is None else at, length)
    if begins > kept.until:
        return _More(replace(kept, until=begins), shorter.length)
    return _More(replace(kept, until=begins + length), shorter.length, begins)


def _earlier(connection: sa.Connection, kept: Kept, shorter: Kept, minutes: Kept) -> _More | None:
    """The one before the first, as far as the shorter ones reach."""
    length = kept.length
    longest = floor(kept.since, LENGTHS[-1])
    if minutes.since >= kept.since > longest:
        # there is nothing of before, and longer ones may begin there
        return _More(replace(kept, since=longest), shorter.length)
    if not shorter.holds(kept.since - length, length):
        return None
    at = _counted(connection, shorter.since, kept.since, latest=True)
    least = ceiling(shorter.since, length)
    if at is None:
        return _More(replace(kept, since=least), shorter.length)
    begins = floor(at, length)
    if begins + length < kept.since:
        return _More(replace(kept, since=max(begins + length, least)), shorter.length)
    return _More(replace(kept, since=begins), shorter.length, begins)


def _counted(connection: sa.Connection, first: int, behind: int, *, latest: bool = False) -> int | None:
    """The first (or last) of these minutes in which anything was counted."""
    found: int | None = connection.scalar(_ends(latest=latest), {"first": first, "behind": behind})
    return found


@cache
def _ends(*, latest: bool) -> sa.Select[Any]:
    which = sa.func.max if latest else sa.func.min
    of_each = sa.union_all(
        *(
            sa.select(which(table.c.minute).label("at")).where(
                table.c.minute >= sa.bindparam("first"), table.c.minute < sa.bindparam("behind")
            )
            for table in BY_MINUTE
        )
    ).subquery()
    return sa.select(which(of_each.c.at))


def _add_up(connection: sa.Connection, made_of: int, length: int, begins: int) -> None:
    for statement in _statements(made_of, length):
        connection.execute(statement, {"begins": begins})


@cache
def _statements(made_of: int, length: int) -> list[sa.Delete | sa.Insert]:
    """What makes the stretch of that length that begins with `begins`, in every table."""
    at = sa.bindparam("begins", type_=sa.BigInteger)
    found: list[sa.Delete | sa.Insert] = []
    for table, stretched in BY_STRETCH.items():
        source = table if made_of == 1 else stretched
        within = sa.and_(source.c.minute >= at, source.c.minute < at + length)
        if made_of > 1:
            within &= source.c.length == made_of
        keys = [column.name for column in table.primary_key if column.name != "minute"]
        others = [column.name for column in table.c if not column.primary_key]
        chosen = (
            sa.select(
                sa.literal(length),
                at,
                *(source.c[name] for name in keys),
                *(_added(source.c[name]) for name in others),
            )
            .where(within)
            .group_by(*(source.c[name] for name in keys))
        )
        found += [
            sa.delete(stretched).where(stretched.c.length == length, stretched.c.minute == at),
            sa.insert(stretched).from_select(["length", "minute", *keys, *others], chosen),
        ]
    return found


def _added(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """What becomes of a column when rows of one key are added up; a text is the same in all of them."""
    if column.name == "first_seen_at":
        return sa.func.min(column)
    is_same = isinstance(column.type, sa.String)
    return sa.func.max(column) if column.name == "last_seen_at" or is_same else sa.func.sum(column)
