"""The words of an escrow's answers, and what else leaves the backend with them."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domains.escrows.controllers import build
from domains.shared.clock import utc_now
from domains.shared.database import Database
from domains.shared.house import OutgoingEmail
from domains.shared.pagination import Page
from tests.domains.recording import Ear
from tests.domains.support import Modern, escrow, serving, signed


async def test_a_page_is_told_in_the_escrows_own_spelling() -> None:
    controller = build(Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1), utc_now)

    told = controller.pagination(Page([], total=57, number=12, limit=5))

    assert told == {"total": 57, "page": 12, "limit": 5, "totalPages": 12}


async def test_of_a_row_that_was_moved_its_display_id_is_told() -> None:
    controller = build(Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1), utc_now)

    told = controller.archived({"display_id": "ESC-2025-0007", "id": "x"})

    assert told == {"message": "Escrow archived successfully", "data": {"displayId": "ESC-2025-0007"}}


BROKER = "bbbbbbbb-0000-4000-8000-000000000001"
CLOSED = {"escrowStatus": "Closed"}


class Letterbox:
    """A mailer that keeps the e-mails."""

    def __init__(self) -> None:
        self.emails: list[OutgoingEmail] = []

    async def send(self, email: OutgoingEmail) -> None:
        """Keep one."""
        self.emails.append(email)


@dataclass(frozen=True, slots=True)
class Office:
    """The backend, and what leaves it; every escrow belongs to one broker."""

    modern: Modern
    ear: Ear
    letterbox: Letterbox

    def notified(self) -> list[Any]:
        """The rooms of brokers that heard of something."""
        return [one["room"] for one in self.ear.heard() if one["event"] == "broker:notification"]


@pytest.fixture
async def office(seeded_database: str, contract: Path) -> AsyncIterator[Office]:
    ear, letterbox = Ear(), Letterbox()
    async with serving(seeded_database, contract, mailer=letterbox, event_sink=ear) as modern:
        modern.execute("UPDATE escrows SET broker_id = %s", [BROKER])
        modern.execute("UPDATE brokers SET email = 'broker@example.test'")
        yield Office(modern, ear, letterbox)


async def test_a_broker_hears_that_its_escrow_is_closed(office: Office) -> None:
    office.modern.execute("UPDATE broker_notification_settings SET email_notifications = false")

    silent = await office.modern.send("admin_ada", "PUT", escrow(7), CLOSED)
    office.modern.execute("UPDATE broker_notification_settings SET email_notifications = true")
    written = await office.modern.send("admin_ada", "PUT", escrow(8), {"escrow_status": "Closed"})
    await office.modern.close()

    assert (silent.status, silent.query_count, written.status) == (200, 3, 200)
    assert office.notified() == [f"broker-{BROKER}"] * 2
    assert [(email.to, email.subject) for email in office.letterbox.emails] == [
        ("broker@example.test", "Escrow closed")
    ]


@pytest.mark.parametrize(
    ("sql", "body"),
    [
        ("UPDATE broker_notification_settings SET notify_escrow_closed = false", CLOSED),
        ("UPDATE broker_notification_settings SET min_escrow_value = 99000000", CLOSED),
        ("DELETE FROM broker_notification_settings", CLOSED),
        ("UPDATE escrows SET broker_id = NULL", CLOSED),
        ("SELECT 1", {"escrowStatus": "closed"}),
    ],
)
async def test_who_does_not_want_to_know_is_not_told(office: Office, sql: str, body: dict[str, str]) -> None:
    office.modern.execute(sql)

    reply = await office.modern.send("admin_ada", "PUT", escrow(7), body)
    await office.modern.close()

    assert reply.status == 200
    assert (office.notified(), office.letterbox.emails) == ([], [])


@pytest.mark.parametrize("kind", ["read", "rehearse"])
async def test_a_copy_sends_no_email_and_tells_nobody(office: Office, kind: str) -> None:
    sent = json.dumps(CLOSED).encode()
    headers = signed(escrow(7), method="PUT", body=sent) | {"X-Crossfade-Shadow": kind}

    reply = await office.modern.send(
        "admin_ada", "PUT", escrow(7), raw=sent, headers=headers | {"Content-Type": "application/json"}
    )
    await office.modern.close()

    assert reply.status == 200
    assert (office.ear.heard(), office.letterbox.emails) == ((), [])


async def test_a_mailer_that_fails_fails_no_request(seeded_database: str, contract: Path) -> None:
    class Broken:
        async def send(self, email: OutgoingEmail) -> None:
            raise OSError(email.to)

    async with serving(seeded_database, contract, mailer=Broken()) as modern:
        modern.execute("UPDATE escrows SET broker_id = %s", [BROKER])
        modern.execute("UPDATE brokers SET email = 'broker@example.test'")

        reply = await modern.send("admin_ada", "PUT", escrow(7), CLOSED)

    assert reply.status == 200
