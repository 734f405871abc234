"""What people are told, as JSON and as the store keeps it."""

import json

from proxy.notification import EventKind, Notification

SAID = Notification(
    "ledger-7", EventKind.ROLLED_BACK, "rolled back", "error rate 12 %", 1_795_000_000.0, {"version": 7}
)


def test_a_webhook_gets_type_timestamp_and_data() -> None:
    assert json.loads(SAID.body()) == {
        "schema": "crossfade.notification/1",
        "type": "guard.rolled_back",
        "timestamp": "2026-11-18T11:06:40+00:00",
        "data": {"id": "ledger-7", "title": "rolled back", "text": "error rate 12 %", "version": 7},
    }


def test_what_is_kept_is_what_was_said() -> None:
    assert Notification.of(SAID.kept()) == SAID
