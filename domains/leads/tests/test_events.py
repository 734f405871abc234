"""Whom a change of a lead is told."""

from uuid import UUID

import pytest

from domains.leads.events import lead_changed
from domains.shared.events import Change, Event
from domains.shared.permissions import Principal, Role

USER = UUID("c0ffee00-0000-4000-8000-000000000003")
LEAD = UUID("1ead0000-0000-4000-8000-000000000009")


@pytest.mark.parametrize("change", Change)
def test_a_change_is_told_to_whoever_made_it_and_shows_the_id_alone(change: Change) -> None:
    told = lead_changed(Principal(USER, "ann@example.test", Role.AGENT), change, {"id": LEAD, "email": "x"})

    data = {"entityType": "lead", "entityId": str(LEAD), "action": change.value, "data": {"id": LEAD}}
    assert told == [Event(f"user-{USER}", "data:update", data)]
