"""The verdict: may this domain advance, by everything that was compared since something changed.

`ready`, `not yet` with what is missing, or `no` with what is wrong. The verdict of an endpoint asks the same of the
endpoint alone; that of the domain pools its endpoints, and asks besides that the books balance, that the self-test has
passed, and that no load test speaks against it.
"""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from parity.conditions import Condition, Standing, books
from parity.counted import Reading, reading
from parity.coverage import Coverage, Requirement, cover, requirements
from parity.evidence import Evidence, read_evidence
from parity.exchange import Endpoint
from parity.load_condition import load_test as load_test_condition
from parity.load_tests import KeptLoadTest
from parity.ratios import CountSums, LogSums, Ratio
from parity.report import GroupRow, Report, read_report
from parity.retention import minutes_removed_before
from parity.tally import Balance, Tally
from parity.verdict_conditions import Grounds, MismatchRate, SelfTested, weigh
from parity.verdict_conditions import (
    self_test as self_test_condition,
)
from parity.verdict_limits import MAX_FLEETING_SHARE, VerdictLimits
from parity.verdict_summary import Lack, VerdictSummary

SCHEMA = "crossfade.parity-verdict/1"
SCHEMA_OF_SEVERAL = "crossfade.parity-verdicts/1"
LARGEST = 3
"""Open groups that a verdict names."""


class Readiness(StrEnum):
    """The verdict in a word."""

    READY = "ready"
    NOT_YET = "not yet"
    """Something is missing: more comparisons, other requests, a self-test."""
    NO = "no"
    """Something is wrong, and waiting will not change it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a domain or an endpoint is judged by, with the conditions that it meets or not."""

    name: str
    grounds: Grounds
    rate: MismatchRate
    latency: Ratio | None
    queries: Ratio | None
    conditions: tuple[Condition, ...]

    @property
    def readiness(self) -> Readiness:
        """`no` as soon as anything is wrong, else `not yet` as long as anything is missing."""
        standings = {condition.standing for condition in self.conditions}
        if Standing.WRONG in standings:
            return Readiness.NO
        return Readiness.NOT_YET if Standing.MISSING in standings else Readiness.READY

    def standing(self, standing: Standing) -> list[Condition]:
        """The conditions that stand so."""
        return [condition for condition in self.conditions if condition.standing is standing]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "verdict": self.readiness.value,
            "missing": [condition.to_json() for condition in self.standing(Standing.MISSING)],
            "wrong": [condition.to_json() for condition in self.standing(Standing.WRONG)],
            "conditions": [condition.to_json() for condition in self.conditions],
            "rate": self.rate.to_json(),
            "latency": None if self.latency is None else asdict(self.latency),
            "queries": None if self.queries is None else asdict(self.queries),
            "failed": self.grounds.failed.to_json(),
            "shed": self.grounds.shed.to_json(),
            "open_groups": len(self.grounds.open_groups),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one domain, over the comparisons from `since` (Unix seconds; None: ever) to `generated_at`."""

    generated_at: float
    since: float | None
    limits: VerdictLimits
    domain: Judged
    endpoints: tuple[Judged, ...]
    balance: Balance
    self_test: SelfTested | None = None

    @property
    def readiness(self) -> Readiness:
        """That of the domain."""
        return self.domain.readiness

    @property
    def is_ready(self) -> bool:
        """Whether the domain may advance."""
        return self.readiness is Readiness.READY

    @property
    def summary(self) -> VerdictSummary:
        """It in short."""
        missing, wrong = (
            tuple(Lack(one.name, one.text) for one in self.domain.standing(standing))
            for standing in (Standing.MISSING, Standing.WRONG)
        )
        return VerdictSummary(self.domain.name, self.readiness.value, self.since, missing, wrong)

    def to_json(self) -> dict[str, Any]:
        """JSON values; `SCHEMA` is the version of their form."""
        state = self.self_test
        return {
            "domain": self.domain.name,
            "generated_at": self.generated_at,
            "since": self.since,
            **self.domain.to_json(),
            "limits": asdict(self.limits),
            "coverage": _coverage_json(self.domain.grounds.coverage),
            "largest_groups": [_group_json(group) for group in self.domain.grounds.open_groups[:LARGEST]],
            "balance": {
                **asdict(self.balance),
                "off_by": self.balance.off_by,
                "balanced": self.balance.balanced,
            },
            "self_test": None
            if state is None
            else {
                "tried": state.tried,
                "caught": state.caught,
                "missed": state.missed,
                "at": state.at,
                "blame": list(state.blame),
            },
            "endpoints": [{"endpoint": row.name, **row.to_json()} for row in self.endpoints],
        }


def build_verdict(
    engine: sa.Engine,
    domain: str,
    endpoints: Iterable[Endpoint],
    *,
    limits: VerdictLimits | None = None,
    cells: Iterable[Requirement] = (),
    since: float | None = None,
    self_test: SelfTested | None = None,
    load_test: KeptLoadTest | None = None,
    max_fleeting_share: float = MAX_FLEETING_SHARE,
    now: float | None = None,
) -> Verdict:
    """Judge a domain; raises StoreError when the database refuses.

    What counts are the whole minutes from `since` (Unix seconds) on: the time of the last change that can have changed
    an answer or how it is compared. It must not be chosen by what was found. `cells` are required besides the success
    of every endpoint; `load_test` is the one that decides about the domain; `max_fleeting_share` is from where on a path comes and goes.
    """
    (found,) = build_verdicts(
        engine,
        {domain: since},
        endpoints,
        limits=limits,
        cells=cells,
        self_tests={domain: self_test},
        load_tests={domain: load_test},
        max_fleeting_share=max_fleeting_share,
        now=now,
    )
    return found


def build_verdicts(
    engine: sa.Engine,
    since: Mapping[str, float | None],
    endpoints: Iterable[Endpoint],
    *,
    limits: VerdictLimits | None = None,
    cells: Iterable[Requirement] = (),
    self_tests: Mapping[str, SelfTested | None],
    load_tests: Mapping[str, KeptLoadTest | None] | None = None,
    max_fleeting_share: float = MAX_FLEETING_SHARE,
    now: float | None = None,
) -> list[Verdict]:
    """Judge several domains by one state of the store, each since its own time; otherwise as `build_verdict`."""
    at = time.time() if now is None else now
    rows, extra = tuple(endpoints), tuple(cells)
    with reading(engine) as store:
        return [
            _verdict(
                store,
                domain,
                rows,
                limits or VerdictLimits(),
                extra,
                begins,
                self_tests[domain],
                (load_tests or {}).get(domain),
                max_fleeting_share,
                at,
            )
            for domain, begins in since.items()
        ]


def _verdict(
    store: Reading | None,
    domain: str,
    endpoints: Sequence[Endpoint],
    limits: VerdictLimits,
    cells: Sequence[Requirement],
    since: float | None,
    self_test: SelfTested | None,
    load_test: KeptLoadTest | None,
    max_fleeting_share: float,
    at: float,
) -> Verdict:
    own = [endpoint for endpoint in endpoints if endpoint.domain == domain]
    names = {endpoint.name for endpoint in own}
    required = requirements(
        own, (one for one in cells if one.endpoint in names), writes=limits.require_writes
    )
    removed = None if store is None else minutes_removed_before(store.connection)
    if removed is not None:
        since = max(since or 0.0, removed)  # the verdict says where it begins
    minute = 0 if since is None else math.ceil(since / 60)
    # half a second into that minute, so that no rounding reaches the one before
    since_s = None if since is None else at - (minute * 60 + 0.5)
    if store is None:
        report = Report(at, since_s, domain, Tally(), Balance(), (), ())
    else:
        report = read_report(
            store,
            at,
            since_s=since_s,
            domain=domain,
            endpoints=own,
            holdings=None,
            max_fleeting_share=max_fleeting_share,
        )
    seen = {row.endpoint for row in report.endpoints if row.tally.compared}
    named = sorted({one.endpoint for one in required} | seen, key=_by_path)
    evidence = Evidence() if store is None else read_evidence(store, minute=minute, now=at, names=named)
    coverage = cover(evidence.cells, required, least=limits.min_per_cell)
    judged_domain = _judged(
        domain,
        _pooled(report, evidence, named, coverage),
        limits,
        (
            books(report.balance),
            self_test_condition(self_test, required=limits.require_self_test),
            load_test_condition(load_test, domain, limits, now=at),
        ),
    )
    return Verdict(
        at,
        None if since is None else minute * 60.0,
        limits,
        judged_domain,
        tuple(_judged(name, _of_endpoint(name, report, evidence, coverage), limits) for name in named),
        report.balance,
        self_test,
    )


def _judged(
    name: str, grounds: Grounds, limits: VerdictLimits, more: Sequence[Condition | None] = ()
) -> Judged:
    return Judged(
        name,
        grounds,
        grounds.rate(limits),
        grounds.durations.ratio(limits.confidence),
        grounds.queries.ratio(limits.confidence),
        (*weigh(grounds, limits), *(condition for condition in more if condition is not None)),
    )


def _pooled(report: Report, evidence: Evidence, names: Sequence[str], coverage: Coverage) -> Grounds:
    return Grounds(
        report.tally,
        report.open_groups,
        coverage,
        sum((evidence.durations.get(name, LogSums()) for name in names), LogSums()),
        sum((evidence.queries.get(name, CountSums()) for name in names), CountSums()),
        sum(evidence.recent.get(name, 0) for name in names),
        evidence.recent_s,
        report.fleeting,
    )


def _of_endpoint(name: str, report: Report, evidence: Evidence, coverage: Coverage) -> Grounds:
    tallies = [row.tally for row in report.endpoints if row.endpoint == name]
    own = Grounds(
        open_groups=tuple(group for group in report.open_groups if group.endpoint == name),
        coverage=coverage.of(name),
        durations=evidence.durations.get(name, LogSums()),
        queries=evidence.queries.get(name, CountSums()),
        recent=evidence.recent.get(name, 0),
        recent_s=evidence.recent_s,
        fleeting=tuple(path for path in report.fleeting if path.endpoint == name),
    )
    return own if not tallies else replace(own, tally=tallies[0])


def _by_path(endpoint: str) -> tuple[str, str]:
    method, _, path = endpoint.partition(" ")
    return path, method


def _coverage_json(coverage: Coverage) -> dict[str, Any]:
    return {
        "least": coverage.least,
        "cells": [{**asdict(cell), "n": n} for cell, n in coverage.cells],
        "required": [{**asdict(one), "n": n, "met": n >= coverage.least} for one, n in coverage.required],
    }


def _group_json(group: GroupRow) -> dict[str, Any]:
    names = ("id", "endpoint", "path", "kind", "n", "share")
    return {name: getattr(group, name) for name in names}
