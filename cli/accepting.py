"""Several acceptances at once, or several withdrawn, in the store and in its ledger: all of them or none.

Who gives `since_version` may ask again when the answer was lost: what was made so since then is told, and not made anew.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from cli.context import Context
from parity.acceptances import stored_acceptances
from parity.accepting import Wish
from parity.database import complete_tables, storing
from parity.outcome import Acceptance
from parity.tables import METADATA
from proxy.accepting import accept_groups, weigh_groups, withdraw_acceptances
from proxy.errors import ConflictError
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
    declared, max_days = context.declared(), context.settings.parity.max_acceptance_days
    if dry_run:
        found = weigh_groups(context.engine, wishes, declared=declared, max_days=max_days)
        return AcceptedNow(None, tuple(replace(one, id="") for one in found))
    wanted = {(one.reason, one.owner, one.expires, one.quirk, one.ticket) for one in wishes}

    def is_made(one: Acceptance) -> bool:
        return (one.reason, one.owner, one.expires, one.quirk, one.ticket) in wanted

    def make(seen: int | None) -> AcceptedNow:
        version, found = accept_groups(
            context.engine,
            context.flags,
            wishes,
            declared=declared,
            max_days=max_days,
            actor=actor,
            seen=seen,
        )
        return AcceptedNow(version, tuple(found))

    return _once(context, actor, "accept", make, is_made, since_version)


def withdraw_all(
    context: Context, actor: str, ids: Sequence[str], reason: str, *, since_version: int | None = None
) -> AcceptedNow:
    """Withdraw these acceptances of the store. Raises AcceptanceError."""
    names = list(dict.fromkeys(ids))

    def make(seen: int | None) -> AcceptedNow:
        version, withdrawn = withdraw_acceptances(
            context.engine, context.flags, names, actor=actor, reason=reason, seen=seen
        )
        return AcceptedNow(version, tuple(withdrawn))

    return _once(context, actor, "unaccept", make, lambda one: one.id in names, since_version)


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
    complete_tables(context.engine, METADATA)
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
