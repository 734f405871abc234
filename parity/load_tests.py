"""Results of `crossfade loadtest` in the store: the latest of each domain, for whoever looks at them later."""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from parity.database import complete_tables, storing, writing

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
)
"""A row a load test, in the order in which they ended (`at`, Unix seconds); `result` is a `LoadTest` as JSON."""

KEPT = 50
"""Load tests of each domain that stay; an older one goes when another comes."""
_USER = re.compile(r"//[^/@\s]*@")


class LoadRatio(msgspec.Struct, frozen=True):
    """Modern by legacy, with its 95 % interval."""

    value: float
    low: float
    high: float


class LoadJudgement(msgspec.Struct, frozen=True):
    """What a ratio says of its target: `pass`, `fail` or `undecided`; without a ratio there was too little."""

    ratio: LoadRatio | None
    judgement: str


class LoadSide(msgspec.Struct, frozen=True):
    """One backend: times and queries per request of those that were `judged`, the share that was sent `late`."""

    requests: int
    judged: int
    errors: int
    late: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    queries: float | None


class LoadEndpoint(msgspec.Struct, frozen=True):
    """Both sides at one endpoint, or at all together, and what is judged of them."""

    endpoint: str
    legacy: LoadSide
    modern: LoadSide
    time: LoadJudgement
    queries: LoadJudgement


class LoadTest(msgspec.Struct, frozen=True):
    """What `crossfade loadtest --json` prints but for the blocks. With a `problem` it is partial, and has not passed."""

    domain: str
    users: int
    duration_s: float
    pace_s: float
    seed: int
    passed: bool
    problem: str
    targets: dict[str, float]
    endpoints: list[LoadEndpoint]
    overall: LoadEndpoint
    left_out: dict[str, str]
    notes: list[str]


class KeptLoadTest(msgspec.Struct, frozen=True):
    """One of the store: when it ended (`at`, Unix seconds), and who ran it."""

    id: str
    at: float
    actor: str
    test: LoadTest


class LoadTests:
    """Those of the store. Raises StoreError."""

    def __init__(self, engine: sa.Engine, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, test: LoadTest, actor: str) -> str:
        """Keep one that has ended; its id. Users and passwords in the addresses of backends are left out."""
        told = msgspec.structs.replace(
            test,
            problem=_USER.sub("//", test.problem),
            notes=[_USER.sub("//", note) for note in test.notes],
        )
        row = {
            "id": f"l-{secrets.token_hex(4)}",
            "at": self._clock(),
            "actor": actor[:200],
            "domain": test.domain,
            "result": msgspec.json.encode(told).decode(),
        }
        own = LOAD_TESTS.c.domain == test.domain
        latest = sa.select(LOAD_TESTS.c.number).where(own).order_by(LOAD_TESTS.c.number.desc()).limit(KEPT)
        with storing("keep the load test"):
            complete_tables(self._engine, METADATA)
            with writing(self._engine) as connection:
                connection.execute(sa.insert(LOAD_TESTS).values(row))
                connection.execute(sa.delete(LOAD_TESTS).where(own, LOAD_TESTS.c.number.not_in(latest)))
        return str(row["id"])

    def latest(self, limit: int, domain: str | None = None) -> list[KeptLoadTest]:
        """Newest first, of a domain or of all."""
        chosen = sa.select(LOAD_TESTS).order_by(LOAD_TESTS.c.number.desc()).limit(limit)
        return self._read(chosen if domain is None else chosen.where(LOAD_TESTS.c.domain == domain))

    def get(self, test_id: str) -> KeptLoadTest | None:
        """The one with that id; None: there is none, or it is kept no more."""
        return next(iter(self._read(sa.select(LOAD_TESTS).where(LOAD_TESTS.c.id == test_id))), None)

    def _read(self, chosen: sa.Select[Any]) -> list[KeptLoadTest]:
        with storing("read the load tests"):
            complete_tables(self._engine, METADATA)
            with self._engine.connect() as connection:
                return [_kept(row) for row in connection.execute(chosen).mappings()]


def _kept(row: Mapping[Any, Any]) -> KeptLoadTest:
    test = msgspec.json.decode(str(row["result"]), type=LoadTest)
    return KeptLoadTest(str(row["id"]), msgspec.convert(row["at"], float), str(row["actor"]), test)
