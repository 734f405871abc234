"""The rules of clients by name, through the running backend and a real database."""

import asyncio
from typing import Any, ClassVar

import pytest

from tests.domains.guarded import GuardedRoom, VersionedRoom
from tests.domains.support import Modern

OF_ANN, OF_BEN = 7, 10
SHARED_WITH_BEN = 1
ARCHIVED = 4
BATCH = "/v1/clients/batch-delete"
STRANGER = "agent_ben"


def key(number: int) -> str:
    return f"c1000000-0000-4000-8000-{number:012}"


def client(number: int) -> str:
    return f"/v1/clients/{key(number)}"


def contact(modern: Modern, number: int, *names: str) -> tuple[Any, ...]:
    [row] = modern.rows(
        f"SELECT {', '.join(names)} FROM contacts WHERE id = (SELECT contact_id FROM clients WHERE id = %s)",
        [key(number)],
    )
    return row


class TestPermissions(GuardedRoom, VersionedRoom):
    """Who gets at a client, archived or not."""

    item = "/v1/clients/c1000000-0000-4000-8000-{:012}"
    name = "client"
    tables = ("clients", "contacts")
    shown: ClassVar = {
        ("agent_ann", OF_ANN): 200,
        ("admin_ada", OF_ANN): 200,
        ("admin_ada", ARCHIVED): 200,
        ("agent_ben", SHARED_WITH_BEN): 200,
        ("apikey:agent_ann", OF_ANN): 200,
        ("agent_ben", OF_ANN): 403,
        ("owner_otto", OF_ANN): 403,
        ("broker_bea", OF_BEN): 403,
    }
    foreign = (OF_ANN, ARCHIVED)
    requests = (
        ("GET", "", None),
        ("PUT", "", {"lastName": "X"}),
        ("PUT", "", {"lastName": "X", "status": "active", "version": 1}),
        ("PUT", "", {}),
        ("PUT", "/archive", None),
        ("POST", "/notes", {"content": "x"}),
        ("PATCH", "/tags", {"tags": []}),
        ("DELETE", "", None),
    )
    wrong = (("PUT", "", {"status": "active", "version": "x"}),)
    versioned = client(OF_ANN)
    change: ClassVar = {"status": "active"}


@pytest.mark.parametrize(
    ("user", "query", "total"),
    [
        ("agent_ann", "", 0),
        ("admin_ada", "?status=all", 80),
        ("admin_ada", "?status=", 80),
        ("admin_ada", "?search=zzzz", 0),
        ("admin_ada", "?status=all&clientType=seller", 80),
    ],
)
async def test_a_list_counts_what_its_scope_and_filters_leave(
    modern: Modern, user: str, query: str, total: int
) -> None:
    reply = await modern.send(user, "GET", f"/v1/clients{query}")

    assert reply.body["data"]["pagination"]["totalCount"] == total


async def test_an_address_that_a_contact_has_makes_no_client(modern: Modern) -> None:
    body = {"firstName": "Ivo", "lastName": "Example", "email": "ivo.unique@example.test"}
    first = await modern.send("agent_ann", "POST", "/v1/clients", body)
    counted = modern.rows("SELECT count(*) FROM contacts")

    again = await modern.send("agent_ben", "POST", "/v1/clients", body)

    assert first.status == 201
    assert again.refusal == (409, "DUPLICATE_EMAIL")
    assert modern.rows("SELECT count(*) FROM contacts") == counted


async def test_whoever_made_a_client_does_not_own_it(modern: Modern) -> None:
    created = await modern.send(
        "agent_ann", "POST", "/v1/clients", {"firstName": "Ivo", "lastName": "Example"}
    )

    reply = await modern.send("agent_ann", "GET", f"/v1/clients/{created.body['data']['id']}")

    assert reply.refusal == (403, "FORBIDDEN")


async def test_of_two_updates_with_one_version_one_is_a_conflict_and_changes_nothing(modern: Modern) -> None:
    bodies = [{"firstName": name, "status": "inactive", "version": 1} for name in ("One", "Two")]

    replies = await asyncio.gather(
        *(modern.send("agent_ann", "PUT", client(OF_ANN), body) for body in bodies)
    )

    assert sorted(reply.status for reply in replies) == [200, 409]
    [winner] = [body["firstName"] for body, reply in zip(bodies, replies, strict=True) if reply.status == 200]
    assert contact(modern, OF_ANN, "first_name") == (winner,)


async def test_an_update_of_the_contact_alone_leaves_the_version(modern: Modern) -> None:
    reply = await modern.send("agent_ann", "PUT", client(OF_ANN), {"firstName": "New", "version": 99})

    assert (reply.status, reply.body["data"]["version"]) == (200, 1)
    assert contact(modern, OF_ANN, "first_name") == ("New",)


async def test_notes_are_added_and_tags_replaced(modern: Modern) -> None:
    noted = await modern.send("agent_ann", "POST", f"{client(OF_ANN)}/notes", {"content": "Called"})
    tagged = await modern.send("agent_ann", "PATCH", f"{client(OF_ANN)}/tags", {"tags": ["a", 5, None]})

    notes, tags = contact(modern, OF_ANN, "notes", "tags")
    assert noted.body["data"] == {"notes": notes}
    assert notes.startswith("Synthetic note 107\nCalled - 20")
    assert (tagged.body["data"], tags) == ({"tags": ["a", "5", None]}, ["a", "5", None])


@pytest.mark.parametrize(
    ("method", "suffix", "body", "code"),
    [
        ("POST", "/notes", {}, "MISSING_CONTENT"),
        ("POST", "/notes", {"content": ""}, "MISSING_CONTENT"),
        ("POST", "/notes", {"content": "\u0000"}, "VALIDATION_ERROR"),
        ("PATCH", "/tags", {"tags": "a"}, "INVALID_TAGS"),
        ("PATCH", "/tags", {"tags": [[]]}, "VALIDATION_ERROR"),
        ("PATCH", "/tags", {"tags": ["\u0000"]}, "VALIDATION_ERROR"),
        ("PUT", "", {"phone": "\u0000", "status": "active"}, "VALIDATION_ERROR"),
        ("PUT", "", {"status": "active", "version": 1e12}, "VALIDATION_ERROR"),
    ],
)
async def test_a_value_that_does_not_fit_is_the_clients_error(
    modern: Modern, method: str, suffix: str, body: Any, code: str
) -> None:
    reply = await modern.send("agent_ann", method, f"{client(OF_ANN)}{suffix}", body)

    assert reply.refusal == (400, code)
    assert modern.rows("SELECT version FROM clients WHERE id = %s", [key(OF_ANN)]) == [(1,)]


async def test_a_client_goes_with_its_contact_archived_or_not(modern: Modern) -> None:
    [contact_id] = contact(modern, OF_ANN, "id")

    reply = await modern.send("agent_ann", "DELETE", client(OF_ANN))

    assert reply.body == {"success": True, "message": "Client deleted successfully"}
    assert modern.rows("SELECT 1 FROM contacts WHERE id = %s", [contact_id]) == []


async def test_a_contact_that_another_client_has_too_keeps_both(modern: Modern) -> None:
    modern.execute(
        "UPDATE clients SET contact_id = (SELECT contact_id FROM clients WHERE id = %s) WHERE id = %s",
        [key(OF_ANN), key(OF_BEN)],
    )

    reply = await modern.send("agent_ann", "DELETE", client(OF_ANN))

    assert reply.status == 400
    assert modern.rows("SELECT 1 FROM clients WHERE id = %s", [key(OF_ANN)]) == [(1,)]


async def test_being_archived_is_a_status_that_can_be_set_again_and_changed_back(modern: Modern) -> None:
    archived = [await modern.send("agent_ann", "PUT", f"{client(OF_ANN)}/archive") for _ in range(2)]
    shown = await modern.send("agent_ann", "GET", client(OF_ANN))
    back = await modern.send("agent_ann", "PUT", client(OF_ANN), {"status": "active"})

    assert [reply.status for reply in archived] == [200, 200]
    assert (shown.body["data"]["status"], back.body["data"]["status"]) == ("archived", "active")


async def test_a_batch_passes_over_what_is_not_archived_and_leaves_the_contacts(modern: Modern) -> None:
    modern.execute("UPDATE clients SET status = 'archived' WHERE id = %s", [key(OF_ANN)])
    counted = modern.rows("SELECT count(*) FROM contacts")

    foreign = await modern.send(STRANGER, "POST", BATCH, {"ids": [key(OF_ANN)]})
    deleted = await modern.send("admin_ada", "POST", BATCH, {"ids": [key(OF_ANN), key(OF_BEN)]})
    nothing = await modern.send("admin_ada", "POST", BATCH, {"ids": [key(OF_BEN)]})

    assert foreign.refusal == (403, "FORBIDDEN")
    assert deleted.body["deletedIds"] == [key(OF_ANN)]
    assert nothing.body["message"] == "No clients found to delete"
    assert modern.rows("SELECT count(*) FROM contacts") == counted


@pytest.mark.parametrize(
    ("user", "method", "path", "body", "budget"),
    [
        ("admin_ada", "GET", "/v1/clients?search=a", None, 2),
        ("apikey:agent_ann", "GET", "/v1/clients?scope=user", None, 3),
        ("agent_ann", "GET", client(OF_ANN), None, 2),
        ("agent_ann", "GET", "/v1/clients/stats?scope=user", None, 2),
        ("agent_ann", "GET", "/v1/clients/export?scope=user", None, 2),
        (
            "agent_ann",
            "POST",
            "/v1/clients",
            {"firstName": "x", "lastName": "y", "email": "x@example.test"},
            2,
        ),
        ("agent_ann", "PUT", client(OF_ANN), {"firstName": "X", "status": "inactive", "version": 1}, 2),
        ("agent_ann", "PUT", client(OF_ANN), {"firstName": "X"}, 2),
        ("agent_ann", "POST", f"{client(OF_ANN)}/notes", {"content": "x"}, 2),
        ("agent_ann", "PATCH", f"{client(OF_ANN)}/tags", {"tags": []}, 2),
        ("agent_ann", "PUT", f"{client(OF_ANN)}/archive", None, 2),
        ("agent_ann", "DELETE", client(OF_ANN), None, 2),
        ("admin_ada", "POST", BATCH, {"ids": [key(ARCHIVED)]}, 2),
    ],
)
async def test_a_request_stays_within_its_budget_of_statements(
    modern: Modern, user: str, method: str, path: str, body: Any, budget: int
) -> None:
    sent = modern.client.request(method, path, headers=modern.credentials.headers(user), json=body)
    async with sent as answer:
        assert answer.status < 300
        assert int(answer.headers["X-Query-Count"]) == budget
