"""What happened, for the connected sockets: a controller emits it, and it is told once the request has succeeded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from domains.shared.permissions import Principal

EVERYBODY = "*"
"""The room of every socket of every tenant; nothing of a record is told there (Q-08)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One message to the sockets of a room: `user-<id>`, `team-<id>`, `broker-<id>` or EVERYBODY.

    Neighbours with the very same `data` are one message to several rooms: who is in more of them hears it once.
    """

    room: str
    event: str
    data: Mapping[str, Any]


class Change(StrEnum):
    """What happened to a row."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


class EventSink(Protocol):
    """Where the events of a request go, after it has succeeded."""

    async def publish(self, events: Sequence[Event]) -> None:
        """Hand the events on, in their order."""
        ...


def data_update(room: str, entity: str, entity_id: Any, action: str, subset: Mapping[str, Any]) -> Event:
    """The event of a row that was created, updated or deleted; `subset` are the few fields that it shows."""
    shown = {"entityType": entity, "entityId": entity_id, "action": action, "data": subset}
    return Event(room, "data:update", shown)


def data_updates(
    principal: Principal,
    entity: str,
    entity_id: Any,
    change: Change,
    subset: Mapping[str, Any],
    *,
    broker_id: Any = None,
) -> list[Event]:
    """`data_update` for the row's broker where given, the team of the caller's API key, and the caller."""
    rooms = (("broker", broker_id), ("team", principal.key_team_id), ("user", principal.user_id))
    return [
        data_update(f"{kind}-{key}", entity, str(entity_id), change.value, subset)
        for kind, key in rooms
        if key is not None
    ]
