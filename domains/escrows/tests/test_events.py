"""What happened to an escrow, and whom it is told."""

from datetime import UTC, datetime
from uuid import UUID

from domains.escrows.events import escrow_changed, section_changed
from domains.shared.events import Change, Event
from domains.shared.permissions import Principal, Role

ROW = {
    "id": "e5",
    "display_id": "ESC-2025-0007",
    "property_address": "1 Road",
    "owner_id": "o1",
    "team_id": "t1",
    "broker_id": None,
    "people": {"buyer": "secret"},
}
ANN = Principal(UUID("c0ffee00-0000-4000-8000-000000000003"), "ann@example.test", Role.AGENT)
KEY = Principal(ANN.user_id, ANN.email, ANN.role, key_team_id=UUID("aaaaaaaa-0000-4000-8000-000000000001"))


def test_a_new_escrow_is_told_the_team_of_a_key_and_whoever_made_it() -> None:
    events = escrow_changed(KEY, "", Change.CREATED, ROW)

    assert [event.room for event in events] == [f"team-{KEY.key_team_id}", f"user-{KEY.user_id}"]
    assert events[0].data["data"] == {
        "id": "e5",
        "displayId": "ESC-2025-0007",
        "propertyAddress": "1 Road",
    }


def test_a_change_is_told_the_broker_of_the_escrow_too() -> None:
    events = escrow_changed(ANN, "", Change.UPDATED, ROW | {"broker_id": "b1"})

    assert [event.room for event in events] == ["broker-b1", f"user-{ANN.user_id}"]


def test_a_deletion_is_told_the_team_of_a_key_alone() -> None:
    assert escrow_changed(ANN, "e5", Change.DELETED, ROW) == []
    assert [event.room for event in escrow_changed(KEY, "e5", Change.DELETED, ROW)] == [
        f"team-{KEY.key_team_id}"
    ]


def test_a_changed_section_is_told_the_user_the_team_and_the_broker_of_the_escrow_and_nobody_else() -> None:
    now = datetime(2027, 1, 2, tzinfo=UTC)

    events = section_changed(ROW, "people", {"data": {}}, now)

    data = {"escrowId": "e5", "type": "people:updated", "data": {}, "timestamp": "2027-01-02T00:00:00.000Z"}
    assert events == [Event("user-o1", "escrow:updated", data), Event("team-t1", "escrow:updated", data)]
