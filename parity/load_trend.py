"""Load tests of before: which of them can be put in one line, how modern went along it, and whether it gets worse."""

from collections.abc import Sequence

import msgspec

from parity.load_results import (
    CACHE,
    MET,
    MISSED,
    QUERIES,
    UNDECIDED,
    LoadEndpoint,
    LoadRatio,
    LoadTest,
)
from parity.load_tests import KeptLoadTest, LoadHeading, heading_of, row_of, time_of

BARS = "▁▂▃▄▅▆▇█"


class LoadPoint(LoadHeading, frozen=True):
    """A load test in a history: what it found of all it loaded, of a domain, or of an endpoint.

    Ratios are modern by legacy, `cache` is modern's share of hits, `p95_ms` and `errors` are modern's; None: not
    measured.
    """

    at: float
    machine: str
    version: str
    judgement: str
    time: LoadRatio | None
    queries: LoadRatio | None
    cache: LoadRatio | None
    p95_ms: float | None
    errors: int
    reads: float | None = None


class LoadTrend(msgspec.Struct, frozen=True):
    """Load tests that asked the same on the same machine; `ids` are newest first, `bars` oldest first.

    `says` is `worse` or `better` where the time of the newest is surely another than that of the one before or of the
    oldest, else empty; `than` is the id of that one.
    """

    ids: list[str]
    bars: str
    says: str
    than: str


def history(
    tests: Sequence[KeptLoadTest], domain: str | None = None, endpoint: str | None = None
) -> list[LoadPoint]:
    """Those that found something of it, in their order."""
    rows = ((kept, row_of(kept.test, domain, endpoint)) for kept in tests)
    return [_point(kept, row) for kept, row in rows if row is not None]


def trends(points: Sequence[LoadPoint]) -> list[LoadTrend]:
    """Of points newest first, a trend for all that can be compared: other domains beside it are another load."""
    lines: dict[tuple[object, ...], list[LoadPoint]] = {}
    for point in points:
        asked = (
            point.scenario,
            point.workload,
            point.through,
            point.users,
            point.rate_rps,
            point.reads,
            point.machine,
        )
        lines.setdefault((*asked, *sorted(point.domains)), []).append(point)
    return [_trend(line) for line in lines.values()]


def bars(values: Sequence[float]) -> str:
    """A bar a value, the lowest from the lowest to the highest; all alike are low."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    step = (high - low) / (len(BARS) - 1)
    return "".join(BARS[round((value - low) / step) if step else 0] for value in values)


def _trend(line: Sequence[LoadPoint]) -> LoadTrend:
    timed = [(point.id, point.time) for point in line if point.time is not None and not point.problem]
    drawn = bars([time.value for _, time in reversed(timed)])
    says, than = "", ""
    # two comparisons and no more: among all of before there is always one that looks better by chance
    for test_id, before in (timed[1:2] + timed[-1:]) if len(timed) > 1 else []:
        now = timed[0][1]
        if now.low > before.high or now.high < before.low:
            says, than = ("worse" if now.low > before.high else "better"), test_id
            break
    return LoadTrend([point.id for point in line], drawn, says, than)


def _point(kept: KeptLoadTest, row: LoadEndpoint) -> LoadPoint:
    test = kept.test
    return LoadPoint(
        **heading_of(kept),
        at=kept.at,
        machine=test.machine,
        version=test.version,
        judgement=_judgement(test, row),
        time=time_of(row),
        queries=_measured(row, QUERIES),
        cache=_measured(row, CACHE),
        p95_ms=row.modern.p95_ms,
        errors=row.modern.errors,
        reads=test.reads,
    )


def _judgement(test: LoadTest, row: LoadEndpoint) -> str:
    """Of all that of the run; of a domain or an endpoint what its own measures say."""
    if row is test.overall:
        return test.judgement
    words = {one.judgement for one in row.judgements}
    return next((word for word in (MISSED, UNDECIDED, MET) if word in words), UNDECIDED)


def _measured(row: LoadEndpoint, measure: str) -> LoadRatio | None:
    found = row.judged(measure)
    return None if found is None else found.measured
