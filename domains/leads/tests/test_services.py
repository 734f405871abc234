"""The rules of leads by name, through the running backend and a real database."""

from typing import Any, ClassVar

import pytest

from tests.domains.guarded import GuardedRoom, VersionedRoom
from tests.domains.support import Modern

OF_ANN, PRIVATE_OF_ANN, OF_BEN, ARCHIVED_OF_ANN = 9, 24, 11, 80


def lead(number: int) -> str:
    """The path of the seeded lead of that number; its owner is [ada, otto, ann, ann, ben, ben, bea][number % 7]."""
    return f"/v1/leads/1ead0000-0000-4000-8000-{number:012}"


def share(modern: Modern, number: int, *, user: str, **may: bool) -> None:
    modern.execute(
        """
        INSERT INTO data_access_control (resource_type, resource_id, user_id, can_view, can_edit, can_delete)
        SELECT 'lead', %s, id, %s, %s, %s FROM users WHERE email LIKE %s
        """,
        [
            lead(number).rpartition("/")[2],
            *(may.get(what, False) for what in ("view", "edit", "delete")),
            f"{user}%",
        ],
    )


class TestPermissions(GuardedRoom, VersionedRoom):
    """Who gets at a lead, private and archived ones too."""

    item = "/v1/leads/1ead0000-0000-4000-8000-{:012}"
    name = "lead"
    tables = ("leads", "contacts", "clients")
    shown: ClassVar = {
        ("agent_ann", OF_ANN): 200,
        ("agent_ann", PRIVATE_OF_ANN): 200,
        ("admin_ada", PRIVATE_OF_ANN): 200,
        ("apikey:agent_ann", OF_ANN): 200,
        ("agent_ben", OF_ANN): 403,
        ("owner_otto", OF_ANN): 403,
        ("broker_bea", OF_BEN): 403,
        ("agent_ann", ARCHIVED_OF_ANN): 404,
        ("admin_ada", ARCHIVED_OF_ANN): 404,
    }
    foreign = (OF_ANN, PRIVATE_OF_ANN, ARCHIVED_OF_ANN)
    requests = (
        ("GET", "", None),
        ("PUT", "", {"notes": "x"}),
        ("PUT", "/archive", None),
        ("POST", "/activities", {}),
        ("POST", "/convert", None),
        ("DELETE", "", None),
    )
    wrong = (("PUT", "", {}), ("PUT", "", {"lead_score": 500}), ("PUT", "", {"notes": "x", "version": "x"}))
    versioned = lead(OF_ANN)
    change: ClassVar = {"notes": "x"}


@pytest.mark.parametrize(
    ("user", "query", "total"),
    [
        ("admin_ada", "", 76),
        ("admin_ada", "?scope=user", 11),
        ("agent_ann", "", 0),
        ("owner_otto", "", 0),
        ("agent_ann", "?scope=user", 23),
        ("broker_bea", "", 10),
        ("admin_ada", "?leadStatus=New", 12),
        ("admin_ada", "?leadStatus=new", 0),
        ("admin_ada", "?search=HAZEL", 4),
        ("admin_ada", "?search=lead7", 11),
        ("admin_ada", "?limit=0", 76),
        ("admin_ada", "?page=99", 76),
    ],
)
async def test_a_list_shows_the_leads_of_its_scope_and_no_other_tenants(
    modern: Modern, user: str, query: str, total: int
) -> None:
    reply = await modern.send(user, "GET", f"/v1/leads{query}")

    assert reply.body["data"]["pagination"]["totalCount"] == total


@pytest.mark.parametrize("user", ["agent_ann", "agent_ben", "owner_otto", "broker_bea"])
async def test_nobody_but_a_system_admin_is_shown_leads_of_others(modern: Modern, user: str) -> None:
    replies = [await modern.send(user, "GET", f"/v1/leads?limit=100{scope}") for scope in ("", "&scope=user")]

    owners = {row["owner_id"] for reply in replies for row in reply.body["data"]["leads"]}
    assert len(owners) == 1


async def test_a_private_lead_that_was_shared_can_be_changed_but_not_shown(modern: Modern) -> None:
    for number in (OF_ANN, PRIVATE_OF_ANN):
        share(modern, number, user="agent_ben", view=True, edit=True)

    shown = [
        (await modern.send("agent_ben", "GET", lead(number))).status for number in (OF_ANN, PRIVATE_OF_ANN)
    ]
    changed = await modern.send("agent_ben", "PUT", lead(PRIVATE_OF_ANN), {"notes": "x"})
    deleted = await modern.send("agent_ben", "DELETE", lead(OF_ANN))

    assert shown == [200, 403]
    assert changed.status == 200
    assert deleted.refusal == (403, "FORBIDDEN")


async def test_whoever_made_a_lead_is_assigned_to_it_but_does_not_own_it(modern: Modern) -> None:
    created = await modern.send("agent_ann", "POST", "/v1/leads", {"firstName": "A", "lastName": "B"})
    row = created.body["data"]

    shown = await modern.send("agent_ann", "GET", f"/v1/leads/{row['id']}")

    assert (row["assigned_agent_id"], row["owner_id"]) == ("c0ffee00-0000-4000-8000-000000000003", None)
    assert shown.refusal == (403, "FORBIDDEN")


async def test_an_update_notes_who_made_it_and_that_there_was_contact(modern: Modern) -> None:
    await modern.send("admin_ada", "PUT", lead(OF_ANN), {"lead_score": "77"})

    rows = modern.rows(
        "SELECT lead_score, version, last_contact_date = current_date, last_modified_by::text FROM leads WHERE id = %s",
        [lead(OF_ANN).rpartition("/")[2]],
    )
    assert rows == [(77, 2, True, "c0ffee00-0000-4000-8000-000000000001")]


async def test_a_lead_becomes_a_contact_and_its_client_or_nothing_is_written(modern: Modern) -> None:
    count = "SELECT (SELECT count(*) FROM contacts), (SELECT count(*) FROM clients)"
    before = modern.rows(count)[0]
    await modern.send("admin_ada", "PUT", lead(OF_BEN), {"last_name": None})

    nameless = await modern.send("admin_ada", "POST", f"{lead(OF_BEN)}/convert")
    archived = await modern.send("admin_ada", "POST", f"{lead(ARCHIVED_OF_ANN)}/convert")
    after_failures = modern.rows(count)[0]
    converted = await modern.send("agent_ann", "POST", f"{lead(OF_ANN)}/convert")

    assert nameless.refusal == (400, "VALIDATION_ERROR")
    assert archived.refusal == (404, "NOT_FOUND")
    assert after_failures == before
    assert modern.rows(count)[0] == (before[0] + 1, before[1] + 1)
    client, shown = converted.body["data"]["client"], converted.body["data"]["lead"]
    assert (shown["lead_status"], shown["converted_to_client_id"]) == ("converted", client["id"])


async def test_a_batch_is_deleted_as_a_whole_or_not_at_all(modern: Modern) -> None:
    ids = [lead(number).rpartition("/")[2] for number in (80, 60, OF_ANN)]
    count = "SELECT count(*) FROM leads"

    foreign = await modern.send("agent_ann", "POST", "/v1/leads/batch-delete", {"ids": ids[:2]})
    active = await modern.send("agent_ann", "POST", "/v1/leads/batch-delete", {"ids": [ids[0], ids[2]]})
    untouched = modern.rows(count)
    own = await modern.send("agent_ann", "POST", "/v1/leads/batch-delete", {"ids": ids[:1]})

    assert foreign.refusal == (403, "FORBIDDEN")
    assert active.refusal == (400, "NOT_ARCHIVED")
    assert untouched == [(80,)]
    assert (own.body["deletedIds"], modern.rows(count)) == (ids[:1], [(79,)])


async def test_the_statistics_and_the_export_are_of_the_leads_in_scope(modern: Modern) -> None:
    counted = await modern.send("agent_ann", "GET", "/v1/leads/stats?scope=user")
    none = await modern.send("agent_ann", "GET", "/v1/leads/stats")
    await modern.send("agent_ann", "PUT", lead(OF_ANN), {"notes": "=1+1", "first_name": "@SUM"})
    headers = modern.credentials.headers("agent_ann")
    async with modern.client.get("/v1/leads/export?scope=user&search=sum", headers=headers) as answer:
        exported = (await answer.text()).splitlines()

    assert (counted.body["data"]["total"], counted.body["data"]["archived"]) == (23, 1)
    assert none.body["data"]["total"] == 0
    assert exported[0].startswith("first_name,last_name,email,phone,")
    assert (len(exported), exported[1].split(",")[0]) == (2, "'@SUM")
    assert "'=1+1" in exported[1].split(",")


@pytest.mark.parametrize(
    ("user", "method", "path", "body", "budget"),
    [
        ("admin_ada", "GET", "/v1/leads?limit=20", None, 2),
        ("agent_ann", "GET", "/v1/leads", None, 1),
        ("agent_ann", "GET", "/v1/leads?scope=all", None, 1),
        ("agent_ann", "GET", lead(OF_ANN), None, 2),
        ("agent_ann", "POST", "/v1/leads", {"firstName": "A", "lastName": "B"}, 2),
        ("agent_ann", "PUT", lead(OF_ANN), {"notes": "x", "version": 1}, 2),
        ("agent_ann", "PUT", lead(OF_ANN), {"notes": "x", "version": 9}, 3),
        ("agent_ann", "PUT", f"{lead(OF_ANN)}/archive", None, 2),
        ("agent_ann", "POST", f"{lead(OF_ANN)}/activities", {}, 2),
        ("agent_ann", "POST", f"{lead(OF_ANN)}/convert", None, 2),
        ("agent_ann", "DELETE", lead(ARCHIVED_OF_ANN), None, 2),
        ("agent_ann", "DELETE", lead(OF_ANN), None, 2),
        ("agent_ann", "GET", "/v1/leads/stats", None, 2),
        (None, "GET", "/v1/leads", None, 0),
    ],
)
async def test_a_request_stays_within_its_budget_of_statements(
    modern: Modern, user: str | None, method: str, path: str, body: dict[str, Any] | None, budget: int
) -> None:
    reply = await modern.send(user, method, path, body)

    assert reply.query_count == budget
