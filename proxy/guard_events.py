"""What guards tell: notifications of what they did, saw, or could not see."""

import secrets
from collections.abc import Sequence

from proxy.errors import NotAcknowledgedError
from proxy.flag_rows import Change
from proxy.guard import ACTOR, Action
from proxy.guard_look import Look
from proxy.guard_survey import Seen
from proxy.notification import EventKind, Notification
from proxy.notification_queue import OF_LEDGER


def rolled_back(change: Change) -> Notification:
    """What the ledger has: the same notification whoever makes it, as often as it is made."""
    guard = change.actor.removeprefix(ACTOR)
    stages = ", ".join(
        f"{row.key} {'' if row.before is None else row.before.stage} → {row.after.stage}"
        for row in change.rows
    )
    return Notification(
        f"{OF_LEDGER}{change.version}",
        EventKind.ROLLED_BACK,
        f"Crossfade: {change.key} was rolled back by guard {guard}",
        f"{change.reason}. {stages}. It stays there until somebody advances it.",
        change.changed_at.timestamp(),
        {"domain": change.key, "guard": guard, "reason": change.reason, "version": change.version},
    )


def breached(seen: Seen, look: Look, at: float) -> Notification:
    """A breach that changes nothing."""
    would = seen.guard.dry_run and seen.action is Action.ROLL_BACK
    return Notification(
        f"breach-{secrets.token_hex(8)}",
        EventKind.BREACHED,
        f"Crossfade: guard {seen.guard.measure} of {seen.domain} is breached",
        f"{look.words}, at stage {seen.stage}. "
        + (f"In a dry run: it would be rolled back to {seen.guard.to}." if would else "Nothing was changed."),
        at,
        {
            "domain": seen.domain,
            "guard": seen.guard.measure.value,
            "stage": seen.stage.value,
            "value": look.value,
            "limit": seen.guard.limit,
            "samples": look.samples,
            "window_s": seen.guard.window_s,
            "dry_run": seen.guard.dry_run,
        },
    )


def blind(problem: str, seen: Sequence[Seen], at: float, blind_s: float) -> Notification:
    """Guards that cannot tell, for one reason; without `seen` none can."""
    domains: dict[str, list[str]] = {}
    for one in seen:
        domains.setdefault(one.domain, []).append(one.guard.measure.value)
    whom = "; ".join(f"{domain}: {', '.join(measures)}" for domain, measures in domains.items())
    return Notification(
        f"blind-{secrets.token_hex(8)}",
        EventKind.BLIND,
        "Crossfade: guards cannot tell",
        f"{problem}, for {blind_s:.0f} s. Not guarded meanwhile: {whom or 'everything'}.",
        at,
        {"problem": problem, "guards": domains},
    )


def unacknowledged(change: Change, error: NotAcknowledgedError, at: float) -> Notification:
    """A rollback that some proxy workers do not serve yet."""
    return Notification(
        f"unacknowledged-{change.version}",
        EventKind.UNACKNOWLEDGED,
        f"Crossfade: the rollback of {change.key} is not acknowledged by all",
        f"{error}.",
        at,
        {"domain": change.key, "version": change.version, "workers": list(error.missing)},
    )
