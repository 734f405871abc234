"""What happened to a client, and whom it is told: the team of an API key, and who did it."""

from collections.abc import Mapping, Sequence
from typing import Any

from domains.shared.events import Change, Event, data_updates
from domains.shared.permissions import Principal

_TOLD = {
    Change.CREATED: {
        "first_name": "firstName",
        "last_name": "lastName",
        "email": "email",
        "client_type": "clientType",
    },
    Change.UPDATED: {"client_type": "clientType"},
    Change.DELETED: {},
}


def client_changed(principal: Principal, change: Change, row: Mapping[Any, Any]) -> Sequence[Event]:
    """The client was created, updated or deleted; an update tells no name, as recorded."""
    told = {key: row[name] for name, key in _TOLD[change].items() if name in row}
    return data_updates(principal, "client", row["id"], change, {"id": row["id"], **told})
