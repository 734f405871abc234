"""Differences that a person accepts, or takes back, with their entry in the ledger: both, or neither."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa

from parity.acceptance_words import scope
from parity.acceptances import accept, withdraw
from parity.accepting import Wish, acceptances_for
from parity.database import complete_tables, storing
from parity.holdings import Declared, read_holdings
from parity.outcome import Acceptance
from parity.tables import METADATA
from proxy.errors import ConflictError
from proxy.flag_rows import Note
from proxy.flag_store import VERSION, FlagStore

_LONGEST_KEY = 300


def accept_groups(
    engine: sa.Engine,
    flags: FlagStore,
    wishes: Sequence[Wish],
    *,
    declared: Declared,
    max_days: int,
    actor: str,
    seen: int | None = None,
    clock: Callable[[], float] = time.time,
) -> tuple[int, list[Acceptance]]:
    """Accept groups from now on, each with an entry in the ledger: all of them or none; the version of the last entry.

    Raises AcceptanceError with everything that is wrong, ConflictError if the ledger has grown since it was `seen`,
    StoreError or FlagStoreError, after which nothing is accepted.
    """
    found = weigh_groups(engine, wishes, declared=declared, max_days=max_days, clock=clock)
    now = clock()

    def adding(acceptance: Acceptance) -> Callable[[sa.Connection], None]:
        return lambda connection: accept(connection, acceptance, by=actor, at=now)

    notes = [Note(_place(one), one.label, adding(one)) for one in found]
    return _note(flags, "accept", notes, actor, seen), found


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


def withdraw_acceptances(
    engine: sa.Engine,
    flags: FlagStore,
    ids: Sequence[str],
    *,
    actor: str,
    reason: str,
    seen: int | None = None,
    clock: Callable[[], float] = time.time,
) -> tuple[int, list[Acceptance]]:
    """Take some of the store back, all of them or none; the version of the last entry. Raises as `accept_groups`."""
    complete_tables(engine, METADATA)
    withdrawn: list[Acceptance] = []

    def withdrawing(name: str) -> Callable[[sa.Connection], None]:
        return lambda connection: withdrawn.append(withdraw(connection, name, at=clock()))

    notes = [Note(name[:100], reason, withdrawing(name)) for name in ids]
    return _note(flags, "unaccept", notes, actor, seen), withdrawn


def _note(flags: FlagStore, action: str, notes: Sequence[Note], actor: str, seen: int | None) -> int:
    """Store and ledger in one transaction; the last entry's version."""
    first, *others = notes

    def apply(connection: sa.Connection) -> None:
        if seen is not None and (connection.scalar(VERSION) or 0) - 1 != seen:
            raise ConflictError("somebody else changed something at the same moment; look again")
        first.apply(connection)

    return flags.note_all(action, [replace(first, apply=apply), *others], actor=actor)[-1].version


def _place(acceptance: Acceptance) -> str:
    return f"{acceptance.id} {scope(acceptance)}, {acceptance.owner} until {acceptance.expires}"[
        :_LONGEST_KEY
    ]
