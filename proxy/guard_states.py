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
    sa.Column("consequence", sa.String(20)),
)
"""One row for each guard that watches now. `changed_version` is the change of the flags that it has watched since.

`consequence` is what a breach comes to (empty in rows of earlier versions).
"""

GUARD_BREACHES = sa.Table(
    "guard_breaches",
    METADATA,
    sa.Column("domain", sa.String(100), primary_key=True),
    sa.Column("measure", sa.String(40), primary_key=True),
    sa.Column("consequence", sa.String(20), primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
)
"""How often each guard came to be breached, by what that came to; counted once a breach, with the state."""

LEASE = "guards"
"""The lease of the process that looks after the guards."""

Key = tuple[str, Measure]
"""Domain and measure: which guard."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a guard stands, since which change of its domain's flags (0: none), and what a breach comes to."""

    watched: Watched
    changed_version: int
    consequence: str = ""


def read_states(connection: sa.Connection) -> dict[Key, Kept]:
    """Where the guards stand that watch."""
    found = connection.execute(sa.select(GUARD_STATES))
    return {
        (row.domain, Measure(row.measure)): Kept(
            Watched(GuardState(row.state), row.since, row.held, row.notified_at, row.blind_at),
            row.changed_version,
            row.consequence or "",
        )
        for row in found
        if row.measure in set(Measure)
    }


def save_states(connection: sa.Connection, before: Mapping[Key, Kept], after: Mapping[Key, Kept]) -> None:
    """Keep what changed, and count who came to be breached; who does not watch any more has no row."""
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
            "consequence": kept.consequence,
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
        consequence="new",
    )
    breaches = [
        {"domain": domain, "measure": measure.value, "consequence": kept.consequence, "n": 1}
        for (domain, measure), kept in sorted(after.items())
        if _begins_breach(before.get((domain, measure)), kept)
    ]
    upsert(connection, GUARD_BREACHES, breaches, add=("n",))
    for domain, measure in before.keys() - after.keys():
        table = GUARD_STATES
        gone = sa.delete(table).where(table.c.domain == domain, table.c.measure == measure.value)
        connection.execute(gone)


def _begins_breach(was: Kept | None, now: Kept) -> bool:
    """Whether a guard comes to be breached; one that was so under other flags does again."""
    if now.watched.state is not GuardState.BREACHED:
        return False
    return (
        was is None
        or was.watched.state is not GuardState.BREACHED
        or was.changed_version != now.changed_version
    )
