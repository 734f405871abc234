"""What happened to an escrow, and whom it is told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domains.shared.events import Change, Event, data_update, data_updates
from domains.shared.house import OutgoingEmail
from domains.shared.node_json import iso_moment
from domains.shared.permissions import Principal


def escrow_changed(principal: Principal, key: str, change: Change, row: Mapping[Any, Any]) -> Sequence[Event]:
    """It was created, updated or deleted: its broker, the team of an API key and whoever did it hear of it.

    Of a deletion only the team does, as recorded.
    """
    if change is Change.DELETED:
        team, shown = principal.key_team_id, {"displayId": row["display_id"]}
        return [] if team is None else [data_update(f"team-{team}", "escrow", key, change.value, shown)]
    shown = {
        "id": row["id"],
        "displayId": row["display_id"],
        "propertyAddress": row["property_address"],
    }
    return data_updates(principal, "escrow", row["id"], change, shown, broker_id=row["broker_id"])


def section_changed(
    row: Mapping[Any, Any], kind: str, changed: Mapping[str, Any], now: datetime
) -> Sequence[Event]:
    """A section of the escrow was changed: its user, its team and its broker hear of it, and nobody else (Q-08)."""
    shown = {"escrowId": row["id"], "type": f"{kind}:updated", **changed, "timestamp": iso_moment(now)}
    rooms = (("user", row["owner_id"]), ("team", row["team_id"]), ("broker", row["broker_id"]))
    return [Event(f"{whose}-{key}", "escrow:updated", shown) for whose, key in rooms if key is not None]


def escrow_closed(
    row: Mapping[Any, Any], wish: Mapping[Any, Any]
) -> tuple[Sequence[Event], Sequence[OutgoingEmail]]:
    """It was closed: its broker hears of it over the sockets and by e-mail, each as far as that is wanted."""
    message = f"Escrow {row['display_id']} at {row['property_address']} was closed"
    shown = {"type": "escrow_closed", "title": "Escrow closed", "message": message, "data": {"id": row["id"]}}
    event = Event(f"broker-{row['broker_id']}", "broker:notification", shown)
    email = OutgoingEmail(wish["email"] or "", "Escrow closed", message)
    return (
        [event] if wish["in_app_notifications"] else [],
        [email] if wish["email_notifications"] and email.to else [],
    )
