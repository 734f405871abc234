"""Differences that a person accepts, or takes back, with their entry in the ledger: both, or neither."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from parity.acceptance_words import scope
from parity.acceptances import accept, withdraw
from parity.accepting import Wish, acceptances_for
from parity.database import complete_tables, storing
from parity.holdings import Declared, read_holdings
from parity.outcome import Acceptance
from parity.tables import METADATA
from proxy.flag_rows import Change, Note
from proxy.flag_store import FlagStore

_LONGEST_KEY = 300


def accept_groups(
    engine: sa.Engine,
    flags: FlagStore,
    wishes: Sequence[Wish],
    *,
    declared: Declared,
    max_days: int,
    actor: str,
    clock: Callable[[], float] = time.time,
) -> tuple[int, list[Acceptance]]:
    """Accept groups from now on, each with an entry in the ledger: all of them or none; the version of the last entry.

    Raises AcceptanceError with everything that is wrong, StoreError or FlagStoreError, after which nothing is accepted.
    """
    found = weigh_groups(engine, wishes, declared=declared, max_days=max_days, clock=clock)
    now = clock()

    def adding(acceptance: Acceptance) -> Callable[[sa.Connection], None]:
        return lambda connection: accept(connection, acceptance, by=actor, at=now)

    notes = [Note(_place(one), one.label, adding(one)) for one in found]
    return flags.note_all("accept", notes, actor=actor)[-1].version, found


def weigh_groups(
    engine: sa.Engine,
    wishes: Sequence[Wish],
    *,
    declared: Declared,
    max_days: int,
    clock: Callable[[], float] = time.time,
) -> list[Acceptance]:
    """What accepting groups would accept, while nothing is changed; raises as `accept_groups`."""
    complete_tables(engine, METADATA)
    today = datetime.fromtimestamp(clock(), UTC).date()
    with storing("read the groups"), engine.connect() as connection:
        return acceptances_for(
            connection,
            wishes,
            present=read_holdings(connection, declared, today).present,
            today=today,
            max_days=max_days,
        )


def withdraw_acceptance(
    engine: sa.Engine,
    flags: FlagStore,
    acceptance_id: str,
    *,
    actor: str,
    reason: str,
    clock: Callable[[], float] = time.time,
) -> tuple[Change, Acceptance]:
    """Take one of the store back; raises AcceptanceError, StoreError or FlagStoreError."""
    complete_tables(engine, METADATA)
    withdrawn: list[Acceptance] = []
    change = flags.note(
        "unaccept",
        acceptance_id[:100],
        actor=actor,
        reason=reason,
        apply=lambda connection: withdrawn.append(withdraw(connection, acceptance_id, at=clock())),
    )
    return change, withdrawn[0]


def _place(acceptance: Acceptance) -> str:
    return f"{acceptance.id} {scope(acceptance)}, {acceptance.owner} until {acceptance.expires}"[
        :_LONGEST_KEY
    ]
