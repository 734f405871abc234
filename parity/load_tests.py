"""Results of `crossfade loadtest` in the store: the latest of each domain, for whoever looks at them later."""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from parity.database import complete_tables, storing, writing
from parity.load_results import NOT_SLOWER, SCHEMA, TIME, LoadEndpoint, LoadRatio, LoadTest

METADATA = sa.MetaData()

LOAD_TESTS = sa.Table(
    "load_tests",
    METADATA,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("id", sa.String(16), nullable=False, unique=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("domain", sa.String(100), nullable=False, index=True),
    sa.Column("result", sa.Text, nullable=False),
    # what the versions that kept `crossfade.loadtest/1` did not know
    sa.Column("schema", sa.String(40)),
    sa.Column("domains", sa.Text),
    sa.Column("scenario", sa.String(100)),
    sa.Column("through", sa.String(40)),
    sa.Column("whole", sa.Boolean),
)
"""A row a load test, in the order in which they ended (`at`, Unix seconds); `result` is a `LoadTest` as JSON.

`domain` is `all` where it had several; `domains` has each between spaces. `whole` is without a problem.
"""

KEPT = 50
"""Load tests of each domain, and of several together, that stay; an older one goes when another comes."""
SEVERAL = "all"
"""The domain of a row with several."""
_USER = re.compile(r'//[^/@\s"]*@')
_OF_THIS_VERSION = LOAD_TESTS.c.schema == SCHEMA


class KeptLoadTest(msgspec.Struct, frozen=True):
    """One of the store: when it ended (`at`, Unix seconds), and who ran it."""

    id: str
    at: float
    actor: str
    test: LoadTest


class LoadHeading(msgspec.Struct, frozen=True):
    """What one of the store was, whatever it found: who ran it and what was asked; a partial one says its `problem`."""

    id: str
    actor: str
    domains: list[str]
    scenario: str
    workload: str
    through: str
    users: int
    rate_rps: float | None
    duration_s: float
    problem: str


class LoadTests:
    """Those of the store. Raises StoreError."""

    def __init__(self, engine: sa.Engine, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, test: LoadTest, actor: str) -> str:
        """Keep one that has ended; its id. Users and passwords in the addresses of backends are left out."""
        row = {
            "id": f"l-{secrets.token_hex(4)}",
            "at": self._clock(),
            "actor": actor[:200],
            "domain": test.domains[0] if len(test.domains) == 1 else SEVERAL,
            "result": as_json(test),
            "schema": SCHEMA,
            "domains": f" {' '.join(test.domains)} ",
            "scenario": test.scenario,
            "through": test.through,
            "whole": not test.problem,
        }
        own = LOAD_TESTS.c.domain == row["domain"]
        latest = sa.select(LOAD_TESTS.c.number).where(own).order_by(LOAD_TESTS.c.number.desc()).limit(KEPT)
        with storing("keep the load test"):
            complete_tables(self._engine, METADATA)
            with writing(self._engine) as connection:
                connection.execute(sa.insert(LOAD_TESTS).values(row))
                connection.execute(sa.delete(LOAD_TESTS).where(own, LOAD_TESTS.c.number.not_in(latest)))
        return str(row["id"])

    def latest(
        self,
        limit: int,
        domain: str | None = None,
        *,
        scenario: str | None = None,
        through: str | None = None,
        whole: bool = False,
    ) -> list[KeptLoadTest]:
        """Newest first: of all, or those that include a domain, are of a scenario, went there, have no problem."""
        chosen = sa.select(LOAD_TESTS).where(_OF_THIS_VERSION)
        if domain is not None:
            chosen = chosen.where(LOAD_TESTS.c.domains.contains(f" {domain} ", autoescape=True))
        if scenario is not None:
            chosen = chosen.where(LOAD_TESTS.c.scenario == scenario)
        if through is not None:
            chosen = chosen.where(LOAD_TESTS.c.through == through)
        if whole:
            chosen = chosen.where(LOAD_TESTS.c.whole)
        return self._read(chosen.order_by(LOAD_TESTS.c.number.desc()).limit(limit))

    def of_other_versions(self, domain: str | None = None) -> int:
        """How many rows another version wrote, in a form that this one does not read."""
        other = sa.or_(LOAD_TESTS.c.schema.is_(None), LOAD_TESTS.c.schema != SCHEMA)
        chosen = sa.select(sa.func.count()).select_from(LOAD_TESTS).where(other)
        if domain is not None:
            chosen = chosen.where(LOAD_TESTS.c.domain == domain)
        with storing("read the load tests"):
            complete_tables(self._engine, METADATA)
            with self._engine.connect() as connection:
                return int(connection.execute(chosen).scalar_one())

    def get(self, test_id: str) -> KeptLoadTest | None:
        """The one with that id; None: there is none, it is kept no more, or another version wrote it."""
        chosen = sa.select(LOAD_TESTS).where(_OF_THIS_VERSION, LOAD_TESTS.c.id == test_id)
        return next(iter(self._read(chosen)), None)

    def _read(self, chosen: sa.Select[Any]) -> list[KeptLoadTest]:
        with storing("read the load tests"):
            complete_tables(self._engine, METADATA)
            with self._engine.connect() as connection:
                return [kept(row) for row in connection.execute(chosen).mappings()]


def as_json(test: LoadTest) -> str:
    """A load test as it is kept, under its `schema`, without the user of any address."""
    values = {"schema": SCHEMA, **msgspec.to_builtins(test)}
    return _USER.sub("//", msgspec.json.encode(values).decode())


def kept(row: Mapping[Any, Any]) -> KeptLoadTest:
    """A row of the store with `id`, `at`, `actor` and `result`."""
    test = msgspec.json.decode(str(row["result"]), type=LoadTest)
    return KeptLoadTest(str(row["id"]), msgspec.convert(row["at"], float), str(row["actor"]), test)


def heading_of(one: KeptLoadTest) -> dict[str, Any]:
    """The values of its `LoadHeading`, for one that has more."""
    own = {"id": one.id, "actor": one.actor}
    return own | {name: getattr(one.test, name) for name in LoadHeading.__struct_fields__ if name not in own}


def row_of(test: LoadTest, domain: str | None = None, endpoint: str | None = None) -> LoadEndpoint | None:
    """What a load test found of all, of a domain, or of an endpoint; None where it has nothing of that."""
    if endpoint is not None:
        own = (row for row in test.endpoints if domain in {None, row.domain})
        return next((row for row in own if row.endpoint == endpoint), None)
    if domain is None or test.domains == [domain]:
        return test.overall
    return next((row for row in test.by_domain if row.domain == domain), None)


def time_of(row: LoadEndpoint) -> LoadRatio | None:
    """Modern's time by legacy's, as it was judged; None where too little was measured to know how sure it is.

    An endpoint may be judged only as not slower, by the same ratio. Times never agree to the last digit: an interval
    without a width comes of one pair of blocks.
    """
    asked = row.judged(TIME) or row.judged(NOT_SLOWER)
    found = None if asked is None else asked.measured
    return None if found is None or found.low == found.high else found


def not_shown(n: int) -> str:
    """What is said of so many load tests that another version wrote; empty of none."""
    if not n:
        return ""
    return f"{n} load test{'' if n == 1 else 's'} of another version {'is' if n == 1 else 'are'} not shown"
