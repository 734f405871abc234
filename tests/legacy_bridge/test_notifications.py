"""Notifications to brokers."""

from pathlib import Path
from typing import Any

import pytest

from legacy_bridge.ports import Email, Ports
from tests.legacy_bridge.support import Legacy, escrow, running

BROKER = "bbbbbbbb-0000-4000-8000-000000000001"
CLOSED = {"escrowStatus": "Closed"}


class Letterbox:
    """Keeps the e-mails."""

    def __init__(self) -> None:
        self.emails: list[Email] = []

    async def send(self, email: Email) -> None:
        """Keep one."""
        self.emails.append(email)


def notified(legacy: Legacy) -> list[Any]:
    return [one["room"] for one in legacy.ear.heard() if one["event"] == "broker:notification"]


async def test_a_broker_hears_that_its_escrow_is_closed(seeded_database: str, contract: Path) -> None:
    letterbox = Letterbox()
    async with running(seeded_database, contract, ports=Ports(mailer=letterbox)) as legacy:
        legacy.execute("UPDATE escrows SET broker_id = %s", [BROKER])
        legacy.execute("UPDATE brokers SET email = 'broker@example.test'")

        silent = await legacy.send("admin_ada", "PUT", escrow(7), body=CLOSED)
        legacy.execute("UPDATE broker_notification_settings SET email_notifications = true")
        written = await legacy.send("admin_ada", "PUT", escrow(8), body=CLOSED)

        assert (silent.status, silent.query_count, written.status) == (200, 3, 200)
        assert notified(legacy) == [f"broker-{BROKER}"] * 2
        assert [(email.to, email.subject) for email in letterbox.emails] == [
            ("broker@example.test", "Escrow closed")
        ]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE broker_notification_settings SET notify_escrow_closed = false",
        "UPDATE broker_notification_settings SET in_app_notifications = false",
        "UPDATE broker_notification_settings SET min_escrow_value = 99000000",
        "DELETE FROM broker_notification_settings",
        "UPDATE escrows SET broker_id = NULL",
    ],
)
async def test_who_does_not_want_to_know_is_not_told(legacy: Legacy, sql: str) -> None:
    legacy.execute("UPDATE escrows SET broker_id = %s", [BROKER])
    legacy.execute(sql)

    await legacy.send("admin_ada", "PUT", escrow(7), body=CLOSED)

    assert notified(legacy) == []


async def test_a_status_in_small_letters_is_not_closed(legacy: Legacy) -> None:
    legacy.execute("UPDATE escrows SET broker_id = %s", [BROKER])

    reply = await legacy.send("admin_ada", "PUT", escrow(7), body={"escrowStatus": "closed"})

    assert (reply.query_count, notified(legacy)) == (2, [])
