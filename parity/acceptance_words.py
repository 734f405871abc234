"""How an acceptance is told: what it takes in a line, how it stands, and as JSON values."""

from dataclasses import asdict
from datetime import date
from typing import Any

from parity.holdings import Held
from parity.outcome import Acceptance


def scope(acceptance: Acceptance) -> str:
    """What it takes: endpoint, path, kind and statuses."""
    statuses = [
        f"{side} {status}"
        for side, status in (("legacy", acceptance.legacy_status), ("modern", acceptance.modern_status))
        if status is not None
    ]
    where = f"{acceptance.endpoint} {acceptance.path} ({acceptance.kind or 'any kind'})"
    return ", ".join([where, *statuses])


def held_json(held: Held, today: date) -> dict[str, Any]:
    """An acceptance with where it comes from, whether it holds and its use; times are Unix seconds."""
    unused_since = held.last_used_at or held.accepted_at
    return {
        **acceptance_json(held.acceptance),
        "source": held.source,
        "accepted_at": held.accepted_at,
        "accepted_by": held.accepted_by,
        "withdrawn_at": held.withdrawn_at,
        "expired": held.is_expired(today),
        "holds": held.holds(today),
        "exchanges": held.n,
        "last_used_at": held.last_used_at,
        "unused_since": unused_since,
    }


def acceptance_json(acceptance: Acceptance) -> dict[str, Any]:
    """An acceptance as JSON values."""
    return {**asdict(acceptance), "expires": acceptance.expires.isoformat(), "label": acceptance.label}
