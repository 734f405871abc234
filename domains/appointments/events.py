"""What happened to an appointment, and whom it is told: the team of an API key, and who did it."""

from collections.abc import Mapping, Sequence
from typing import Any

from domains.shared.events import Change, Event, data_updates
from domains.shared.node_json import iso_day
from domains.shared.permissions import Principal


def appointment_changed(principal: Principal, change: Change, row: Mapping[Any, Any]) -> Sequence[Event]:
    """The appointment was created, updated or deleted."""
    shown = {"id": row["id"]}
    match change:
        case Change.CREATED:
            shown |= {"title": row["title"], "appointmentDate": iso_day(row["appointment_date"])}
        case Change.UPDATED:
            shown |= {"title": row["title"]}
        case Change.DELETED:
            pass
    return data_updates(principal, "appointment", row["id"], change, shown)
