"""The rules of contacts and their roles by name, through the running backend and a real database."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from tests.domains.guarded import Asked, GuardedRoom
from tests.domains.support import Modern

OF_OTTO, OF_ANN, ALSO_OF_ANN, OF_BEN, OF_A_CLIENT = 1, 2, 3, 4, 101
CLIENT, LENDER, INSPECTOR, UNKNOWN_ROLE = (
    f"401e0000-0000-4000-8000-{number:012}" for number in (3, 4, 5, 99)
)
UNKNOWN = "/v1/contacts/deadbeef-0000-4000-8000-000000000000"


def contact(number: int) -> str:
    """The path of the seeded contact of that number."""
    return f"/v1/contacts/0c000000-0000-4000-8000-{number:012}"


async def roles_of(modern: Modern, path: str) -> dict[str, bool]:
    """Role → whether it is the first one."""
    reply = await modern.send("admin_ada", "GET", f"{path}/roles")
    return {row["role_id"]: row["is_primary"] for row in reply.body["data"]}


class TestPermissions(GuardedRoom):
    """A contact is its user's alone, whoever else asks."""

    item = "/v1/contacts/0c000000-0000-4000-8000-{:012}"
    name = "contact"
    tables = ("contacts", "contact_role_assignments")
    shown: ClassVar = {("agent_ann", OF_ANN): 200, ("agent_ben", OF_BEN): 200, ("admin_ada", OF_ANN): 404}
    foreign = (OF_ANN,)
    strangers = ("agent_ben", "owner_otto", "broker_bea", "admin_ada")
    personal = True
    requests = (
        ("GET", "", None),
        ("PUT", "", {"phone": "1"}),
        ("PATCH", "/archive", None),
        ("PATCH", "/unarchive", None),
        ("DELETE", "", None),
    )
    wrong = (("PUT", "", {"contact_type": "alien"}),)


class TestPermissionsOfRoles(GuardedRoom):
    """The roles of a contact are open to a system_admin too (Q-02)."""

    item = "/v1/contacts/0c000000-0000-4000-8000-{:012}/roles"
    name = "contact"
    tables = ("contact_role_assignments",)
    verbs: ClassVar = {"GET": "access"}
    shown: ClassVar = {("agent_ann", OF_ANN): 200, ("admin_ada", OF_ANN): 200, ("agent_ben", OF_ANN): 403}
    foreign = (OF_ANN,)
    requests = (
        ("POST", "", {"role_id": INSPECTOR}),
        ("PUT", "/primary", {"role_id": CLIENT}),
    )
    wrong: ClassVar[Sequence[Asked]] = (
        *(("GET", "", None), ("POST", "", {"role_id": "bogus"}), ("PUT", "/primary", {"role_id": "bogus"})),
        *(("DELETE", f"/{CLIENT}", None), ("DELETE", "/not-an-id", None)),
    )


@pytest.mark.parametrize("user", ["agent_ann", "agent_ben", "admin_ada"])
async def test_a_list_a_search_and_an_export_are_of_ones_own(modern: Modern, user: str) -> None:
    listed = await modern.send(user, "GET", "/v1/contacts?limit=200&scope=all")
    found = await modern.send(user, "GET", "/v1/contacts/search?limit=200")
    counted = await modern.send(user, "GET", "/v1/contacts/stats")
    headers = modern.credentials.headers(user)
    async with modern.client.get("/v1/contacts/export", headers=headers) as answer:
        exported = (await answer.text()).splitlines()

    total = listed.body["pagination"]["total"]
    assert len({row["user_id"] for row in listed.body["data"]}) == 1
    archived = await modern.send(user, "GET", "/v1/contacts?limit=200&archived=true")
    in_archive = archived.body["pagination"]["total"]  # a search looks there too, as recorded
    counts = [found.body["count"] - in_archive, counted.body["data"]["total"], len(exported) - 1]
    assert [total] * 3 == counts


async def test_an_api_key_does_not_let_in(modern: Modern) -> None:
    paths = ["/v1/contacts", contact(OF_ANN), "/v1/contact-roles", "/v1/contact-roles/x/y"]

    replies = [await modern.send("apikey:agent_ann", "GET", path) for path in paths]

    assert {reply.refusal for reply in replies} == {(401, "NO_AUTH_TOKEN")}


async def test_a_list_is_by_name_and_shows_the_archive_only_when_asked(modern: Modern) -> None:
    await modern.send("agent_ann", "PATCH", f"{contact(OF_ANN)}/archive")

    listed = [
        (await modern.send("agent_ann", "GET", f"/v1/contacts?limit=200&archived={archived}")).body["data"]
        for archived in ("false", "true")
    ]

    names = [(row["last_name"], row["first_name"]) for row in listed[0]]
    assert names == sorted(names)
    assert [{row["is_archived"] for row in rows} for rows in listed] == [{False}, {True}]


async def test_a_contact_goes_into_the_archive_and_back_as_often_as_one_likes(modern: Modern) -> None:
    moves = [("archive", True), ("archive", True), ("unarchive", False), ("unarchive", False)]

    replies = [await modern.send("agent_ann", "PATCH", f"{contact(OF_ANN)}/{move}") for move, _ in moves]

    shown = [reply.body["data"] for reply in replies]
    assert [row["is_archived"] for row in shown] == [archived for _, archived in moves]
    assert [row["archived_at"] is not None for row in shown] == [archived for _, archived in moves]


async def test_a_contact_is_deleted_for_good_unless_a_client_refers_to_it(modern: Modern) -> None:
    deleted = await modern.send("agent_ann", "DELETE", contact(OF_ANN))
    kept = await modern.send("agent_ann", "DELETE", contact(OF_A_CLIENT))

    assert deleted.status == 200
    assert kept.refusal == (409, "CONFLICT")
    assert (
        len(modern.rows("SELECT 1 FROM contacts WHERE id = %s", [contact(OF_A_CLIENT).rpartition("/")[2]]))
        == 1
    )


async def test_the_roles_of_a_contact_can_be_shared_though_the_contact_cannot(modern: Modern) -> None:
    modern.execute(
        """
        INSERT INTO data_access_control (resource_type, resource_id, user_id, can_view, can_edit)
        SELECT 'contact', %s, id, true, false FROM users WHERE email LIKE 'agent_ben%%'
        """,
        [contact(OF_ANN).rpartition("/")[2]],
    )

    seen = await modern.send("agent_ben", "GET", f"{contact(OF_ANN)}/roles")
    added = await modern.send("agent_ben", "POST", f"{contact(OF_ANN)}/roles", {"role_id": INSPECTOR})
    shown = await modern.send("agent_ben", "GET", contact(OF_ANN))

    assert [seen.status, added.status, shown.status] == [200, 403, 404]


async def test_a_role_is_added_once_and_can_be_the_first_one(modern: Modern) -> None:
    path = f"{contact(ALSO_OF_ANN)}/roles"
    before = await roles_of(modern, contact(ALSO_OF_ANN))

    second = await modern.send("agent_ann", "POST", path, {"role_id": CLIENT, "role_metadata": {"k": "v"}})
    again = await modern.send("agent_ann", "POST", path, {"role_id": CLIENT, "is_primary": True})
    between = await roles_of(modern, contact(ALSO_OF_ANN))
    first = await modern.send("agent_ann", "POST", path, {"role_id": INSPECTOR, "is_primary": True})

    told = second.body["data"]
    assert (second.status, told["role_name"], told["role_metadata"], told["is_primary"]) == (
        *(201, "client", {"k": "v"}),
        False,
    )
    assert again.refusal == (409, "DUPLICATE_ROLE")
    assert between == before | {CLIENT: False}
    assert (first.status, first.body["data"]["is_primary"]) == (201, True)
    assert await roles_of(modern, contact(ALSO_OF_ANN)) == dict.fromkeys(between, False) | {INSPECTOR: True}


async def test_a_role_that_was_taken_away_can_come_back(modern: Modern) -> None:
    removed = await modern.send("agent_ann", "DELETE", f"{contact(OF_ANN)}/roles/{LENDER}")
    without = await roles_of(modern, contact(OF_ANN))
    added = await modern.send("agent_ann", "POST", f"{contact(OF_ANN)}/roles", {"role_id": LENDER})

    assert (removed.status, without) == (200, {CLIENT: True})
    assert (added.status, await roles_of(modern, contact(OF_ANN))) == (201, {CLIENT: True, LENDER: False})


@pytest.mark.parametrize(
    ("user", "path", "role_id", "message"),
    [
        ("agent_ann", contact(ALSO_OF_ANN), UNKNOWN_ROLE, "Role not found"),
        ("admin_ada", UNKNOWN, CLIENT, "Contact not found"),
        ("admin_ada", "/v1/contacts/not-an-id", CLIENT, "Contact not found"),
    ],
)
async def test_there_is_a_contact_and_a_role_to_add(
    modern: Modern, user: str, path: str, role_id: str, message: str
) -> None:
    reply = await modern.send(user, "POST", f"{path}/roles", {"role_id": role_id})

    assert reply.refusal == (404, "NOT_FOUND")
    assert reply.body["error"]["message"] == message


async def test_one_role_of_a_contact_is_the_first_one(modern: Modern) -> None:
    chosen = await modern.send("agent_ann", "PUT", f"{contact(OF_ANN)}/roles/primary", {"role_id": LENDER})
    after = await roles_of(modern, contact(OF_ANN))
    missing = await modern.send(
        "agent_ann", "PUT", f"{contact(OF_ANN)}/roles/primary", {"role_id": INSPECTOR}
    )

    assert (chosen.status, chosen.body["data"]["role_id"], after) == (
        200,
        LENDER,
        {CLIENT: False, LENDER: True},
    )
    assert missing.refusal == (404, "NOT_FOUND")
    assert await roles_of(modern, contact(OF_ANN)) == after


async def test_the_last_role_stays(modern: Modern) -> None:
    await modern.send("agent_ann", "DELETE", f"{contact(OF_ANN)}/roles/{LENDER}")

    last = await modern.send("agent_ann", "DELETE", f"{contact(OF_ANN)}/roles/{CLIENT}")

    assert last.refusal == (400, "VALIDATION_ERROR")
    assert await roles_of(modern, contact(OF_ANN)) == {CLIENT: True}


async def test_a_role_is_made_once_however_many_ask_at_the_same_time(modern: Modern) -> None:
    body = {"role_name": "chef", "display_name": "Chef"}

    replies = await asyncio.gather(
        *(modern.send("agent_ann", "POST", "/v1/contact-roles", body) for _ in range(4))
    )

    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
    assert {reply.body["error"]["code"] for reply in replies if reply.status == 409} == {"DUPLICATE_ROLE"}
    assert all("timestamp" in reply.body for reply in replies)


async def test_a_role_that_is_not_active_is_shown_alone_but_not_listed(modern: Modern) -> None:
    modern.execute("UPDATE contact_roles SET is_active = false WHERE id = %s", [CLIENT])

    listed = await modern.send("agent_ann", "GET", "/v1/contact-roles")
    shown = await modern.send("agent_ann", "GET", f"/v1/contact-roles/{CLIENT}")

    assert CLIENT not in {row["id"] for row in listed.body["data"]}
    assert shown.body["data"]["is_active"] is False


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/contacts", None),
        ("GET", "/v1/contacts/search?role=client", None),
        ("GET", contact(OF_ANN), None),
        ("POST", "/v1/contacts", {"first_name": "A", "last_name": "B", "contact_type": "buyer"}),
        ("PUT", contact(OF_ANN), {"phone": "1"}),
        ("PATCH", f"{contact(OF_ANN)}/archive", None),
        ("DELETE", contact(OF_ANN), None),
        ("GET", f"{contact(OF_ANN)}/roles", None),
        ("POST", f"{contact(OF_ANN)}/roles", {"role_id": INSPECTOR, "is_primary": True}),
        ("PUT", f"{contact(OF_ANN)}/roles/primary", {"role_id": LENDER}),
        ("DELETE", f"{contact(OF_ANN)}/roles/{LENDER}", None),
        ("GET", "/v1/contact-roles", None),
        ("POST", "/v1/contact-roles", {"role_name": "chef", "display_name": "Chef"}),
    ],
)
async def test_a_request_needs_one_statement_and_one_for_its_caller(
    modern: Modern, method: str, path: str, body: dict[str, Any] | None
) -> None:
    reply = await modern.send("agent_ann", method, path, body)

    assert reply.query_count == 2
