"""Whom a change of a client is told."""

from uuid import UUID

import pytest

from domains.clients.events import client_changed
from domains.shared.events import Change
from domains.shared.permissions import Principal

ANN = Principal(UUID("c0ffee00-0000-4000-8000-000000000003"), "ann@example.test", None)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (Change.CREATED, {"id": "5", "firstName": "Ivo", "clientType": "Buyer"}),
        (Change.UPDATED, {"id": "5", "clientType": "Buyer"}),
        (Change.DELETED, {"id": "5"}),
    ],
)
def test_only_whoever_did_it_is_told_and_less_each_time(change: Change, shown: dict[str, str]) -> None:
    row = {"id": "5", "first_name": "Ivo", "client_type": "Buyer", "broker_id": "b"}

    [event] = client_changed(ANN, change, row)

    assert event.room == f"user-{ANN.user_id}"
    assert event.data["data"] == shown
