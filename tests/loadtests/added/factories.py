"""Timings, slices, tallies and results by hand, valid by default."""

from collections.abc import Iterable, Sequence
from typing import Any

from loadtests.added.result import (
    LEGACY,
    Books,
    Capacity,
    DirectRow,
    FlipMade,
    FlipsFound,
    Mirrored,
    PathMeasured,
    ProxyLoadTest,
    StageRow,
    Tried,
)
from loadtests.added.slices import Slice, Sliced
from loadtests.timings import Timing
from parity.load_results import LoadRatio
from parity.report import Report
from parity.tally import Balance, Tally


def timing(duration_ms: float = 5.0, **changes: Any) -> Timing:
    """A read that was answered as recorded."""
    fields: dict[str, Any] = {
        "endpoint": "GET /v1/escrows",
        "exchange": "list",
        "started_s": 1.0,
        "duration_ms": duration_ms,
        "status": 200,
        "as_recorded": True,
        "refused": False,
        "query_count": 2,
        "db_ms": None,
        "cache": "",
        "late_ms": 0.0,
        "domain": "escrows",
    }
    return Timing(**fields | changes)


def sliced(timings: Iterable[Timing], *, answered: int | None = None, more: Sequence[Timing] = ()) -> Sliced:
    """A slice of one second; `more` was sent outside of its measured time."""
    measured = tuple(timings)
    one = Slice("the legacy backend", "http://127.0.0.1:1", seed=1, measured_s=1.0, users=1, rate_rps=100.0)
    return Sliced(one, measured, (*measured, *more), len(measured) if answered is None else answered)


def report(tally: Tally, **balance: int) -> Report:
    """What a store says that counted so much."""
    mirrored = {"mirrored": tally.mirrored, "outcomes": tally.total}
    return Report(0.0, None, None, tally, Balance(**mirrored | balance), (), ())


def measured(**changes: Any) -> PathMeasured:
    """A path that kept up without a failure."""
    fields: dict[str, Any] = {
        "offered_rps": 100.0,
        "rps": 99.5,
        "requests": 1_200,
        "sent": 1_400,
        "not_sent": 0,
        "failed": 0,
        "unexpected": 0,
        "wrong": {},
        "late": 0.0,
        "p50_ms": 4.0,
        "p90_ms": 7.5,
        "p99_ms": 12.25,
        "keeps_up": True,
    }
    return PathMeasured(**fields | changes)


def mirrored(**changes: Any) -> Mirrored:
    """Everything was mirrored and matched."""
    fields: dict[str, Any] = {
        "requests": 1_400,
        "mirrored": 1_300,
        "compared": 1_290,
        "fell_back": 0,
        "outcomes": {"match": 1_290, "shed": 10},
        "not_mirrored": {"write": 100},
    }
    return Mirrored(**fields | changes)


def stage_row(stage: str = "shadow", backend: str = LEGACY, **changes: Any) -> StageRow:
    """Half a millisecond more at each percentile."""
    fields: dict[str, Any] = {
        "stage": stage,
        "level": 0.5,
        "backend": backend,
        "measured": measured(p50_ms=4.5),
        "added_p50_ms": LoadRatio(0.5, 0.4, 0.6),
        "added_p90_ms": LoadRatio(0.7, 0.5, 0.9),
        "added_p99_ms": LoadRatio(1.5, -1.0, 4.0),
        "served_otherwise": 0,
        "counted": mirrored(),
    }
    return StageRow(**fields | changes)


def result(**changes: Any) -> ProxyLoadTest:
    """A run in which all went well."""
    fields: dict[str, Any] = {
        "domain": "escrows",
        "begun_at": 1_795_000_000.0,
        "ended_at": 1_795_000_300.0,
        "seed": 1,
        "slice_s": 3.0,
        "planned_rounds": 4,
        "rounds": 4,
        "capacities": [Capacity(LEGACY, 200.0, 4, [Tried(2, 150.0, 5.0), Tried(4, 200.0, 9.0)])],
        "direct": [DirectRow(LEGACY, 0.5, measured())],
        "stages": [stage_row()],
        "flips": FlipsFound(
            measured(),
            [FlipMade("shadow", False, 12.0), FlipMade("off", True, 15.5)],
            after_rollback=40,
            by_modern=0,
        ),
        "books": Books(2_800, 2_800, 1_300, {"match": 1_290, "shed": 10}, 0, 0),
        "left_out": {},
        "faults": [],
        "problem": "",
        "machine": "2 cores",
    }
    return ProxyLoadTest(**fields | changes)
