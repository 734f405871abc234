"""Load tests under a name, in the store beside the latest: what later ones are compared with, for as long as it stays."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from parity.database import complete_tables, storing, writing
from parity.errors import BaselineError
from parity.load_results import SCHEMA
from parity.load_tests import KeptLoadTest, as_json, kept

METADATA = sa.MetaData()

BASELINES = sa.Table(
    "load_baselines",
    METADATA,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("saved_at", sa.Double, nullable=False),
    sa.Column("saved_by", sa.String(200), nullable=False),
    sa.Column("schema", sa.String(40), nullable=False),
    sa.Column("id", sa.String(16), nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("result", sa.Text, nullable=False),
)
"""A row a baseline; `id`, `at`, `actor` and `result` are those of its load test (see `load_tests.py`)."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class LoadBaseline(msgspec.Struct, frozen=True):
    """A load test under a name: when it got that (`saved_at`, Unix seconds), and from whom."""

    name: str
    saved_at: float
    saved_by: str
    of: KeptLoadTest


class LoadBaselines:
    """Those of the store. Raises StoreError."""

    def __init__(self, engine: sa.Engine, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def save(self, name: str, test: KeptLoadTest, actor: str, *, replace: bool = False) -> None:
        """Keep that load test under a name; raises BaselineError when it is taken, is no name, or the test is partial."""
        if not _NAME.fullmatch(name):
            raise BaselineError(
                f"{name[:120]!r}: expected a name of letters, digits, '.', '_' and '-', 100 at most"
            )
        if test.test.problem:
            raise BaselineError(f"{test.id} is partial and can be no baseline: {test.test.problem}")
        row = {
            "name": name,
            "saved_at": self._clock(),
            "saved_by": actor[:200],
            "schema": SCHEMA,
            "id": test.id,
            "at": test.at,
            "actor": test.actor,
            "result": as_json(test.test),
        }
        own = BASELINES.c.name == name
        with storing("keep the baseline"):
            complete_tables(self._engine, METADATA)
            with writing(self._engine) as connection:
                there = connection.execute(sa.select(BASELINES.c.id).where(own)).scalar()
                if there is not None and not replace:
                    raise BaselineError(f"there is a baseline {name!r} already, of {there}: --replace it")
                connection.execute(sa.delete(BASELINES).where(own))
                connection.execute(sa.insert(BASELINES).values(row))

    def all(self) -> list[LoadBaseline]:
        """By name; those that another version wrote are left out."""
        chosen = sa.select(BASELINES).where(BASELINES.c.schema == SCHEMA).order_by(BASELINES.c.name)
        with storing("read the baselines"):
            complete_tables(self._engine, METADATA)
            with self._engine.connect() as connection:
                return [_baseline(row) for row in connection.execute(chosen).mappings()]

    def get(self, name: str) -> LoadBaseline:
        """The one of that name; raises BaselineError with the names that there are."""
        found = {one.name: one for one in self.all()}
        if name not in found:
            raise BaselineError(_no_such(name, list(found)))
        return found[name]

    def remove(self, name: str) -> None:
        """Take the name away; raises BaselineError with the names that there are."""
        with storing("remove the baseline"):
            complete_tables(self._engine, METADATA)
            with writing(self._engine) as connection:
                gone = connection.execute(sa.delete(BASELINES).where(BASELINES.c.name == name)).rowcount
        if not gone:
            raise BaselineError(_no_such(name, [one.name for one in self.all()]))


def _no_such(name: str, known: list[str]) -> str:
    there = f"expected one of {', '.join(known)}" if known else "there is none yet"
    return f"there is no baseline {name[:120]!r}: {there}"


def _baseline(row: Mapping[Any, Any]) -> LoadBaseline:
    saved_at = msgspec.convert(row["saved_at"], float)
    return LoadBaseline(str(row["name"]), saved_at, str(row["saved_by"]), kept(row))
