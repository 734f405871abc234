"""Whom a change of a listing is told."""

from uuid import UUID

from domains.listings.events import listing_changed
from domains.shared.events import Change
from domains.shared.permissions import Principal

ANN = Principal(UUID("c0ffee00-0000-4000-8000-000000000003"), "ann@example.test", None)
ROW = {
    "id": "5",
    "mls_number": "MLS1",
    "property_address": "1 Road",
    "list_price": "5.00",
    "listing_status": "Active",
    "broker_id": "b",
}


def test_the_broker_hears_of_an_update() -> None:
    told = listing_changed(ANN, Change.UPDATED, ROW)

    assert [event.room for event in told] == ["broker-b", f"user-{ANN.user_id}"]
    assert told[0].data["data"] == {
        "id": "5",
        "mlsNumber": "MLS1",
        "propertyAddress": "1 Road",
        "listPrice": "5.00",
        "listingStatus": "Active",
    }


def test_the_broker_does_not_hear_of_a_deletion() -> None:
    told = listing_changed(ANN, Change.DELETED, ROW)

    assert [event.room for event in told] == [f"user-{ANN.user_id}"]
    assert told[0].data["data"] == {"id": "5", "propertyAddress": "1 Road"}
