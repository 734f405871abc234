"""What happened to a listing, and whom it is told: its broker, the team of an API key, and who did it."""

from collections.abc import Mapping, Sequence
from typing import Any

from domains.shared.events import Change, Event, data_updates
from domains.shared.permissions import Principal


def listing_changed(principal: Principal, change: Change, row: Mapping[Any, Any]) -> Sequence[Event]:
    """The listing was created, updated or deleted; of a deletion the broker does not hear, as recorded."""
    if change is Change.DELETED:
        gone = {"id": row["id"], "propertyAddress": row["property_address"]}
        return data_updates(principal, "listing", row["id"], change, gone)
    shown = {
        "id": row["id"],
        "mlsNumber": row["mls_number"],
        "propertyAddress": row["property_address"],
        "listPrice": row["list_price"],
        "listingStatus": row["listing_status"],
    }
    return data_updates(principal, "listing", row["id"], change, shown, broker_id=row["broker_id"])
