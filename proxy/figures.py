"""What a proxy worker served lately, by domain, for whoever watches from another process: told with each heartbeat.

The live path keeps the counts that it keeps anyway (`metrics.py`, `counters.py`); once a second they are added up on
the loop, and a thread writes what is new to the store.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import sqlalchemy as sa

from parity.exchange import Backend, Endpoint
from proxy.flag_rows import PROXY_FIGURES, PROXY_WORKERS

if TYPE_CHECKING:  # who reads figures of a store does not count, and needs no library of metrics
    from proxy.counters import Counters
    from proxy.metrics import Metrics

KEPT_S = 330.0
"""How long rows are kept: the longest window of a guard, and a little."""
_LONGEST_SPAN_S = 10.0


@dataclass(frozen=True, slots=True)
class Served:
    """Requests by the backend that was authoritative, and its errors among them (5xx, no whole answer); copies, and those shed."""

    modern: int = 0
    modern_errors: int = 0
    legacy: int = 0
    legacy_errors: int = 0
    mirrored: int = 0
    shed: int = 0

    def __add__(self, other: "Served") -> "Served":
        return Served(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    def __sub__(self, other: "Served") -> "Served":
        return Served(*(getattr(self, name) - getattr(other, name) for name in NAMES))


NAMES = tuple(field.name for field in fields(Served))
"""The sums, in the order of the columns."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that was served up to `at` (Unix time) since the worker began, by domain."""

    at: float
    domains: dict[str, Served]


def figures_of(
    metrics: "Metrics",
    counters: "Counters",
    endpoints: Sequence[Endpoint],
    *,
    clock: Callable[[], float] = time.time,
) -> Figures:
    """The figures now. On the thread that counts."""
    domain_of = {endpoint.name: endpoint.domain for endpoint in endpoints}
    found: dict[str, dict[str, int]] = {}

    def add(endpoint: str, name: str, n: int) -> None:
        if (domain := domain_of.get(endpoint)) is not None:
            sums = found.setdefault(domain, {})
            sums[name] = sums.get(name, 0) + n

    backends = set(Backend)
    for endpoint, backend, n, errors in metrics.answers():
        if backend in backends:
            add(endpoint, backend, n)
            add(endpoint, f"{backend}_errors", errors)
    for (endpoint, name, _), n in counters.totals().items():
        if name in {"mirrored", "shed"}:
            add(endpoint, name, n)
    return Figures(clock(), {domain: Served(**sums) for domain, sums in found.items()})


class FiguresTeller:
    """Writes what is new since the last time that it was written. On one thread."""

    def __init__(self, worker: str, *, clock: Callable[[], float] = time.time) -> None:
        self._worker = worker
        self._last = Figures(clock(), {})

    def tell(self, figures: Figures, connection: sa.Connection) -> None:
        """In a transaction of the caller, who says afterwards that it was `told`.

        What took longer than any reader would wait is not told: nobody could say when it was.
        """
        last = self._last
        own = PROXY_FIGURES.c.worker == self._worker
        old = own & (PROXY_FIGURES.c.at < figures.at - KEPT_S)
        connection.execute(sa.delete(PROXY_FIGURES).where(old))
        nothing = Served()
        news = (
            (domain, served - last.domains.get(domain, nothing)) for domain, served in figures.domains.items()
        )
        rows = [
            {
                "worker": self._worker,
                "at": figures.at,
                "domain": domain,
                "since": last.at,
                **{name: getattr(new, name) for name in NAMES},
            }
            for domain, new in news
            if new != nothing
        ]
        if rows and figures.at - last.at <= _LONGEST_SPAN_S:
            connection.execute(sa.insert(PROXY_FIGURES), rows)
        told = sa.update(PROXY_WORKERS).where(PROXY_WORKERS.c.id == self._worker)
        connection.execute(told.values(told_at=figures.at))

    def told(self, figures: Figures) -> None:
        """They are in the store; the next ones begin there."""
        self._last = figures


def forget_figures(connection: sa.Connection, now: float) -> None:
    """Remove those of workers that are gone, once nobody looks at them any more."""
    connection.execute(sa.delete(PROXY_FIGURES).where(PROXY_FIGURES.c.at < now - KEPT_S))


def read_served(connection: sa.Connection, since: float, domain: str | None = None) -> dict[str, Served]:
    """What all workers served from that moment on, by domain."""
    table = PROXY_FIGURES
    sums = (sa.func.sum(table.c[name]) for name in NAMES)
    chosen = sa.select(table.c.domain, *sums).where(table.c.since >= since).group_by(table.c.domain)
    if domain is not None:
        chosen = chosen.where(table.c.domain == domain)
    return {str(name): Served(*map(int, found)) for name, *found in connection.execute(chosen)}


def mirrored_up_to(connection: sa.Connection, until: float) -> dict[str, float]:
    """When a request of each domain was mirrored last before that moment (Unix time), of those that are kept."""
    table = PROXY_FIGURES
    chosen = sa.select(table.c.domain, sa.func.max(table.c.since))
    found = connection.execute(
        chosen.where(table.c.mirrored > table.c.shed, table.c.at <= until).group_by(table.c.domain)
    )
    return {str(domain): float(since) for domain, since in found}


def told_at(connection: sa.Connection) -> dict[str, float]:
    """Up to when each proxy worker has told its figures; one that has told nothing yet: when it started."""
    table = PROXY_WORKERS
    chosen = sa.select(table.c.id, sa.func.coalesce(table.c.told_at, table.c.started_at))
    return {str(worker): float(at) for worker, at in connection.execute(chosen)}
