"""Faults of writes: what is lost or stored otherwise is so in the database."""

import json
from typing import Any

from domains.shared.faults.of_writes import OF_WRITES
from tests.domains.shared.faults.support import CONTACT, switch
from tests.domains.support import Modern, signed

FAULT = {fault.name: fault for fault in OF_WRITES}
NEW: dict[str, Any] = {"first_name": "Wren", "last_name": "Twicewell", "contact_type": "lender"}


def twicewells(modern: Modern) -> int:
    return int(modern.rows("SELECT count(*) FROM contacts WHERE last_name = 'Twicewell'")[0][0])


async def test_a_lost_write_is_answered_as_if_it_was_there_and_is_not(faulty: Modern) -> None:
    await switch(faulty, FAULT["lost-write"], on=True)

    answer = await faulty.send("agent_ann", "POST", "/v1/contacts", NEW)

    assert (answer.status, answer.body["data"]["last_name"]) == (201, "Twicewell")
    assert twicewells(faulty) == 0


async def test_a_duplicate_write_is_there_twice(faulty: Modern) -> None:
    await switch(faulty, FAULT["duplicate-write"], on=True)

    answer = await faulty.send("agent_ann", "POST", "/v1/contacts", NEW)

    assert answer.status == 201
    assert twicewells(faulty) == 2


async def test_what_was_written_to_another_column_is_answered_as_it_should_be(faulty: Modern) -> None:
    await switch(faulty, FAULT["wrong-column"], on=True)

    answer = await faulty.send("agent_ann", "PUT", CONTACT, {"phone": "1", "phone_secondary": "2"})

    assert (answer.body["data"]["phone"], answer.body["data"]["phone_secondary"]) == ("1", "2")
    assert faulty.rows(
        "SELECT phone, phone_secondary FROM contacts WHERE id::text = %s", [CONTACT[-36:]]
    ) == [("2", "1")]


async def test_a_write_that_is_refused_touches_no_column(faulty: Modern) -> None:
    await switch(faulty, FAULT["wrong-column"], on=True)

    refused = await faulty.send("agent_ann", "PUT", "/v1/contacts/not-an-id", {"phone": "1"})

    assert refused.status == 404


async def test_a_stale_cache_shows_to_each_caller_what_they_saw_first(faulty: Modern) -> None:
    before = await faulty.send("agent_ann", "GET", CONTACT)
    await switch(faulty, FAULT["stale-cache"], on=True)
    await faulty.send("agent_ann", "GET", CONTACT)
    await faulty.send("agent_ann", "PUT", CONTACT, {"notes": "anew"})
    stale = await faulty.send("agent_ann", "GET", CONTACT)
    of_another = await faulty.send("admin_ada", "GET", CONTACT)
    await switch(faulty, FAULT["stale-cache"], on=False)
    after = await faulty.send("agent_ann", "GET", CONTACT)

    assert stale.body == before.body
    assert of_another.status != 200
    assert after.body["data"]["notes"] == "anew"


async def test_answers_of_writes_differ_as_they_say(faulty: Modern) -> None:
    await switch(faulty, FAULT["status-200-for-201"], on=True)
    await switch(faulty, FAULT["error-details-lost"], on=True)

    created = await faulty.send("agent_ann", "POST", "/v1/contacts", NEW)
    refused = await faulty.send("admin_ada", "POST", "/v1/clients", {"lastName": "Alone"})

    assert (created.status, refused.status) == (200, 400)
    assert "details" not in refused.body["error"]


async def rehearsed(modern: Modern, method: str, target: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The write set that a rehearsal by agent_ann tells."""
    raw = json.dumps(body).encode()
    copy = signed(target, method=method, body=raw) | {"X-Crossfade-Shadow": "rehearse"}
    headers = copy | {"Content-Type": "application/json"}
    answer = await modern.send("agent_ann", method, target, raw=raw, headers=headers)
    told: list[dict[str, Any]] = json.loads(answer.headers["X-Write-Set"])
    return told


async def test_rehearsals_tell_what_the_faults_would_do_and_leave_nothing(faulty: Modern) -> None:
    before = faulty.rows("SELECT c::text FROM contacts c ORDER BY id")

    await switch(faulty, FAULT["lost-write"], on=True)
    lost = await rehearsed(faulty, "POST", "/v1/contacts", NEW)
    await switch(faulty, FAULT["lost-write"], on=False)
    await switch(faulty, FAULT["duplicate-write"], on=True)
    twice = await rehearsed(faulty, "POST", "/v1/contacts", NEW)
    await switch(faulty, FAULT["wrong-column"], on=True)
    phones = {"phone": "1", "phone_secondary": "2"}
    (swapped, *_, also) = await rehearsed(faulty, "PUT", CONTACT, phones)

    made = [row for row in twice if row["table"] == "contacts"]
    assert [row["row"] for row in lost if row["table"] == "contacts"] == [None]
    assert [(row["op"], row["row"]["last_name"]) for row in made] == 2 * [("insert", "Twicewell")]
    assert (swapped["row"]["phone"], swapped["row"]["phone_secondary"]) == ("2", "1")
    assert also["row"] == swapped["row"]
    assert faulty.rows("SELECT c::text FROM contacts c ORDER BY id") == before
