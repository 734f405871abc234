"""Archiving, restoring and deleting escrows, where the recording shows one case of many."""

from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy, escrow

ADA = "admin_ada"
BATCH = "/v1/escrows/batch-delete"


async def test_archiving_is_undone_by_restoring_and_made_final_by_deleting(legacy: Legacy) -> None:
    steps = (
        ("PUT", "/archive"),
        ("PUT", "/archive"),
        ("PUT", "/restore"),
        ("DELETE", ""),
        ("PUT", "/archive"),
        ("DELETE", ""),
    )

    statuses = [(await legacy.send(ADA, method, escrow(14) + tail)).status for method, tail in steps]

    assert statuses == [200, 404, 200, 404, 200, 200]
    assert legacy.rows("SELECT 1 FROM escrows WHERE numeric_id = 14") == []


async def test_a_change_that_the_database_refuses_shows_why(legacy: Legacy) -> None:
    legacy.execute("ALTER TABLE escrows ADD CONSTRAINT frozen CHECK (deleted_at < '2026-01-01') NOT VALID")
    try:
        reply = await legacy.send(ADA, "PUT", escrow(14) + "/archive")
    finally:
        legacy.execute("ALTER TABLE escrows DROP CONSTRAINT frozen")

    details = 'new row for relation "escrows" violates check constraint "frozen"'
    expected = {"code": "ARCHIVE_ERROR", "message": "Failed to archive escrow", "details": details}
    assert (reply.status, reply.body["error"]) == (500, expected)


async def test_a_deletion_is_told_to_the_team_that_an_api_key_brings(legacy: Legacy) -> None:
    legacy.execute("UPDATE escrows SET deleted_at = now() WHERE numeric_id IN (3, 9)")

    await legacy.send("agent_ann", "DELETE", escrow(9))
    await legacy.send("apikey:agent_ann", "DELETE", escrow(3))

    told = [(event["room"], event["data"]["data"]) for event in legacy.ear.heard()]
    assert told == [("team-aaaaaaaa-0000-4000-8000-000000000001", {"displayId": "ESC-2025-0003"})]


async def test_a_batch_is_deleted_whole_or_not_at_all(legacy: Legacy) -> None:
    twice = await legacy.send(ADA, "POST", BATCH, body={"ids": ["ESC-2025-0020", "ESC-2025-0020"]})
    mixed = await legacy.send(ADA, "POST", BATCH, body={"ids": ["ESC-2025-0020", "1"]})
    archived = legacy.rows("SELECT count(*) FROM escrows WHERE deleted_at IS NOT NULL")
    whole = await legacy.send(ADA, "POST", BATCH, body={"ids": ["ESC-2025-0020", "ESC-2025-0040"]})

    assert [reply.body["error"]["details"] for reply in (twice, mixed)] == [{"requested": 2, "found": 1}] * 2
    assert archived == [(3,)]
    assert (whole.body["data"]["deleted"], whole.query_count) == (2, 5)


@pytest.mark.parametrize(
    ("ids", "messages"),
    [
        (None, ["IDs must be a non-empty array"]),
        ([1, "x", None], ["Each ID must be a string"] * 2),
        ({"a": 1, "b": "x"}, ["IDs must be a non-empty array", "Each ID must be a string"]),
    ],
)
async def test_a_batch_of_anything_but_strings_is_refused(
    legacy: Legacy, ids: Any, messages: list[str]
) -> None:
    reply = await legacy.send(ADA, "POST", BATCH, body={"ids": ids})

    assert (reply.status, reply.messages, reply.query_count) == (400, messages, 1)


async def test_a_batch_that_the_database_refuses_shows_why(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "POST", BATCH, body={"ids": ["\0"]})

    assert (reply.status, reply.code) == (500, "BATCH_DELETE_ERROR")
