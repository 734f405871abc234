"""Where each guard stands, in the store: what a restart goes on from, and what others are shown."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from parity.database import upsert
from proxy.guard import Measure
from proxy.guard_judge import GuardState, Watched

METADATA = sa.MetaData()

GUARD_STATES = sa.Table(
    "guard_states",
    METADATA,
    sa.Column("domain", sa.String(100), primary_key=True),
    sa.Column("measure", sa.String(40), primary_key=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("since", sa.Double, nullable=False),
    sa.Column("held", sa.Integer, nullable=False),
    sa.Column("notified_at", sa.Double),
    sa.Column("blind_at", sa.Double),
    sa.Column("changed_version", sa.BigInteger, nullable=False),
)
"""One row for each guard that watches now. `changed_version` is the change of the flags that it has watched since."""

Key = tuple[str, Measure]
"""Domain and measure: which guard."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a guard stands, and since which change of its domain's flags (0: none)."""

    watched: Watched
    changed_version: int


def read_states(connection: sa.Connection) -> dict[Key, Kept]:
    """Where the guards stand that watch."""
    found = connection.execute(sa.select(GUARD_STATES))
    return {
        (row.domain, Measure(row.measure)): Kept(
            Watched(GuardState(row.state), row.since, row.held, row.notified_at, row.blind_at),
            row.changed_version,
        )
        for row in found
        if row.measure in set(Measure)
    }


def save_states(connection: sa.Connection, before: Mapping[Key, Kept], after: Mapping[Key, Kept]) -> None:
    """Keep what changed; who does not watch any more has no row."""
    rows = [
        {
            "domain": domain,
            "measure": measure.value,
            "state": kept.watched.state.value,
            "since": kept.watched.since,
            "held": kept.watched.held,
            "notified_at": kept.watched.notified_at,
            "blind_at": kept.watched.blind_at,
            "changed_version": kept.changed_version,
        }
        for (domain, measure), kept in sorted(after.items())
        if before.get((domain, measure)) != kept
    ]
    upsert(
        connection,
        GUARD_STATES,
        rows,
        state="new",
        since="new",
        held="new",
        notified_at="new",
        blind_at="new",
        changed_version="new",
    )
    for domain, measure in before.keys() - after.keys():
        table = GUARD_STATES
        gone = sa.delete(table).where(table.c.domain == domain, table.c.measure == measure.value)
        connection.execute(gone)
