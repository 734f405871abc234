"""The store as it was: what was counted of a domain until some moment, in a copy that grows minute by minute."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from parity.adding_up import AddingUp
from parity.database import complete_tables, open_database, storing, writing
from parity.exchange import Endpoint
from parity.tables import BY_MINUTE, CELLS, COUNTS, ENDPOINTS, GROUPS, METADATA

_ROWS = 1_000


class Past:
    """A copy of what a store knows of some endpoints; samples, acceptances and self-tests are not in it.

    Methods raise StoreError when the store refuses.
    """

    def __init__(self, source: sa.Engine, copy: sa.Engine, endpoints: Sequence[Endpoint]) -> None:
        self._source = source
        self._copy = copy
        self._names = [endpoint.name for endpoint in endpoints]
        self._next = 1  # minute 0 is all that came before retention, nobody knows when
        self._adding_up = AddingUp(copy)
        self._fill()

    def span(self) -> tuple[float, float] | None:
        """When the first minute began and the last one ended, in Unix seconds; None where nothing was counted."""
        chosen = sa.select(sa.func.min(COUNTS.c.minute), sa.func.max(COUNTS.c.minute)).where(
            COUNTS.c.minute > 0, COUNTS.c.endpoint.in_(self._names)
        )
        with storing("read the store"), self._source.connect() as connection:
            first, last = connection.execute(chosen).one()
        return None if first is None else (first * 60.0, (last + 1) * 60.0)

    def until(self, at: float) -> sa.Engine:
        """The copy with every minute that had ended by then (Unix seconds); `at` never goes back."""
        end = int(at // 60)
        if end > self._next:
            with storing("copy the store"), self._source.connect() as source, writing(self._copy) as copy:
                for table, own in self._counted():
                    chosen = sa.select(table).where(table.c.minute >= self._next, table.c.minute < end, own)
                    _copy_rows(source, copy, table, chosen)
            self._next = end
            self._adding_up.keep_up(at)
        return self._copy

    def _fill(self) -> None:
        with storing("copy the store"):
            complete_tables(self._source, METADATA)
            complete_tables(self._copy, METADATA)
            with self._source.connect() as source, writing(self._copy) as copy:
                for table in (ENDPOINTS, CELLS, GROUPS):
                    chosen = sa.select(table).where(table.c.endpoint.in_(self._names))
                    _copy_rows(source, copy, table, chosen)

    def _counted(self) -> Iterator[tuple[sa.Table, sa.ColumnElement[bool]]]:
        """The tables that count by minute, and what of them is ours."""
        cells = sa.select(CELLS.c.id).where(CELLS.c.endpoint.in_(self._names))
        groups = sa.select(GROUPS.c.id).where(GROUPS.c.endpoint.in_(self._names))
        owners: dict[str, list[str] | sa.Select[tuple[str]]] = {
            "endpoint": self._names,
            "cell_id": cells,
            "group_id": groups,
        }
        for table in BY_MINUTE:
            owner = next(name for name in owners if name in table.c)
            yield table, table.c[owner].in_(owners[owner])


@contextmanager
def past_of(source: sa.Engine, endpoints: Sequence[Endpoint]) -> Iterator[Past]:
    """A copy that is gone afterwards; the source is only read."""
    with tempfile.TemporaryDirectory(prefix="crossfade-past-") as directory:
        copy = open_database(f"sqlite:///{Path(directory) / 'past.sqlite3'}")
        try:
            yield Past(source, copy, endpoints)
        finally:
            copy.dispose()


def _copy_rows(
    source: sa.Connection, copy: sa.Connection, table: sa.Table, chosen: sa.Select[tuple[object, ...]]
) -> None:
    result = source.execution_options(yield_per=_ROWS).execute(chosen)
    for rows in result.mappings().partitions(_ROWS):
        copy.execute(sa.insert(table), [dict(row) for row in rows])
