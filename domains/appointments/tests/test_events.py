"""What happened to an appointment, and whom it is told."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domains.appointments.events import appointment_changed
from domains.shared.events import Change
from domains.shared.permissions import Principal, Role

TEAM = UUID("aaaaaaaa-0000-4000-8000-000000000001")
ANN = Principal(
    UUID("c0ffee00-0000-4000-8000-000000000003"), "ann@example.test", Role.AGENT, key_team_id=TEAM
)
ROW = {"id": "a9", "title": "T", "appointment_date": date(2027, 2, 3), "description": "secret"}


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (Change.CREATED, {"id": "a9", "title": "T", "appointmentDate": "2027-02-03T00:00:00.000Z"}),
        (Change.UPDATED, {"id": "a9", "title": "T"}),
        (Change.DELETED, {"id": "a9"}),
    ],
)
def test_a_change_is_told_the_team_of_a_key_and_whoever_made_it(
    change: Change, shown: dict[str, Any]
) -> None:
    events = appointment_changed(ANN, change, ROW)

    assert [event.room for event in events] == [f"team-{TEAM}", f"user-{ANN.user_id}"]
    assert [event.data["data"] for event in events] == [shown, shown]
