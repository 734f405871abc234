"""What the sockets are told of a row."""

from uuid import UUID

from domains.shared.events import Change, Event, data_updates
from domains.shared.permissions import Principal

USER = UUID("c0ffee00-0000-4000-8000-000000000003")
TEAM = UUID("aaaaaaaa-0000-4000-8000-000000000001")


def test_a_change_is_told_to_whoever_made_it() -> None:
    principal = Principal(USER, "ann@example.test", None)

    told = data_updates(principal, "lead", "5", Change.CREATED, {"id": "5"})

    data = {"entityType": "lead", "entityId": "5", "action": "created", "data": {"id": "5"}}
    assert told == [Event(f"user-{USER}", "data:update", data)]


def test_the_team_of_an_api_key_and_the_rows_broker_are_told_too() -> None:
    principal = Principal(USER, "ann@example.test", None, key_team_id=TEAM)

    told = data_updates(principal, "lead", "5", Change.DELETED, {}, broker_id="b")

    assert [event.room for event in told] == ["broker-b", f"team-{TEAM}", f"user-{USER}"]
