"""Telling the sockets about a row that was created, updated or deleted."""

from collections.abc import Mapping
from typing import Any

from legacy_bridge.calls import Call
from legacy_bridge.events import data_update


def tell(
    call: Call,
    entity: str,
    entity_id: str,
    action: str,
    subset: Mapping[str, Any],
    *,
    broker_id: str | None = None,
) -> None:
    """Emit `data:update` to the row's broker where given, the team that an API key brings, and the user."""
    rooms = [("broker", broker_id), ("team", call.user.team_id), ("user", call.user.id)]
    for kind, owner in rooms:
        if owner is not None:
            call.emit(data_update(f"{kind}-{owner}", entity, entity_id, action, subset))
