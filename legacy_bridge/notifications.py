"""Notifications to a broker: over its sockets, and by e-mail where the broker wants it.

A broker is known from a row only: the user's own never is (Q-20), so whatever is created notifies nobody, and an
escrow that is closed notifies the broker it belongs to.
"""

from legacy_bridge.calls import Call
from legacy_bridge.database import Row
from legacy_bridge.events import Event
from legacy_bridge.ports import Email

CLOSED = "Closed"
"""The one status that counts as closed; `closed` does not."""


async def notify_of_escrow(call: Call, escrow: Row) -> None:
    """Tell the broker of an escrow, if it has one, that it is closed; one statement."""
    broker_id = escrow["broker_id"]
    if broker_id is None:
        return
    found = await call.database.query(
        """
        SELECT b.email, s.notify_escrow_closed, s.in_app_notifications, s.email_notifications,
               COALESCE($2::numeric < s.min_escrow_value, false) AS is_too_small
        FROM brokers b JOIN broker_notification_settings s ON s.broker_id = b.id WHERE b.id = $1
        """,
        [broker_id, escrow["purchase_price"]],
    )
    if not found or not found[0]["notify_escrow_closed"] or found[0]["is_too_small"]:
        return
    wanted = found[0]
    message = f"Escrow {escrow['display_id']} at {escrow['property_address']} was closed"
    if wanted["in_app_notifications"]:
        content = {"type": "escrow_closed", "title": "Escrow closed", "message": message}
        call.emit(
            Event(f"broker-{broker_id}", "broker:notification", content | {"data": {"id": escrow["id"]}})
        )
    if wanted["email_notifications"] and wanted["email"]:
        await call.services.ports.mailer.send(Email(wanted["email"], "Escrow closed", message))
