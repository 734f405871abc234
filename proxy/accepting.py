"""Differences that a person accepts, or takes back, with their entry in the ledger: both, or neither."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from parity.acceptance_words import scope
from parity.acceptances import accept, withdraw
from parity.accepting import Wish, acceptance_for, group_of
from parity.database import complete_tables, storing
from parity.holdings import Declared, read_holdings
from parity.outcome import Acceptance
from parity.tables import METADATA
from proxy.flag_rows import Change
from proxy.flag_store import FlagStore

_LONGEST_KEY = 300


def accept_group(
    engine: sa.Engine,
    flags: FlagStore,
    wish: Wish,
    *,
    declared: Declared,
    max_days: int,
    actor: str,
    clock: Callable[[], float] = time.time,
) -> tuple[Change, Acceptance, dict[str, Any]]:
    """Accept a group from now on; the entry, the acceptance, and the row of the group.

    Raises AcceptanceError, StoreError or FlagStoreError, after which nothing is accepted.
    """
    complete_tables(engine, METADATA)
    now = clock()
    today = datetime.fromtimestamp(now, UTC).date()
    with storing("read the groups"), engine.connect() as connection:
        group = group_of(connection, wish.group)
        acceptance = acceptance_for(
            connection,
            wish,
            present=read_holdings(connection, declared, today).present,
            today=today,
            max_days=max_days,
        )
    place = f"{acceptance.id} {scope(acceptance)}, {acceptance.owner} until {acceptance.expires}"
    change = flags.note(
        "accept",
        place[:_LONGEST_KEY],
        actor=actor,
        reason=acceptance.label,
        apply=lambda connection: accept(connection, acceptance, by=actor, at=now),
    )
    return change, acceptance, group


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
