"""What a change of flags came to: the entry of the ledger, and which proxy workers serve it after how long."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from proxy.errors import NotAcknowledgedError
from proxy.flag_rows import Acknowledgement, Change, LastAnswer
from proxy.flag_store import FlagStore

ACKNOWLEDGE_WITHIN_S = 5.0
"""How long a change waits for the proxy workers that run."""


@dataclass(frozen=True, slots=True)
class LastByModern:
    """The last answer of modern in the domains that were changed, and the proxy worker that gave it."""

    worker: str
    answer: LastAnswer


@dataclass(frozen=True, slots=True)
class Served:
    """A change that is in force, `ms` after it was asked for; `missing` workers may still serve what was before.

    Without `change` nothing had to be changed at `version`.
    """

    version: int
    change: Change | None = None
    ms: float = 0.0
    workers: tuple[Acknowledgement, ...] = ()
    missing: tuple[str, ...] = ()
    last_by_modern: LastByModern | None = None

    def require_all(self) -> None:
        """Raises NotAcknowledgedError when a worker is missing."""
        if self.missing:
            raise NotAcknowledgedError(self.version, self.missing, ACKNOWLEDGE_WITHIN_S)


def wait_served(
    flags: FlagStore, change: Change, started: float, *, within_s: float = ACKNOWLEDGE_WITHIN_S
) -> Served:
    """Wait until every proxy worker serves a change, at most `within_s`; `started` is of the monotonic clock."""
    workers: Sequence[Acknowledgement] = ()
    missing: tuple[str, ...] = ()
    try:
        workers = flags.wait_acknowledged(change.version, within_s, since=started)
    except NotAcknowledgedError as error:
        missing = error.missing
    ms = (time.monotonic() - started) * 1000
    last = _last_by_modern(flags, change, workers) if change.action == "rollback" else None
    return Served(change.version, change, ms, tuple(workers), missing, last)


def _last_by_modern(
    flags: FlagStore, change: Change, workers: Sequence[Acknowledgement]
) -> LastByModern | None:
    domains = {flags.domain_of(row.key) for row in change.rows}
    found = [
        LastByModern(one.worker, answer)
        for one in workers
        for domain, answer in one.by_modern.items()
        if domain in domains
    ]
    return max(found, key=lambda one: one.answer.at, default=None)
