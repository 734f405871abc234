"""Several acceptances at once, or several withdrawn, in the store and in its ledger: all of them or none.

Who gives `since_version` may ask again when the answer was lost: what was made so since then is told, and not made anew.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa

from cli.context import Context
from parity.acceptance_words import scope
from parity.acceptances import accept, stored_acceptances, withdraw
from parity.accepting import Wish, acceptances_for
from parity.database import complete_tables, storing
from parity.holdings import read_holdings
from parity.outcome import Acceptance
from parity.tables import METADATA
from proxy.errors import ConflictError
from proxy.flag_rows import Note
from proxy.flag_store import VERSION
from proxy.operations import AcceptedNow

_LEDGER = 10_000


def accept_all(
    context: Context,
    actor: str,
    wishes: Sequence[Wish],
    *,
    dry_run: bool,
    since_version: int | None = None,
) -> AcceptedNow:
    """Accept these groups, or say what would be accepted: then ids are empty. Raises AcceptanceError with every fault."""
    complete_tables(context.engine, METADATA)
    if dry_run:
        return AcceptedNow(None, tuple(replace(one, id="") for one in _acceptances(context, wishes)))
    wanted = {(one.reason, one.owner, one.expires, one.quirk, one.ticket) for one in wishes}

    def is_made(one: Acceptance) -> bool:
        return (one.reason, one.owner, one.expires, one.quirk, one.ticket) in wanted

    def adding(acceptance: Acceptance) -> Callable[[sa.Connection], None]:
        return lambda connection: accept(connection, acceptance, by=actor, at=time.time())

    def make(seen: int | None) -> AcceptedNow:
        found = _acceptances(context, wishes)
        notes = [Note(_place(one), one.label, adding(one)) for one in found]
        return AcceptedNow(_note(context, actor, "accept", notes, seen), tuple(found))

    return _once(context, actor, "accept", make, is_made, since_version)


def withdraw_all(
    context: Context, actor: str, ids: Sequence[str], reason: str, *, since_version: int | None = None
) -> AcceptedNow:
    """Withdraw these acceptances of the store. Raises AcceptanceError."""
    complete_tables(context.engine, METADATA)
    names = list(dict.fromkeys(ids))

    def make(seen: int | None) -> AcceptedNow:
        withdrawn: list[Acceptance] = []

        def withdrawing(name: str) -> Callable[[sa.Connection], None]:
            return lambda connection: withdrawn.append(withdraw(connection, name, at=time.time()))

        notes = [Note(name[:100], reason, withdrawing(name)) for name in names]
        return AcceptedNow(_note(context, actor, "unaccept", notes, seen), tuple(withdrawn))

    return _once(context, actor, "unaccept", make, lambda one: one.id in names, since_version)


def _acceptances(context: Context, wishes: Sequence[Wish]) -> list[Acceptance]:
    today = datetime.now(UTC).date()
    with storing("read the groups"), context.engine.connect() as connection:
        return acceptances_for(
            connection,
            wishes,
            present=read_holdings(connection, context.declared(), today).present,
            today=today,
            max_days=context.settings.parity.max_acceptance_days,
        )


def _once(
    context: Context,
    actor: str,
    action: str,
    make: Callable[[int | None], AcceptedNow],
    is_made: Callable[[Acceptance], bool],
    since: int | None,
) -> AcceptedNow:
    if since is None:
        return make(None)
    while True:
        seen = context.flags.version()
        entries = [
            one
            for one in context.flags.history(min(_LEDGER, seen - since))
            if one.version > since and (one.action, one.actor) == (action, actor)
        ]
        ids = {one.key.partition(" ")[0] for one in entries}
        with storing("read the acceptances"), context.engine.connect() as connection:
            stored = [row.acceptance for row in stored_acceptances(connection) if row.acceptance.id in ids]
        if made := tuple(filter(is_made, stored)):
            return AcceptedNow(max(one.version for one in entries), made)
        with suppress(ConflictError):  # somebody was quicker, perhaps the same request: look again
            return make(seen)


def _note(context: Context, actor: str, action: str, notes: Sequence[Note], seen: int | None) -> int:
    """Store and ledger in one transaction, unless the ledger has grown since it was `seen`; the last entry's version."""
    first, *others = notes

    def apply(connection: sa.Connection) -> None:
        version = connection.scalar(VERSION) or 0
        if seen is not None and version - 1 != seen:
            raise ConflictError("somebody else changed something at the same moment; look again")
        first.apply(connection)

    return context.flags.note_all(action, [replace(first, apply=apply), *others], actor=actor)[-1].version


def _place(acceptance: Acceptance) -> str:
    return f"{acceptance.id} {scope(acceptance)}, {acceptance.owner} until {acceptance.expires}"[:300]
