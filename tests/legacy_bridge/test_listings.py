"""The handlers of listings, where the recording shows one case of many."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy

ADA = "admin_ada"
UNKNOWN = "deadbeef-0000-4000-8000-000000000000"


def listing(number: int) -> str:
    return f"11500000-0000-4000-8000-{number:012}"


def path(number: int, tail: str = "") -> str:
    return f"/v1/listings/{listing(number)}{tail}"


async def listed(legacy: Legacy, query: str, user: str = ADA) -> list[int]:
    reply = await legacy.send(user, "GET", f"/v1/listings?{query}")
    assert reply.status == 200, reply.body
    return [int(row["mls_number"][-4:]) for row in reply.body["data"]["listings"]]


async def test_lists_are_filtered_by_price_type_status_and_days(legacy: Legacy) -> None:
    assert await listed(legacy, "minPrice=1030000&limit=100&sortBy=list_price") == [59]
    assert await listed(legacy, "propertyType=Condo&status=Active") == [49, 7]
    days = await legacy.send(ADA, "GET", "/v1/listings?minDaysOnMarket=5&maxDaysOnMarket=6&limit=100")
    assert {row["days_on_market"] for row in days.body["data"]["listings"]} == {5}


async def test_lists_are_paged_and_sorted_either_way(legacy: Legacy) -> None:
    first = await listed(legacy, "sortBy=list_price&sortOrder=aSc&limit=3")

    assert first == [1, 2, 3]
    assert await listed(legacy, "sortBy=list_price&sortOrder=up&limit=2") == [59, 58]
    assert await listed(legacy, "sortBy=list_price&sortOrder=ASC&limit=2&page=2") == [3, 4]


async def test_default_lists_are_empty_for_agents_and_fail_for_brokers(legacy: Legacy) -> None:
    broker = await legacy.send("broker_bea", "GET", "/v1/listings")

    assert await listed(legacy, "", "agent_ann") == []
    assert (broker.status, broker.query_count) == (500, 1)
    assert broker.body["error"] == {"code": "FETCH_ERROR", "message": "Failed to fetch listings"}


@pytest.mark.parametrize(
    ("query", "query_count"),
    [("page=abc", 3), ("limit=-1", 3), ("page=0", 3), ("limit=x", 3), ("minPrice=abc", 2)],
)
async def test_numbers_that_are_none_are_an_error_of_the_server(
    legacy: Legacy, query: str, query_count: int
) -> None:
    reply = await legacy.send(ADA, "GET", f"/v1/listings?{query}")

    assert (reply.status, reply.code, reply.query_count) == (500, "FETCH_ERROR", query_count)


async def test_a_limit_of_zero_has_infinitely_many_pages(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "GET", "/v1/listings?limit=0")

    assert reply.body["data"] == {
        "listings": [],
        "pagination": {"total": 57, "page": 1, "limit": 0, "pages": None},
    }


async def test_a_malformed_id_is_forbidden_or_an_error_of_the_server(legacy: Legacy) -> None:
    agent = await legacy.send("agent_ann", "GET", "/v1/listings/not-a-uuid")
    admin = await legacy.send(ADA, "GET", "/v1/listings/not-a-uuid")

    assert (agent.status, agent.code) == (403, "FORBIDDEN")
    assert (admin.status, admin.code) == (500, "FETCH_ERROR")


async def test_commissions_are_numbers_where_there_are_none(legacy: Legacy) -> None:
    legacy.execute("UPDATE listings SET listing_commission = NULL WHERE id = %s", [listing(1)])

    reply = await legacy.send(ADA, "GET", path(1))

    assert reply.body["data"]["commission"] == {"listing": 0, "buyer": 2.5, "total": 0}


async def test_a_created_listing_keeps_what_was_sent(legacy: Legacy) -> None:
    body = {"propertyAddress": "1 <b>", "features": ["a'b"], "dronePhotos": True, "listingDate": "2020-01-01"}

    reply = await legacy.send("apikey:agent_ann", "POST", "/v1/listings", body=body)

    row = reply.body["data"]
    today = f"{datetime.now(UTC).date()}T00:00:00.000Z"
    assert (reply.status, reply.query_count) == (201, 6)
    assert (row["property_address"], row["features"], row["drone_photos"]) == ("1 &lt;b&gt;", ["a'b"], True)
    assert (row["listing_date"], row["owner_id"]) == (today, None)
    assert row["team_id"] == "aaaaaaaa-0000-4000-8000-000000000001"


async def test_a_creation_that_postgresql_refuses_leaves_nothing(legacy: Legacy) -> None:
    reply = await legacy.send(
        ADA, "POST", "/v1/listings", body={"propertyAddress": "9 X", "bedrooms": "many"}
    )

    assert (reply.status, reply.query_count) == (500, 4)
    assert reply.body["error"] == {"code": "CREATE_ERROR", "message": "Failed to create listing"}
    assert legacy.rows("SELECT 1 FROM listings WHERE property_address = '9 X'") == []


@pytest.mark.parametrize("body", [{"photos": ["x"]}, {"city = 'Y' --": 1}, {"version": 1}, {"bedrooms": "x"}])
async def test_an_update_that_postgresql_refuses_does_not_show_why(
    legacy: Legacy, body: dict[str, Any]
) -> None:
    reply = await legacy.send(ADA, "PUT", path(9), body=body)

    assert reply.body["error"] == {"code": "UPDATE_ERROR", "message": "Failed to update listing"}


async def test_an_update_takes_any_column_but_keeps_the_id(legacy: Legacy) -> None:
    body: dict[str, Any] = {"id": UNKNOWN, "created_at": "x", "team_id": None, "features": []}

    reply = await legacy.send(ADA, "PUT", path(9), body=body)

    row = reply.body["data"]
    assert (row["id"], row["team_id"], row["features"], row["version"]) == (listing(9), None, {}, 2)


async def test_an_update_breaks_no_business_rule(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "PUT", path(9), body={"listPrice": -5})

    assert (reply.status, reply.code) == (400, "BUSINESS_RULE_VIOLATION")


@pytest.mark.parametrize("price", [None, "", "x", 0, -1, [], {}])
async def test_a_price_reduction_wants_a_price(legacy: Legacy, price: Any) -> None:
    reply = await legacy.send(ADA, "POST", path(9, "/price-reduction"), body={"newPrice": price})

    assert reply.body["error"] == {"code": "VALIDATION_ERROR", "message": "Valid new price is required"}


async def test_a_price_that_postgresql_refuses_is_rolled_back(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "POST", path(9, "/price-reduction"), body={"newPrice": 1e15})

    assert (reply.status, reply.code, reply.query_count) == (500, "PRICE_ERROR", 5)


async def test_a_showing_echoes_what_was_sent(legacy: Legacy) -> None:
    body = {"date": "d", "time": "t", "agentName": None, "interested": "very"}

    reply = await legacy.send(ADA, "POST", path(9, "/showings"), body=body)
    malformed = await legacy.send(ADA, "POST", "/v1/listings/x/showings", body=body)

    expected = {"showing_date": "d", "showing_time": "t", "agent_name": None, "interested": "very"}
    assert reply.body["data"] == {"listing_id": listing(9)} | expected
    assert (malformed.status, malformed.code) == (500, "SHOWING_ERROR")


async def test_only_archived_listings_of_the_agent_are_deleted_together(legacy: Legacy) -> None:
    legacy.execute("UPDATE listings SET deleted_at = now() WHERE id = ANY(%s)", [[listing(7), listing(8)]])
    target = "/v1/listings/batch-delete"

    foreign = await legacy.send(ADA, "POST", target, body={"ids": [listing(7), listing(8)]})
    nested = await legacy.send(ADA, "POST", target, body={"ids": [[listing(7)]]})
    own = await legacy.send(ADA, "POST", target, body={"ids": [listing(7)]})

    assert (foreign.status, foreign.body["error"]["notFoundIds"]) == (404, [listing(8)])
    assert (nested.status, nested.body["error"]["notFoundIds"]) == (404, [[listing(7)]])
    assert (own.status, own.body["data"]["deletedCount"]) == (200, 1)
    assert legacy.rows("SELECT 1 FROM listings WHERE id = %s", [listing(7)]) == []


@pytest.mark.parametrize("ids", [None, [], "x", {}])
async def test_a_batch_wants_ids(legacy: Legacy, ids: Any) -> None:
    reply = await legacy.send(ADA, "POST", "/v1/listings/batch-delete", body={"ids": ids})

    assert reply.messages == ["IDs must be a non-empty array"]


async def test_a_batch_of_ten_thousand_unknown_ids_is_answered(legacy: Legacy) -> None:
    ids = [f"deadbeef-0000-4000-8000-{number:012}" for number in range(10_000)]

    reply = await legacy.send(ADA, "POST", "/v1/listings/batch-delete", body={"ids": ids})

    assert (reply.status, reply.body["error"]["notFoundIds"]) == (404, ids)
