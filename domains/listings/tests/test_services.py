"""The rules of listings by name, through the running backend and a real database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import pytest

from domains.listings import ListingService
from domains.listings.services import SORT_KEYS
from domains.shared.database import Database
from domains.shared.errors import ConflictError
from domains.shared.permissions import Principal, Role
from tests.domains.guarded import GuardedRoom, VersionedRoom
from tests.domains.support import Modern

OF_ANN, OF_BEN = 9, 11
SHARED_WITH_BEN = 2
ARCHIVED_OF_BEA = 20
ADA = Principal(UUID("c0ffee00-0000-4000-8000-000000000001"), "ada@example.test", Role.SYSTEM_ADMIN)
NOW = datetime(2027, 3, 10, 12, tzinfo=UTC)
BATCH = "/v1/listings/batch-delete"


def key(number: int) -> str:
    """The id of a seeded listing; its owner and agent is [ada, otto, ann, ann, ben, ben, bea][number % 7]."""
    return f"11500000-0000-4000-8000-{number:012}"


def listing(number: int) -> str:
    return f"/v1/listings/{key(number)}"


class TestPermissions(GuardedRoom, VersionedRoom):
    """Who gets at a listing; an archived one is out of sight."""

    item = "/v1/listings/11500000-0000-4000-8000-{:012}"
    name = "listing"
    tables = ("listings",)
    shown: ClassVar = {
        ("agent_ann", OF_ANN): 200,
        ("admin_ada", OF_ANN): 200,
        ("agent_ben", SHARED_WITH_BEN): 200,
        ("apikey:agent_ann", OF_ANN): 200,
        ("agent_ben", OF_ANN): 403,
        ("owner_otto", OF_ANN): 403,
        ("broker_bea", OF_BEN): 403,
        ("broker_bea", ARCHIVED_OF_BEA): 404,
        ("admin_ada", ARCHIVED_OF_BEA): 404,
    }
    foreign = (OF_ANN, ARCHIVED_OF_BEA)
    requests = (
        ("GET", "", None),
        ("PUT", "", {"city": "X"}),
        ("PUT", "", {"city": "X", "version": 1}),
        ("PUT", "/archive", None),
        ("POST", "/price-reduction", {"newPrice": 1}),
        ("POST", "/showings", {"date": "2027-05-01", "time": "10:00"}),
        ("DELETE", "", None),
    )
    wrong = (("PUT", "", {"moat": True}), ("PUT", "", {"listPrice": -1}))
    accepts_unknown = ("/showings",)
    versioned = listing(OF_ANN)
    change: ClassVar = {"city": "X"}


async def test_only_the_agent_of_record_may_archive_a_listing_and_its_owner_delete_it(modern: Modern) -> None:
    too_early = await modern.send("agent_ann", "DELETE", listing(OF_ANN))
    by_admin = await modern.send("admin_ada", "PUT", f"{listing(OF_ANN)}/archive")
    archived = await modern.send("agent_ann", "PUT", f"{listing(OF_ANN)}/archive")
    again = await modern.send("agent_ann", "PUT", f"{listing(OF_ANN)}/archive")
    changed = await modern.send("agent_ann", "PUT", listing(OF_ANN), {"city": "X"})
    deleted = await modern.send("agent_ann", "DELETE", listing(OF_ANN))

    assert too_early.refusal == (400, "NOT_ARCHIVED")
    assert [reply.refusal for reply in (by_admin, again, changed)] == [(404, "NOT_FOUND")] * 3
    assert (archived.status, archived.body["data"]["listing_status"], deleted.status) == (
        200,
        "Cancelled",
        200,
    )
    assert modern.rows("SELECT 1 FROM listings WHERE id = %s", [key(OF_ANN)]) == []


@pytest.mark.parametrize(
    ("user", "query", "total"),
    [
        ("admin_ada", "", 57),
        ("admin_ada", "?scope=user", 8),
        ("agent_ann", "", 0),
        ("agent_ann", "?scope=user", 18),
        ("broker_bea", "", 7),
        ("admin_ada", "?search=granite", 57),
        ("admin_ada", "?page=99", 57),
        ("admin_ada", "?limit=0", 57),
        ("admin_ada", "?minPrice=500000&maxPrice=600000", 8),
        ("admin_ada", "?minDaysOnMarket=100000", 0),
    ],
)
async def test_a_list_counts_what_its_scope_and_filters_leave(
    modern: Modern, user: str, query: str, total: int
) -> None:
    reply = await modern.send(user, "GET", f"/v1/listings{query}")

    assert reply.body["data"]["pagination"]["total"] == total


async def test_a_list_can_be_sorted_by_every_declared_key(modern: Modern) -> None:
    replies = [
        await modern.send("admin_ada", "GET", f"/v1/listings?sortBy={sort}&limit=100") for sort in SORT_KEYS
    ]

    assert [len(reply.body["data"]["listings"]) for reply in replies] == [57] * len(SORT_KEYS)


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("page=abc&limit=-1", ["page", "limit"]),
        ("page=", ["page"]),
        ("minPrice=x&maxDaysOnMarket=soon", ["minPrice", "maxDaysOnMarket"]),
        ("status=%00", ["status"]),
    ],
)
async def test_a_list_refuses_what_is_no_number(modern: Modern, query: str, faults: list[str]) -> None:
    reply = await modern.send("admin_ada", "GET", f"/v1/listings?{query}")

    assert reply.refusal == (400, "VALIDATION_ERROR")
    assert reply.faults == faults


async def test_whoever_made_a_listing_is_its_agent_and_does_not_own_it(modern: Modern) -> None:
    created = await modern.send("agent_ann", "POST", "/v1/listings", {"propertyAddress": "1 Minimal Mews"})

    shown = created.body["data"]
    reply = await modern.send("agent_ann", "GET", f"/v1/listings/{shown['id']}")

    assert (shown["listing_agent_id"], shown["owner_id"]) == ("c0ffee00-0000-4000-8000-000000000003", None)
    assert shown["mls_number"].startswith(f"MLS{datetime.now(UTC).year}")
    assert reply.refusal == (403, "FORBIDDEN")


class Dice(Random):
    """Chance that falls as it is told, and at last always alike."""

    def __init__(self, *falls: int) -> None:
        super().__init__()
        self._falls = list(falls)

    def randrange(self, *_: int) -> int:  # type: ignore[override]  # what it is asked for does not matter
        return self._falls.pop(0) if len(self._falls) > 1 else self._falls[0]


@asynccontextmanager
async def rolling(database_url: str, *falls: int) -> AsyncIterator[ListingService]:
    """The service in a year in which listing 1 has the number 1234."""
    database = Database(database_url, pool_size=1)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE listings SET mls_number = 'MLS20271234' WHERE id = %s", [key(1)])
    try:
        yield ListingService(database, lambda: NOW, chance=Dice(*falls))
    finally:
        await database.close()


async def test_a_number_that_is_taken_is_not_given_twice(seeded_database: str) -> None:
    async with rolling(seeded_database, 1234, 1234, 5678) as service:
        row = await service.create(ADA, {"propertyAddress": "1 Road"})

    assert row["mls_number"] == "MLS20275678"


async def test_without_a_free_number_there_is_no_listing(seeded_database: str) -> None:
    async with rolling(seeded_database, 1234) as service:
        with pytest.raises(ConflictError):
            await service.create(ADA, {"propertyAddress": "1 Road"})


async def test_of_two_updates_with_one_version_one_is_a_conflict(modern: Modern) -> None:
    body = {"city": "X", "version": 1}

    replies = await asyncio.gather(
        *(modern.send("agent_ann", "PUT", listing(OF_ANN), body) for _ in range(2))
    )

    assert sorted(reply.status for reply in replies) == [200, 409]
    [conflict] = [reply for reply in replies if reply.status == 409]
    assert conflict.body["error"]["currentVersion"] == 2


async def test_a_listing_that_becomes_active_is_new_on_the_market(modern: Modern) -> None:
    reply = await modern.send("agent_ann", "PUT", listing(OF_ANN), {"listingStatus": "Active"})

    shown = reply.body["data"]
    assert shown["days_on_market"] == 0
    assert shown["listing_date"].startswith(str(datetime.now(UTC).date()))


async def test_the_price_can_be_lowered_and_nothing_else_with_it(modern: Modern) -> None:
    reply = await modern.send("agent_ann", "POST", f"{listing(OF_ANN)}/price-reduction", {"newPrice": "5.5"})

    shown = reply.body["data"]
    assert (shown["list_price"], shown["version"], shown["last_modified_by"]) == ("5.50", 1, None)


async def test_a_batch_is_deleted_by_its_agent_all_or_nothing(modern: Modern) -> None:
    modern.execute("UPDATE listings SET deleted_at = now() WHERE id = %s", [key(OF_ANN)])
    archived, active, foreign = key(OF_ANN), key(10), key(ARCHIVED_OF_BEA)
    modern.execute(
        "UPDATE listings SET listing_agent_id = 'c0ffee00-0000-4000-8000-000000000003' WHERE id = %s",
        [active],
    )

    with_active = await modern.send("agent_ann", "POST", BATCH, {"ids": [archived, active]})
    with_foreign = await modern.send("agent_ann", "POST", BATCH, {"ids": [archived, foreign]})
    in_capitals = await modern.send(
        "agent_ann", "POST", BATCH, {"ids": [archived, "DEADBEEF" + archived[8:]]}
    )
    of_others = await modern.send("admin_ada", "POST", BATCH, {"ids": [archived]})
    deleted = await modern.send("agent_ann", "POST", BATCH, {"ids": [archived]})

    assert with_active.refusal == (400, "NOT_ARCHIVED")
    assert with_active.body["error"]["notArchivedIds"] == [active]
    assert with_foreign.body["error"]["notFoundIds"] == [foreign]
    assert {reply.refusal for reply in (with_foreign, in_capitals, of_others)} == {(404, "NOT_FOUND")}
    assert deleted.body["data"]["deletedCount"] == 1


@pytest.mark.parametrize(
    ("user", "method", "path", "body", "budget"),
    [
        ("admin_ada", "GET", "/v1/listings", None, 2),
        ("apikey:agent_ann", "GET", "/v1/listings?scope=user", None, 3),
        ("agent_ann", "GET", listing(OF_ANN), None, 2),
        ("agent_ann", "GET", "/v1/listings/health/db", None, 2),
        ("agent_ann", "GET", "/v1/listings/stats?scope=user", None, 2),
        ("agent_ann", "GET", "/v1/listings/export?scope=user", None, 2),
        ("agent_ann", "POST", "/v1/listings", {"propertyAddress": "x"}, 2),
        ("agent_ann", "PUT", listing(OF_ANN), {"city": "X", "version": 1}, 2),
        ("agent_ann", "PUT", f"{listing(OF_ANN)}/archive", None, 2),
        ("agent_ann", "POST", f"{listing(OF_ANN)}/price-reduction", {"newPrice": 5}, 2),
        ("agent_ann", "POST", f"{listing(OF_ANN)}/showings", {"date": "x", "time": "y"}, 2),
        ("broker_bea", "DELETE", listing(ARCHIVED_OF_BEA), None, 2),
        ("broker_bea", "POST", BATCH, {"ids": [key(ARCHIVED_OF_BEA)]}, 2),
    ],
)
async def test_a_request_stays_within_its_budget_of_statements(
    modern: Modern, user: str, method: str, path: str, body: Any, budget: int
) -> None:
    sent = modern.client.request(method, path, headers=modern.credentials.headers(user), json=body)
    async with sent as answer:
        assert answer.status < 300
        assert int(answer.headers["X-Query-Count"]) == budget


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/listings", {"propertyAddress": "x\u0000y"}),
        ("POST", "/v1/listings", {"propertyAddress": "x" * 300}),
        ("POST", "/v1/listings", {"propertyAddress": "x", "features": ["\u0000"]}),
        ("POST", "/v1/listings", {"propertyAddress": "x", "yearBuilt": "old"}),
        ("PUT", listing(OF_ANN), {"listing_agent_id": "deadbeef-0000-4000-8000-000000000000"}),
        ("PUT", listing(OF_ANN), {"mls_number": "MLSSYN0001"}),
        ("PUT", listing(OF_ANN), {"property_address": None}),
        ("PUT", listing(OF_ANN), {"listPrice": 1e300}),
        ("PUT", listing(OF_ANN), {"lot_size": "1e400"}),
        ("POST", f"{listing(OF_ANN)}/price-reduction", {"newPrice": 1e300}),
        ("POST", f"{listing(OF_ANN)}/price-reduction", {"newPrice": True}),
        ("POST", BATCH, {"ids": ["nope"]}),
        ("POST", BATCH, {"ids": {"a": 5}}),
    ],
)
async def test_a_value_that_does_not_fit_is_the_clients_error_and_tells_no_internals(
    modern: Modern, method: str, path: str, body: Any
) -> None:
    reply = await modern.send("admin_ada", method, path, body)

    told = str(reply.body).lower()
    assert reply.refusal == (400, "VALIDATION_ERROR")
    assert not [word for word in ("psycopg", "sqlalchemy", "select ", "traceback", "varying") if word in told]
