"""The rules of escrows by name, through the running backend and a real database."""

import asyncio
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from domains.escrows.routes import ROUTES
from domains.escrows.services import SORT_KEYS
from tests.domains.guarded import GuardedRoom, VersionedRoom
from tests.domains.support import Modern, escrow

OF_ANN, OF_BEN, OF_BEA = 9, 11, 13
SHARED_WITH_BEN = 2
ARCHIVED_OF_BEA = 20
BODIES: dict[str, Any] = {
    "/checklist": {"item": "loan.cd", "value": True},
    "/details": {"purchasePrice": 5},
    "/documents": [],
    "/notes": {"note": "x"},
    "/timeline": [],
}
SECTIONS = [
    (route.method, suffix)
    for route in ROUTES
    if (suffix := route.path.removeprefix("/v1/escrows/{id}")) != route.path and suffix
]


def body_of(method: str, suffix: str) -> Any:
    """What a section is sent."""
    return (
        None if method == "GET" or suffix in {"/archive", "/restore"} else BODIES.get(suffix, {"pool": True})
    )


class TestPermissions(GuardedRoom, VersionedRoom):
    """Who gets at an escrow and at its sections."""

    item = "/v1/escrows/e5c00000-0000-4000-8000-{:012}"
    name = "escrow"
    tables = ("escrows",)
    shown: ClassVar = {
        ("agent_ann", OF_ANN): 200,
        ("admin_ada", OF_ANN): 200,
        ("agent_ben", SHARED_WITH_BEN): 200,
        ("apikey:agent_ann", OF_ANN): 200,
        ("agent_ben", OF_ANN): 403,
        ("owner_otto", OF_ANN): 403,
        ("broker_bea", OF_BEN): 403,
    }
    foreign = (OF_ANN, ARCHIVED_OF_BEA)
    requests = (
        *((method, "", {"city": "X"} if method == "PUT" else None) for method in ("GET", "PUT", "DELETE")),
        *((method, suffix, body_of(method, suffix)) for method, suffix in SECTIONS),
    )
    no_ids = (*GuardedRoom.no_ids, "99999999999")
    versioned = escrow(OF_ANN)
    change: ClassVar = {"city": "X"}


async def test_sharing_for_viewing_and_editing_is_not_sharing_for_deleting(modern: Modern) -> None:
    modern.execute("UPDATE escrows SET deleted_at = now() WHERE numeric_id = 2")

    edited = await modern.send("agent_ben", "PUT", escrow(SHARED_WITH_BEN), {"city": "Collabville"})
    deleted = await modern.send("agent_ben", "DELETE", escrow(SHARED_WITH_BEN))

    assert edited.status == 200
    assert deleted.refusal == (403, "FORBIDDEN")


async def test_whoever_made_an_escrow_does_not_own_it(modern: Modern) -> None:
    created = await modern.send("agent_ann", "POST", "/v1/escrows", {"propertyAddress": "1 Minimal Mews"})

    reply = await modern.send("agent_ann", "GET", f"/v1/escrows/{created.body['data']['id']}")

    assert reply.refusal == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    "key",
    [
        "5",
        "ESC-2025-0005",
        "escrow-e5c00000-0000-4000-8000-000000000005",
        "e5c00000-0000-4000-8000-000000000005",
    ],
)
async def test_a_system_admin_finds_an_escrow_by_each_of_its_names(modern: Modern, key: str) -> None:
    reply = await modern.send("admin_ada", "GET", f"/v1/escrows/{key}")

    assert reply.body["data"]["details"]["escrowNumber"] == "ESC-2025-0005"


@pytest.mark.parametrize("key", ["9", "ESC-2025-0009", "escrow-e5c00000-0000-4000-8000-000000000009"])
async def test_an_owner_finds_an_escrow_by_its_id_alone(modern: Modern, key: str) -> None:
    reply = await modern.send("agent_ann", "GET", f"/v1/escrows/{key}")

    assert reply.refusal == (403, "FORBIDDEN")


async def test_an_owner_may_archive_by_the_display_id(modern: Modern) -> None:
    reply = await modern.send("agent_ann", "PUT", "/v1/escrows/ESC-2025-0009/archive")

    assert reply.body["data"] == {"displayId": "ESC-2025-0009"}


async def test_an_archived_escrow_is_shown_restored_or_deleted_for_good(modern: Modern) -> None:
    too_early = await modern.send("agent_ann", "DELETE", escrow(OF_ANN))
    archived = await modern.send("agent_ann", "PUT", f"{escrow(OF_ANN)}/archive")
    again = await modern.send("agent_ann", "PUT", f"{escrow(OF_ANN)}/archive")
    shown = await modern.send("agent_ann", "GET", escrow(OF_ANN))
    restored = await modern.send("agent_ann", "PUT", f"{escrow(OF_ANN)}/restore")
    not_archived = await modern.send("agent_ann", "PUT", f"{escrow(OF_ANN)}/restore")
    await modern.send("agent_ann", "PUT", f"{escrow(OF_ANN)}/archive")
    deleted = await modern.send("agent_ann", "DELETE", escrow(OF_ANN))

    assert [reply.status for reply in (archived, shown, restored, deleted)] == [200, 200, 200, 200]
    assert [reply.refusal for reply in (too_early, again, not_archived)] == [(404, "NOT_FOUND")] * 3
    assert shown.body["data"]["details"]["deletedAt"] is not None
    assert modern.rows("SELECT 1 FROM escrows WHERE numeric_id = 9") == []


@pytest.mark.parametrize(
    ("user", "query", "total"),
    [
        ("admin_ada", "", 57),
        ("admin_ada", "?scope=team", 57),
        ("admin_ada", "?scope=user", 8),
        ("agent_ann", "", 0),
        ("owner_otto", "", 0),
        ("agent_ann", "?scope=user", 18),
        ("broker_bea", "", 7),
        ("broker_bea", "?scope=user", 7),
        ("admin_ada", "?archived=true", 3),
        ("admin_ada", "?archived=all", 60),
        ("admin_ada", "?includeArchived=true", 60),
        ("admin_ada", "?status=aCTIVE", 21),
        ("admin_ada", "?status=all", 57),
        ("admin_ada", "?search=granite", 8),
        ("admin_ada", "?page=99", 57),
        ("admin_ada", "?minPrice=99999999", 57),
    ],
)
async def test_a_list_counts_what_its_scope_and_filters_leave(
    modern: Modern, user: str, query: str, total: int
) -> None:
    reply = await modern.send(user, "GET", f"/v1/escrows{query}")

    assert reply.body["data"]["pagination"]["total"] == total


async def test_a_list_can_be_sorted_by_every_declared_key(modern: Modern) -> None:
    replies = {
        sort: await modern.send("admin_ada", "GET", f"/v1/escrows?sort={sort}&limit=100")
        for sort in SORT_KEYS
    }

    listed = {sort: len(reply.body["data"]["escrows"]) for sort, reply in replies.items()}
    assert listed == dict.fromkeys(SORT_KEYS, 57)


async def test_a_list_is_sorted_upwards_or_downwards(modern: Modern) -> None:
    up = await modern.send("admin_ada", "GET", "/v1/escrows?sort=purchase_price&order=ASC&limit=2")
    down = await modern.send("admin_ada", "GET", "/v1/escrows?sort=PURCHASE_PRICE&limit=2")

    prices = [[row["purchasePrice"] for row in reply.body["data"]["escrows"]] for reply in (up, down)]
    assert prices == [["415000.00", "430000.00"], ["1285000.00", "1270000.00"]]


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("sort=bogus", ["sort"]),
        ("sort=people", ["sort"]),
        ("sort=created_at%3B%20DROP%20TABLE%20escrows", ["sort"]),
        ("order=sideways", ["order"]),
        ("sort=bogus&order=sideways", ["sort", "order"]),
        ("page=abc&limit=0", ["page", "limit"]),
        ("page=-1", ["page"]),
        ("minPrice=x&closingDateEnd=soon", ["minPrice", "closingDateEnd"]),
    ],
)
async def test_a_list_refuses_what_is_not_declared(modern: Modern, query: str, faults: list[str]) -> None:
    reply = await modern.send("admin_ada", "GET", f"/v1/escrows?{query}")

    assert reply.refusal == (400, "VALIDATION_ERROR")
    assert reply.faults == faults


async def test_a_page_beyond_every_bigint_is_an_empty_page(modern: Modern) -> None:
    reply = await modern.send("admin_ada", "GET", f"/v1/escrows?page={10**18}&limit={10**18}")

    assert reply.body["data"]["escrows"] == []


async def test_a_new_escrow_has_the_next_number_of_its_year(modern: Modern) -> None:
    year = datetime.now(UTC).year
    modern.execute("UPDATE escrows SET display_id = %s WHERE numeric_id = 60", (f"ESC-{year}-9999",))

    created = await modern.send("admin_ada", "POST", "/v1/escrows", {"propertyAddress": "1 Minimal Mews"})

    assert created.body["data"]["displayId"] == f"ESC-{year}-10000"


async def test_escrows_made_at_the_same_moment_have_different_numbers(modern: Modern) -> None:
    async def make(n: int) -> Any:
        return await modern.send("admin_ada", "POST", "/v1/escrows", {"propertyAddress": f"{n} Rush Row"})

    replies = await asyncio.gather(*(make(n) for n in range(40)))

    year = datetime.now(UTC).year
    assert {reply.status for reply in replies} == {201}
    assert {reply.body["data"]["displayId"] for reply in replies} == {
        f"ESC-{year}-{n:04}" for n in range(1, 41)
    }


async def test_a_new_escrow_stores_what_was_sent_escaped_and_defaults_the_rest(modern: Modern) -> None:
    body = {"property_address": "4 O'Test & Sons", "my_commission": 9000, "zipCode": "90001", "unheard": "of"}

    created = await modern.send("apikey:agent_ann", "POST", "/v1/escrows", body)

    stored = modern.rows(
        "SELECT property_address, purchase_price, escrow_status, net_commission, zip_code, created_by::text,"
        " team_id::text, owner_id, version FROM escrows WHERE id = %s",
        (created.body["data"]["id"],),
    )
    ann, team = "c0ffee00-0000-4000-8000-000000000003", "aaaaaaaa-0000-4000-8000-000000000001"
    assert stored == [("4 O&#x27;Test &amp; Sons", 0, "Active", 9000, "90001", ann, team, None, 1)]


async def test_an_update_with_the_current_version_succeeds_and_counts_it_on(modern: Modern) -> None:
    reply = await modern.send("agent_ann", "PUT", escrow(OF_ANN), {"city": "Testburg", "version": 1})

    assert reply.status == 200
    assert (reply.body["data"]["city"], reply.body["data"]["version"]) == ("Testburg", 2)


async def test_an_update_with_another_version_is_a_conflict_and_changes_nothing(modern: Modern) -> None:
    reply = await modern.send("agent_ann", "PUT", escrow(OF_ANN), {"city": "Testburg", "version": 7})

    assert reply.status == 409
    assert reply.body["error"] == {
        "code": "VERSION_CONFLICT",
        "message": "This escrow was modified by another user. Please refresh and try again.",
        "currentVersion": 1,
        "attemptedVersion": 7,
    }
    assert modern.rows("SELECT city, version FROM escrows WHERE numeric_id = 9") == [("Sampleville", 1)]


async def test_of_many_updates_with_the_same_version_one_succeeds(modern: Modern) -> None:
    async def edit(n: int) -> int:
        reply = await modern.send("agent_ann", "PUT", escrow(OF_ANN), {"city": f"City {n}", "version": 1})
        return reply.status

    statuses = await asyncio.gather(*(edit(n) for n in range(12)))

    assert sorted(statuses) == [200, *[409] * 11]
    assert modern.rows("SELECT version FROM escrows WHERE numeric_id = 9") == [(2,)]


async def test_without_a_version_the_last_update_wins(modern: Modern) -> None:
    replies = await asyncio.gather(
        *(modern.send("agent_ann", "PUT", escrow(OF_ANN), {"city": f"City {n}"}) for n in range(6))
    )

    assert {reply.status for reply in replies} == {200}
    assert modern.rows("SELECT version FROM escrows WHERE numeric_id = 9") == [(7,)]


@pytest.mark.parametrize(
    "field", ["favouriteColour", "team_id", "ownerId", "deleted_at", "created_by", "broker_id"]
)
async def test_an_update_refuses_fields_that_are_not_declared(modern: Modern, field: str) -> None:
    reply = await modern.send("agent_ann", "PUT", escrow(OF_ANN), {field: "x", "city": "Testburg"})

    assert reply.refusal == (400, "VALIDATION_ERROR")
    assert reply.faults == [field]
    assert modern.rows("SELECT city FROM escrows WHERE numeric_id = 9") == [("Sampleville",)]


@pytest.mark.parametrize("body", [{}, {"id": "x", "display_id": "y"}, {"version": 1}])
async def test_an_update_of_nothing_is_refused(modern: Modern, body: dict[str, Any]) -> None:
    reply = await modern.send("agent_ann", "PUT", escrow(OF_ANN), body)

    assert reply.refusal == (400, "NO_UPDATES")


@pytest.mark.parametrize("body", [{}, {"favouriteColour": "blue"}, {"version": "x"}])
async def test_a_stranger_is_not_told_what_is_wrong_with_an_update(
    modern: Modern, body: dict[str, Any]
) -> None:
    reply = await modern.send("agent_ben", "PUT", escrow(OF_ANN), body)

    assert reply.refusal == (403, "FORBIDDEN")


async def test_an_update_stores_every_kind_of_value(modern: Modern) -> None:
    body = {
        "purchasePrice": "1234567.5",
        "closing_date": "2028-02-29T10:00:00Z",
        "bedrooms": "4",
        "pool": "yes",
        "documents": [{"id": "d1"}],
        "people": {"buyer": {"name": "O'Test"}},
        "myCommission": None,
        "title_company": "",
        "access_level": "personal",
    }

    reply = await modern.send("agent_ann", "PUT", escrow(OF_ANN), body)

    row = reply.body["data"]
    shown = {
        key: row[key] for key in ("purchase_price", "closing_date", "bedrooms", "pool", "documents", "people")
    }
    assert shown == {
        "purchase_price": "1234567.50",
        "closing_date": "2028-02-29T00:00:00.000Z",
        "bedrooms": 4,
        "pool": True,
        "documents": [{"id": "d1"}],
        "people": {"buyer": {"name": "O'Test"}},
    }
    assert (row["net_commission"], row["title_company"], row["access_level"]) == (None, "", "personal")


@pytest.mark.parametrize(
    ("user", "method", "path", "body", "budget"),
    [
        ("admin_ada", "GET", "/v1/escrows?limit=20", None, 2),
        ("agent_ann", "GET", "/v1/escrows?scope=user", None, 2),
        ("agent_ann", "GET", "/v1/escrows", None, 1),
        ("admin_ada", "GET", "/v1/escrows?page=99", None, 3),
        ("apikey:agent_ann", "GET", "/v1/escrows", None, 2),
        ("apikey:agent_ann", "GET", "/v1/escrows?scope=user", None, 3),
        ("agent_ann", "GET", "/v1/escrows?scope=all", None, 1),
        ("admin_ada", "GET", escrow(9), None, 2),
        ("agent_ben", "GET", escrow(2), None, 2),
        ("agent_ben", "GET", escrow(9), None, 2),
        ("agent_ann", "POST", "/v1/escrows", {"propertyAddress": "1 Budget Bay"}, 2),
        ("agent_ben", "PUT", escrow(2), {"city": "X"}, 2),
        ("agent_ann", "PUT", escrow(9), {"city": "X", "version": 1}, 2),
        ("agent_ann", "PUT", escrow(9), {"city": "X", "version": 9}, 3),
        ("agent_ann", "PUT", f"{escrow(9)}/archive", None, 2),
        ("broker_bea", "PUT", f"{escrow(20)}/restore", None, 2),
        ("broker_bea", "DELETE", escrow(20), None, 2),
        (None, "GET", "/v1/escrows", None, 0),
        ("badtoken", "GET", "/v1/escrows", None, 0),
    ],
)
async def test_a_request_stays_within_its_budget_of_statements(
    modern: Modern, user: str | None, method: str, path: str, body: dict[str, Any] | None, budget: int
) -> None:
    reply = await modern.send(user, method, path, body)

    assert reply.query_count == budget


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/escrows?search=%00", None),
        ("POST", "/v1/escrows", {"propertyAddress": "x\u0000y"}),
        ("POST", "/v1/escrows", {"propertyAddress": "x" * 300}),
        ("POST", "/v1/escrows", {"propertyAddress": "x", "purchasePrice": 1e15}),
        ("PUT", escrow(9), {"people": {"buyer": "x\u0000y"}}),
        ("PUT", escrow(9), {"access_level": "everybody"}),
        ("PUT", escrow(9), {"closingDate": "2027-02-30"}),
        ("PUT", escrow(9), {"bedrooms": 1e12}),
        ("PUT", escrow(9), {"latitude": 1000}),
        ("PUT", escrow(9), {"property_address": None}),
    ],
)
async def test_a_value_that_does_not_fit_is_the_clients_error_and_tells_no_internals(
    modern: Modern, method: str, path: str, body: dict[str, Any] | None
) -> None:
    reply = await modern.send("admin_ada", method, path, body)

    told = str(reply.body).lower()
    assert reply.refusal == (400, "VALIDATION_ERROR")
    assert not [
        word
        for word in ("psycopg", "sqlalchemy", "syntax", "select ", "traceback", "varying")
        if word in told
    ]
