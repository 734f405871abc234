"""What happened to a lead, and whom it is told: the team of an API key, and who did it."""

from collections.abc import Mapping, Sequence
from typing import Any

from domains.shared.events import Change, Event, data_updates
from domains.shared.permissions import Principal


def lead_changed(principal: Principal, change: Change, row: Mapping[Any, Any]) -> Sequence[Event]:
    """The lead was created, updated or deleted."""
    return data_updates(principal, "lead", row["id"], change, {"id": row["id"]})
