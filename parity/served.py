"""Since when legacy has not been asked for anything of a domain, by the counts of the proxy workers.

What was not counted proves nothing: the time without a proxy worker that reported is a hole, and so is the end of one
that was killed, which may have asked somebody without having said so. The answer is the time since the latest of:
the first report, the end of the last hole, the last request that legacy was asked for.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from parity.counted import LOST_AFTER_S
from parity.database import complete_tables, storing
from parity.exchange import FALLBACK_BEGUN, Backend
from parity.retention import MINUTES_OF, read_removed
from parity.tables import COUNTS, ENDPOINTS, METADATA, RUNS

PAUSE_S = 120.0
"""A shorter time between two proxy workers that said all they had to say is a restart, and no hole."""

_FALLBACKS = (FALLBACK_BEGUN, "fallback")


class HoleKind(StrEnum):
    """Why there is no count."""

    SILENT = "silent"
    """No proxy worker reported."""
    BROKEN_OFF = "broken_off"
    """A proxy worker ended without saying what it counted last."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A time of which is not known who was asked, in Unix seconds; `worker` is the one that broke off."""

    kind: HoleKind
    since: float
    until: float
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """What legacy was asked for at an endpoint: as the authoritative backend, in modern's place, or nobody knows by whom.

    `last_at` is the end of the last such minute, in Unix seconds.
    """

    endpoint: str
    requests: int
    fallbacks: int
    unknown: int
    last_at: float


@dataclass(frozen=True, slots=True)
class Unused:
    """How long legacy has not been asked, as of `at`; `asked_s` is how long it has to be.

    `uses` and `holes` are those of that time, in the order in which they ended; `modern` are the requests that modern
    was asked for in it. `known_since` is None when nobody has reported yet. All times are Unix seconds.
    """

    at: float
    asked_s: float
    known_since: float | None
    since: float | None
    uses: tuple[Use, ...] = ()
    holes: tuple[Hole, ...] = ()
    modern: int = 0

    @property
    def unused_s(self) -> float:
        """How long it is proven that legacy was not asked."""
        return 0.0 if self.since is None else self.at - self.since

    @property
    def is_proven(self) -> bool:
        """Whether that is as long as was asked."""
        return self.since is not None and self.since <= self.at - self.asked_s


@dataclass(frozen=True, slots=True)
class _Run:
    worker: str
    since: float
    seen_at: float
    ended: bool

    def until(self, at: float) -> float:
        is_there = not self.ended and at - self.seen_at <= LOST_AFTER_S
        return at if is_there else self.seen_at

    def is_broken_off(self, at: float) -> bool:
        return not self.ended and at - self.seen_at > LOST_AFTER_S


def read_unused(
    engine: sa.Engine,
    names: Iterable[str],
    *,
    domain: str = "",
    asked_s: float,
    kept_s: float,
    now: float | None = None,
) -> Unused:
    """Read it, of the endpoints of those names and what else was mirrored in that domain ever.

    More than `kept_s` is never proven, for which minutes and runs are kept in the store. Raises StoreError when the database refuses.
    """
    at = time.time() if now is None else now
    with storing("read the store"):
        complete_tables(engine, METADATA)
    with storing("read the store"), engine.connect() as connection:
        runs = _runs(connection)
        names = set(names) | _stored(connection, domain)
        if not runs:
            return Unused(at, asked_s, None, None)
        uses = sorted(_uses(connection, names), key=lambda use: use.last_at)
        modern = _modern(connection, names, at - asked_s)
        recent = _uses(connection, names, at - asked_s)
        # last, so that nothing which was read above has been removed without being known
        removed = [one.before for one in read_removed(connection) if one.what == MINUTES_OF]
    holes = sorted(_holes(runs, at), key=lambda hole: hole.until)
    known_since = max(min(run.since for run in runs), at - kept_s, *removed)
    ends = [known_since, *(hole.until for hole in holes), *(min(use.last_at, at) for use in uses)]
    return Unused(
        at,
        asked_s,
        known_since,
        max(ends),
        tuple(sorted(recent, key=lambda use: use.last_at)),
        tuple(hole for hole in holes if hole.until > at - asked_s),
        modern,
    )


def _runs(connection: sa.Connection) -> list[_Run]:
    chosen = sa.select(RUNS).where(RUNS.c.present_since.is_not(None)).order_by(RUNS.c.present_since)
    return [
        # the name of a run is that of its worker, and what tells it from others
        _Run(row.proxy.rpartition("-")[0], row.present_since, row.seen_at, bool(row.ended))
        for row in connection.execute(chosen)
    ]


def _stored(connection: sa.Connection, domain: str) -> set[str]:
    chosen = sa.select(ENDPOINTS.c.endpoint).where(ENDPOINTS.c.domain == domain)
    return set(connection.execute(chosen).scalars())


def _uses(connection: sa.Connection, names: Iterable[str], since: float = 60.0) -> list[Use]:
    counted = (COUNTS.c.name.in_(_FALLBACKS)) | (
        (COUNTS.c.name == "requests") & (COUNTS.c.reason != Backend.MODERN.value)
    )
    chosen = (
        sa.select(
            COUNTS.c.endpoint,
            COUNTS.c.name,
            COUNTS.c.reason,
            sa.func.sum(COUNTS.c.n).label("n"),
            sa.func.max(COUNTS.c.minute).label("last"),
        )
        .where(COUNTS.c.endpoint.in_(names), COUNTS.c.minute >= int(since // 60), counted)
        .group_by(COUNTS.c.endpoint, COUNTS.c.name, COUNTS.c.reason)
        .order_by(COUNTS.c.endpoint)
    )
    found: dict[str, Use] = {}
    for row in connection.execute(chosen):
        n, last_at = int(row.n), (row.last + 1) * 60.0
        before = found.get(row.endpoint, Use(row.endpoint, 0, 0, 0, 0.0))
        # legacy was asked before it answered: of the two counts of a fallback the larger one is the first
        found[row.endpoint] = Use(
            row.endpoint,
            before.requests + (n if row.reason == Backend.LEGACY.value else 0),
            max(before.fallbacks, n) if row.name in _FALLBACKS else before.fallbacks,
            before.unknown + (n if row.name == "requests" and not row.reason else 0),
            max(before.last_at, last_at),
        )
    return list(found.values())


def _modern(connection: sa.Connection, names: Iterable[str], since: float) -> int:
    chosen = sa.select(sa.func.coalesce(sa.func.sum(COUNTS.c.n), 0)).where(
        COUNTS.c.endpoint.in_(names),
        COUNTS.c.minute >= int(since // 60),
        COUNTS.c.name == "requests",
        COUNTS.c.reason == Backend.MODERN.value,
    )
    return int(connection.execute(chosen).scalar_one())


def _holes(runs: Sequence[_Run], at: float) -> Iterable[Hole]:
    """`runs` are in the order in which they began."""
    known = runs[0].since
    for run in runs:
        if run.since - known > PAUSE_S:
            yield Hole(HoleKind.SILENT, known, run.since)
        known = max(known, run.until(at))
        if run.is_broken_off(at):
            nexts = [one.since for one in runs if one.worker == run.worker and one.since > run.seen_at]
            until = max(run.seen_at + PAUSE_S, min(nexts, default=0.0))
            yield Hole(HoleKind.BROKEN_OFF, run.seen_at, min(until, at), run.worker)
    if at - known > PAUSE_S:
        yield Hole(HoleKind.SILENT, known, at)
