"""The handlers, where the recording shows one case of many."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy, escrow

ADA = "admin_ada"
YEAR = datetime.now(UTC).year


async def _listed(legacy: Legacy, query: str, user: str = ADA) -> list[int]:
    reply = await legacy.send(user, "GET", f"/v1/escrows?{query}")
    assert reply.status == 200, reply.body
    return [int(item["displayId"][-4:]) for item in reply.body["data"]["escrows"]]


async def test_lists_leave_out_archived_escrows_unless_asked(legacy: Legacy) -> None:
    assert len(await _listed(legacy, "limit=1000")) == 57
    assert await _listed(legacy, "archived=true") == [60, 40, 20]
    assert len(await _listed(legacy, "archived=all&limit=1000")) == 60
    assert len(await _listed(legacy, "includeArchived=true&limit=1000")) == 60


async def test_lists_are_filtered_and_sorted_in_any_spelling(legacy: Legacy) -> None:
    assert (
        await _listed(legacy, "status=cLOSED&limit=2")
        == await _listed(legacy, "status=Closed&limit=2")
        == [57, 52]
    )
    assert await _listed(legacy, "search=esc-2025-0007") == [7]
    assert await _listed(legacy, "sort=numeric_id&order=ASC&limit=2") == [1, 2]
    assert await _listed(legacy, "minPrice=900000000&maxPrice=1&limit=2") == [59, 58]


async def test_default_lists_of_agents_and_team_owners_are_empty(legacy: Legacy) -> None:
    assert [await _listed(legacy, "", user) for user in ("agent_ann", "owner_otto", "apikey:agent_ann")] == [
        [],
        [],
        [],
    ]


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        ("sort=bogus", 'column "bogus" does not exist', "42703"),
        ("order=sideways", 'syntax error at or near "SIDEWAYS"', "42601"),
        ("sort=id;DROP%20TABLE%20teams", 'syntax error at or near "DESC"', "42601"),
        (
            "limit=99999999999999999999",
            'value "99999999999999999999" is out of range for type bigint',
            "22003",
        ),
    ],
)
async def test_a_list_that_postgresql_refuses_shows_why(
    legacy: Legacy, query: str, message: str, code: str
) -> None:
    reply = await legacy.send(ADA, "GET", f"/v1/escrows?{query}")

    details = {"errorMessage": message, "errorCode": code, "errorName": "error"}
    expected = {"code": "SERVER_ERROR", "message": "Failed to fetch escrows", "details": details}
    assert (reply.status, reply.body["error"], reply.query_count) == (500, expected, 5)
    assert legacy.rows("SELECT count(*) FROM teams") == [(2,)]


async def test_an_escrow_is_found_by_each_form_of_its_id(legacy: Legacy) -> None:
    forms = (
        "e5c00000-0000-4000-8000-000000000007",
        "escrow-e5c00000-0000-4000-8000-000000000007",
        "7",
        "ESC-2025-0007",
    )

    found = [
        (await legacy.send(ADA, "GET", f"/v1/escrows/{form}")).body["data"]["details"]["escrowNumber"]
        for form in forms
    ]

    assert found == ["ESC-2025-0007"] * 4


async def test_a_number_beyond_all_is_an_error_of_the_server(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "GET", "/v1/escrows/99999999999")

    assert (reply.status, reply.body["error"]) == (
        500,
        {"code": "SERVER_ERROR", "message": "Failed to fetch escrow details"},
    )


async def test_a_created_escrow_keeps_what_was_sent_but_has_no_owner(legacy: Legacy) -> None:
    body = {
        "propertyAddress": "1 A/B",
        "zip_code": "90001",
        "my_commission": 5,
        "purchasePrice": 0,
        "city": None,
    }

    refused = await legacy.send("apikey:agent_ann", "POST", "/v1/escrows", body=body)
    created = await legacy.send("apikey:agent_ann", "POST", "/v1/escrows", body=body | {"city": "C"})

    assert refused.messages == ["City must be a string"]
    assert (created.status, created.query_count) == (201, 7)
    columns = (
        "property_address, zip_code, net_commission, purchase_price, escrow_status, owner_id, team_id::text"
    )
    rows = legacy.rows(f"SELECT {columns} FROM escrows WHERE display_id = %s", [f"ESC-{YEAR}-0001"])
    assert rows == [("1 A&#x2F;B", "90001", 5, 0, "Active", None, "aaaaaaaa-0000-4000-8000-000000000001")]


@pytest.mark.parametrize("address", [0, False])
async def test_an_address_that_is_no_text_is_refused_in_mid_transaction(legacy: Legacy, address: Any) -> None:
    reply = await legacy.send(ADA, "POST", "/v1/escrows", body={"propertyAddress": address})

    expected = {"code": "VALIDATION_ERROR", "message": "property_address is required"}
    assert (reply.status, reply.body["error"]) == (400, expected)


async def test_two_creations_at_once_may_want_one_number(legacy: Legacy) -> None:
    body = {"propertyAddress": "x"}

    replies = await asyncio.gather(*(legacy.send(ADA, "POST", "/v1/escrows", body=body) for _ in range(6)))

    created = [reply.body["data"]["displayId"] for reply in replies if reply.status == 201]
    refused = [reply.body["error"]["details"] for reply in replies if reply.status == 500]
    assert len(created) == len(set(created)) > 0
    assert set(refused) <= {'duplicate key value violates unique constraint "escrows_display_id_key"'}
    assert len(created) + len(refused) == 6


async def test_an_update_takes_any_column(legacy: Legacy) -> None:
    owner = "c0ffee00-0000-4000-8000-000000000003"
    body = {
        "owner_id": owner,
        "myCommission": 1,
        "id": "x",
        "display_id": "y",
        "created_at": "z",
        "timeline": {"a": 1.0},
    }

    reply = await legacy.send(
        ADA, "PUT", "/v1/escrows/escrow-e5c00000-0000-4000-8000-000000000001", body=body
    )

    changed = {
        key: reply.body["data"][key]
        for key in ("owner_id", "net_commission", "display_id", "timeline", "version")
    }
    expected = {
        "owner_id": owner,
        "net_commission": "1.00",
        "display_id": "ESC-2025-0001",
        "timeline": {"a": 1},
        "version": 2,
    }
    assert changed == expected


@pytest.mark.parametrize(
    "body",
    [
        {"moat": True},
        {"version": 1, "city": "X"},
        {"documents": [{"id": "d1"}]},
        {"purchase_price": 1, "purchasePrice": 2},
        {"city = 'Y' --": "X"},
        {"closingDate": "2027-02-31"},
        {"city": "x" * 200},
    ],
)
async def test_an_update_that_postgresql_refuses_does_not_show_why(
    legacy: Legacy, body: dict[str, Any]
) -> None:
    reply = await legacy.send(ADA, "PUT", escrow(9), body=body)

    expected = {"code": "UPDATE_ERROR", "message": "Failed to update escrow"}
    assert (reply.status, reply.body["error"], reply.query_count) == (500, expected, 2)


async def test_an_update_moves_the_price_past_the_business_rules(legacy: Legacy) -> None:
    past = await legacy.send(ADA, "PUT", escrow(9), body={"purchase_price": -5})
    caught = await legacy.send(ADA, "PUT", escrow(9), body={"purchase_price": 0})

    assert past.body["data"]["purchase_price"] == "-5.00"
    assert caught.code == "BUSINESS_RULE_VIOLATION"


async def test_a_creation_and_a_change_are_told_to_broker_team_and_user(legacy: Legacy) -> None:
    await legacy.send("apikey:agent_ann", "POST", "/v1/escrows", body={"propertyAddress": "1 Key Lane"})
    await legacy.send("apikey:agent_ann", "PUT", escrow(3), body={"city": "X"})
    await legacy.send("apikey:agent_ann", "PUT", escrow(3), body={"moat": "X"})

    told = [(event["room"].split("-")[0], event["data"]["action"]) for event in legacy.ear.heard()]
    assert told == [
        ("team", "created"),
        ("user", "created"),
        ("broker", "updated"),
        ("team", "updated"),
        ("user", "updated"),
    ]
