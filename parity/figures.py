"""What came of mirrored requests in the last minutes, by domain and second: for guards, to whom a whole minute is late.

It is counted under the second in which the request came, so that nothing that was asked before a change counts after it.
"""

from collections.abc import Callable, Sequence
from operator import add
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import asdict, astuple

from parity.completing import Shed
from parity.database import upsert
from parity.evidence import DECIDED
from parity.exchange import Capture, Exchange
from parity.outcome import Comparison, Outcome
from parity.tables import FIGURES

KEPT_S = 330.0
"""How long they are kept: the longest window of a guard, and a little."""


class Compared(msgspec.Struct, frozen=True):
    """Outcomes; those that say whether the backends agree, mismatches among them; those that were shed.

    `pairs` are reads that both backends answered, with the sums of both sides' seconds; `query_pairs` are those where
    both said their query count, with the sums of these.
    """

    outcomes: int = 0
    decided: int = 0
    mismatches: int = 0
    shed: int = 0
    pairs: int = 0
    legacy_s: float = 0.0
    modern_s: float = 0.0
    query_pairs: int = 0
    legacy_queries: int = 0
    modern_queries: int = 0

    def __add__(self, other: "Compared") -> "Compared":
        return Compared(*map(add, astuple(self), astuple(other)))


NAMES = Compared.__struct_fields__
"""The sums, in the order of the columns."""
# PostgreSQL adds up big integers to decimals
_KINDS: tuple[Callable[[Any], Any], ...] = tuple(float if name.endswith("_s") else int for name in NAMES)


def add_figures(
    connection: sa.Connection,
    captures: Sequence[Capture],
    completed: Sequence[Exchange | Shed],
    comparisons: Sequence[Comparison],
    at: float,
) -> None:
    """Add what one batch came to, in its transaction. What is older than anybody looks at is left out."""
    sums: dict[tuple[int, str], Compared] = {}
    for capture, found, comparison in zip(captures, completed, comparisons, strict=True):
        second = int(min(capture.at, at))
        if second >= at - KEPT_S:
            key = (second, capture.domain)
            sums[key] = sums.get(key, Compared()) + _one(found, comparison)
    rows = [
        {"second": second, "domain": domain, **asdict(one)}
        # always in one order, so that two workers cannot wait for each other's rows
        for (second, domain), one in sorted(sums.items())
    ]
    upsert(connection, FIGURES, rows, add=NAMES)


def _one(found: Exchange | Shed, comparison: Comparison) -> Compared:
    decided = comparison.outcome in DECIDED
    counted = Compared(
        outcomes=1,
        decided=int(decided),
        mismatches=int(comparison.outcome is Outcome.MISMATCH),
        shed=int(comparison.outcome is Outcome.SHED),
    )
    # the reads of a write check tell nothing of what the write costs
    if isinstance(found, Shed) or not found.is_answered or found.check:
        return counted
    legacy, modern = found.legacy.query_count, found.modern.query_count
    pair = Compared(pairs=1, legacy_s=found.legacy.duration_s, modern_s=found.modern.duration_s)
    if legacy is not None and modern is not None:
        pair += Compared(query_pairs=1, legacy_queries=legacy, modern_queries=modern)
    return counted + pair


def read_compared(connection: sa.Connection, since: float, domain: str | None = None) -> dict[str, Compared]:
    """What came of the requests from that moment on, in whole seconds, by domain."""
    sums = (sa.func.sum(FIGURES.c[name]) for name in NAMES)
    chosen = sa.select(FIGURES.c.domain, *sums).where(FIGURES.c.second >= since).group_by(FIGURES.c.domain)
    if domain is not None:
        chosen = chosen.where(FIGURES.c.domain == domain)
    return {
        str(name): Compared(*(_KINDS[place](n) for place, n in enumerate(found)))
        for name, *found in connection.execute(chosen)
    }


def compared_up_to(connection: sa.Connection) -> dict[str, float]:
    """When the latest request of each domain came that has an outcome (Unix time), of those that are kept."""
    chosen = sa.select(FIGURES.c.domain, sa.func.max(FIGURES.c.second)).group_by(FIGURES.c.domain)
    return {str(domain): float(second) for domain, second in connection.execute(chosen)}


def forget_figures(connection: sa.Connection, now: float) -> None:
    """Remove what nobody looks at any more."""
    connection.execute(sa.delete(FIGURES).where(FIGURES.c.second < now - KEPT_S))
