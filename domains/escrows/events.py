"""What happened to an escrow, and whom it is told: its broker, the team of an API key, and who did it."""

from collections.abc import Mapping, Sequence
from typing import Any

from domains.shared.events import Change, Event, data_update, data_updates
from domains.shared.permissions import Principal


def escrow_changed(principal: Principal, key: str, change: Change, row: Mapping[Any, Any]) -> Sequence[Event]:
    """The escrow was created, updated or deleted; of a deletion only the team of an API key hears, as recorded."""
    if change is Change.DELETED:
        team, shown = principal.key_team_id, {"displayId": row["display_id"]}
        return [] if team is None else [data_update(f"team-{team}", "escrow", key, change.value, shown)]
    shown = {
        "id": row["id"],
        "displayId": row["display_id"],
        "propertyAddress": row["property_address"],
    }
    return data_updates(principal, "escrow", row["id"], change, shown, broker_id=row["broker_id"])
