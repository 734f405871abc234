"""What the self-test has found so far: in the store, by endpoint and kind of mutation, and added up for a verdict.

Results hold for the rules that they were got with: where those of an endpoint change, its results begin anew.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from parity.database import create_tables, storing, upsert, writing
from parity.selftest import Fate, ShapeShare, Trial
from parity.tables import METADATA, SELF_TEST_SHARES, SELF_TESTS

MAX_BLAMES = 20


@dataclass(frozen=True, slots=True)
class TrialRow:
    """Trials of one endpoint, of one kind of mutation, that the same thing let pass (`blame` empty: nothing did)."""

    endpoint: str
    domain: str
    kind: str
    blame: str
    tried: int
    caught: int
    by_rule: int
    missed: int
    example: str
    at: float


@dataclass(frozen=True, slots=True)
class ShapeShareRow:
    """Of one endpoint: pairs of answers, the values they held, and those that only a rule of shape looks at."""

    endpoint: str
    domain: str
    pairs: int
    leaves: int
    by_shape: int


@dataclass(frozen=True, slots=True)
class SelfTestState:
    """All trials of a domain added up; `at` is the latest, `blame` what let pass what it should not have."""

    tried: int
    caught: int
    by_rule: int
    missed: int
    at: float
    blame: tuple[str, ...]


def trial_rows(trials: Iterable[Trial], *, at: float) -> list[TrialRow]:
    """Trials counted."""
    counted: dict[tuple[str, str, str, str], list[Trial]] = {}
    for trial in trials:
        counted.setdefault((trial.endpoint, trial.domain, trial.kind.value, trial.blame), []).append(trial)
    return [_counted(alike, at) for _, alike in sorted(counted.items())]


def _counted(alike: Sequence[Trial], at: float) -> TrialRow:
    last = alike[-1]
    return TrialRow(
        endpoint=last.endpoint,
        domain=last.domain,
        kind=last.kind.value,
        blame=last.blame,
        tried=len(alike),
        caught=sum(trial.fate is Fate.CAUGHT for trial in alike),
        by_rule=sum(trial.fate is Fate.BY_RULE for trial in alike),
        missed=sum(trial.fate is Fate.MISSED for trial in alike),
        example=last.example,
        at=at,
    )


def shape_share_rows(shares: Iterable[ShapeShare]) -> list[ShapeShareRow]:
    """The shape shares of pairs added up by endpoint."""
    counted: dict[tuple[str, str], list[ShapeShare]] = {}
    for share in shares:
        counted.setdefault((share.endpoint, share.domain), []).append(share)
    return [
        ShapeShareRow(*key, len(pairs), sum(one.leaves for one in pairs), sum(one.by_shape for one in pairs))
        for key, pairs in sorted(counted.items())
    ]


def record(
    engine: sa.Engine,
    trials: Sequence[Trial],
    shares: Sequence[ShapeShare],
    fingerprints: Mapping[str, str],
    *,
    now: float | None = None,
) -> None:
    """Add to the results; `fingerprints` are those of the rules of each endpoint. Raises StoreError."""
    rows = [
        {**asdict(row), "rules": fingerprints[row.endpoint]}
        for row in trial_rows(trials, at=time.time() if now is None else now)
    ]
    share_rows = [{**asdict(row), "rules": fingerprints[row.endpoint]} for row in shape_share_rows(shares)]
    with storing("record the self-test"), writing(engine) as connection:
        create_tables(connection, METADATA)
        for endpoint, rules in sorted(fingerprints.items()):
            for table in (SELF_TESTS, SELF_TEST_SHARES):
                connection.execute(
                    sa.delete(table).where(table.c.endpoint == endpoint, table.c.rules != rules)
                )
        upsert(
            connection,
            SELF_TESTS,
            rows,
            add=("tried", "caught", "by_rule", "missed"),
            at="max",
            example="new",
            domain="new",
        )
        upsert(connection, SELF_TEST_SHARES, share_rows, add=("pairs", "leaves", "by_shape"), domain="new")


def read(engine: sa.Engine, domain: str | None = None) -> tuple[list[TrialRow], list[ShapeShareRow]]:
    """The results of a domain, or all; none where nothing was tried. Raises StoreError."""
    with storing("read the self-test"), engine.connect() as connection:
        if not sa.inspect(connection).has_table(SELF_TESTS.name):
            return [], []
        return (
            [TrialRow(**row) for row in _rows(connection, SELF_TESTS, domain)],
            [ShapeShareRow(**row) for row in _rows(connection, SELF_TEST_SHARES, domain)],
        )


def _rows(connection: sa.Connection, table: sa.Table, domain: str | None) -> list[dict[str, Any]]:
    columns = [column for column in table.c if column.name != "rules"]
    chosen = sa.select(*columns).order_by(*table.primary_key.columns)
    if domain is not None:
        chosen = chosen.where(table.c.domain == domain)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def state_of(engine: sa.Engine, domain: str) -> SelfTestState | None:
    """How the self-test of a domain stands; None where nothing was tried. Raises StoreError."""
    rows, _ = read(engine, domain)
    return added_up(rows) if rows else None


def added_up(rows: Sequence[TrialRow]) -> SelfTestState:
    """Rows added up; of what let pass what it should not have, what did so most often comes first."""
    missed: dict[str, int] = {}
    for row in rows:
        if row.missed:
            said = f"{row.blame}; {row.endpoint}: {row.example}"
            missed[said] = missed.get(said, 0) + row.missed
    return SelfTestState(
        tried=sum(row.tried for row in rows),
        caught=sum(row.caught for row in rows),
        by_rule=sum(row.by_rule for row in rows),
        missed=sum(row.missed for row in rows),
        at=max((row.at for row in rows), default=0.0),
        blame=tuple(sorted(missed, key=lambda said: -missed[said])[:MAX_BLAMES]),
    )
