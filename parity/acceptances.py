"""Accepted differences in the store, beside those of the rules files: added, withdrawn, read by the parity worker.

Who changes them does so in a transaction of the ledger's (`proxy/flag_store.py`), so that none is without its entry.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from parity.database import storing
from parity.errors import AcceptanceError, StoreError
from parity.outcome import Acceptance, Kind
from parity.paths import takes_any
from parity.rules import RuleBook
from parity.tables import ACCEPTANCES

REFRESH_S = 1.0
"""How often a parity worker looks whether acceptances have changed."""


@dataclass(frozen=True, slots=True)
class StoredAcceptance:
    """An acceptance of the store, with who accepted it and when; times are Unix seconds."""

    acceptance: Acceptance
    accepted_at: float
    accepted_by: str
    withdrawn_at: float | None


def accept(connection: sa.Connection, acceptance: Acceptance, *, by: str, at: float) -> None:
    """Add an acceptance to the store."""
    row = {
        "id": acceptance.id,
        "endpoint": acceptance.endpoint,
        "path": acceptance.path,
        "kind": acceptance.kind.value if acceptance.kind else "",
        "shapes": json.dumps(acceptance.shapes),
        "reason": acceptance.reason,
        "owner": acceptance.owner,
        "expires": acceptance.expires.isoformat(),
        "quirk": acceptance.quirk,
        "ticket": acceptance.ticket,
        "accepted_at": at,
        "accepted_by": by,
        "withdrawn_at": None,
    }
    connection.execute(sa.insert(ACCEPTANCES).values(row))


def withdraw(connection: sa.Connection, acceptance_id: str, *, at: float) -> Acceptance:
    """From now on it does not hold any more; raises AcceptanceError when it is not there or does not hold already."""
    found = {row.acceptance.id: row for row in stored_acceptances(connection)}
    if acceptance_id not in found:
        raise AcceptanceError(
            f"acceptance {acceptance_id!r}: expected one of the store, such as a-3f9c0a77 (crossfade parity acceptances);"
            " one of a rules file is removed there"
        )
    if found[acceptance_id].withdrawn_at is not None:
        raise AcceptanceError(f"acceptance {acceptance_id} was withdrawn already")
    connection.execute(
        sa.update(ACCEPTANCES).where(ACCEPTANCES.c.id == acceptance_id).values(withdrawn_at=at)
    )
    return found[acceptance_id].acceptance


def stored_acceptances(connection: sa.Connection) -> list[StoredAcceptance]:
    """All of the store, the withdrawn ones too, in the order in which they were accepted."""
    chosen = sa.select(ACCEPTANCES).order_by(ACCEPTANCES.c.accepted_at, ACCEPTANCES.c.id)
    return [_stored(row) for row in connection.execute(chosen)]


def acceptances_changed_at(engine: sa.Engine, endpoints: Iterable[str]) -> float | None:
    """When a difference at any of these endpoints was accepted or withdrawn last (Unix seconds); None: never.

    Raises StoreError when the database refuses.
    """
    names = list(endpoints)
    with storing("read the store"), engine.connect() as connection:
        if not sa.inspect(connection).has_table(ACCEPTANCES.name):
            return None
        times = [
            max(row.accepted_at, row.withdrawn_at or 0.0)
            for row in stored_acceptances(connection)
            if takes_any(row.acceptance.endpoint, names)
        ]
    return max(times, default=None)


def _stored(row: sa.Row[Any]) -> StoredAcceptance:
    acceptance = Acceptance(
        id=row.id,
        endpoint=row.endpoint,
        path=row.path,
        kind=Kind(row.kind) if row.kind else None,
        shapes=tuple((legacy, modern) for legacy, modern in json.loads(row.shapes)),
        reason=row.reason,
        owner=row.owner,
        expires=date.fromisoformat(row.expires),
        quirk=row.quirk,
        ticket=row.ticket,
    )
    return StoredAcceptance(acceptance, row.accepted_at, row.accepted_by, row.withdrawn_at)


class AcceptanceBook:
    """The acceptances of the store as a parity worker holds them: looked after every second, read when they changed.

    Used in one thread. While the store refuses, those that were read last hold.
    """

    def __init__(self, engine: sa.Engine, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._looked_at: float | None = None
        self._revision: tuple[int, int] | None = None
        self._acceptances: Sequence[Acceptance] = ()
        self._books: tuple[RuleBook, RuleBook] | None = None

    def over(self, book: RuleBook) -> RuleBook:
        """The rule book with these behind its own."""
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= REFRESH_S:
            self._looked_at = now
            self._look()
        if self._books is None or self._books[0] is not book:
            self._books = (book, book.with_acceptances(self._acceptances))
        return self._books[1]

    def _look(self) -> None:
        # neither number ever falls, and every change raises one: no clock is trusted
        revision = sa.select(sa.func.count(), sa.func.count(ACCEPTANCES.c.withdrawn_at)).select_from(
            ACCEPTANCES
        )
        try:
            with storing("read the acceptances"), self._engine.connect() as connection:
                added, withdrawn = connection.execute(revision).one()
                if (added, withdrawn) == self._revision:
                    return
                rows = stored_acceptances(connection)
        except StoreError:
            self._looked_at = None
            return
        self._revision = (added, withdrawn)
        self._acceptances = [row.acceptance for row in rows if row.withdrawn_at is None]
        self._books = None
