"""What people are told: an event of a guard, in words for a person and as JSON for a machine. No body, no client, no secret."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

SCHEMA = "crossfade.notification/1"


class EventKind(StrEnum):
    """What happened."""

    ROLLED_BACK = "guard.rolled_back"
    """A guard rolled a domain back; the ledger has it under `version`."""
    BREACHED = "guard.breached"
    """A guard that only notifies was breached, or one in a dry run."""
    BLIND = "guard.cannot_tell"
    """Guards have not been able to tell for a while."""
    UNACKNOWLEDGED = "guard.not_acknowledged"
    """A guard rolled back, and some proxy workers do not serve it yet."""
    TEST = "test"
    """Somebody wants to see that notifications arrive."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One event. The same `id` is the same event, however often it arrives. `at` is Unix time."""

    id: str
    kind: EventKind
    title: str
    text: str
    at: float
    facts: dict[str, Any] = field(default_factory=dict)

    def body(self) -> bytes:
        """As a webhook gets it: type, timestamp and data as the Standard Webhooks say."""
        return msgspec.json.encode(
            {
                "schema": SCHEMA,
                "type": self.kind.value,
                "timestamp": datetime.fromtimestamp(self.at, UTC).isoformat(),
                "data": {"id": self.id, "title": self.title, "text": self.text, **self.facts},
            }
        )

    def kept(self) -> str:
        """As the store keeps it."""
        return msgspec.json.encode(self).decode()

    @staticmethod
    def of(kept: str) -> "Notification":
        """What was `kept`."""
        return msgspec.json.decode(kept, type=Notification)
