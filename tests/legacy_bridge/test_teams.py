"""Teams, members and permissions."""

from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy

TEAM = "/v1/teams/aaaaaaaa-0000-4000-8000-000000000001"
BEN = "c0ffee00-0000-4000-8000-000000000004"
TEAM_OF_BEN = "/v1/teams/aaaaaaaa-0000-4000-8000-000000000002"
UNKNOWN = "/v1/teams/deadbeef-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("user", "method", "target", "expected"),
    [
        ("agent_ann", "GET", "/v1/teams", (400, "MISSING_TEAM_ID", 1)),
        ("owner_otto", "GET", "/v1/teams", (400, "MISSING_TEAM_ID", 1)),
        ("admin_ada", "GET", "/v1/teams?brokerId=nope", (500, "TEAMS_ERROR", 2)),
        ("admin_ada", "GET", UNKNOWN, (404, "TEAM_NOT_FOUND", 2)),
        ("owner_otto", "GET", TEAM, (403, "FORBIDDEN", 2)),
        ("owner_otto", "GET", f"{TEAM}/members", (403, "FORBIDDEN", 1)),
        ("admin_ada", "GET", "/v1/teams/nope/members", (500, "TEAM_MEMBERS_ERROR", 2)),
        ("admin_ada", "PUT", f"{TEAM}/members/nope/permissions", (500, "PERMISSIONS_UPDATE_ERROR", 2)),
        ("broker_bea", "PUT", f"{TEAM_OF_BEN}/members/{BEN}/permissions", (403, "FORBIDDEN", 2)),
        ("owner_otto", "PUT", f"{TEAM}/members/{BEN}/permissions", (403, "FORBIDDEN", 1)),
    ],
)
async def test_who_does_not_get_far(
    legacy: Legacy, user: str, method: str, target: str, expected: tuple[Any, ...]
) -> None:
    reply = await legacy.send(user, method, target)

    assert (reply.status, reply.code, reply.query_count) == expected


async def test_members_are_the_same_under_either_name(legacy: Legacy) -> None:
    members = await legacy.send("admin_ada", "GET", f"{TEAM_OF_BEN}/members")
    users = await legacy.send("admin_ada", "GET", f"{TEAM_OF_BEN}/users")

    assert members.body == users.body
    names = [row["username"] for row in members.body["data"]]
    assert names == ["broker_bea", "agent_ben"]
    assert members.body["data"][1]["permissions"]["can_delete"] is True


async def test_a_team_that_nobody_knows_has_no_members(legacy: Legacy) -> None:
    reply = await legacy.send("admin_ada", "GET", f"{UNKNOWN}/members")

    assert (reply.status, reply.body["data"]) == (200, [])


async def test_permissions_that_are_not_named_fall_back(legacy: Legacy) -> None:
    body = {"permissions": {"can_manage_team": True, "can_view_financials": False, "nonsense": True}}

    reply = await legacy.send("admin_ada", "PUT", f"{TEAM_OF_BEN}/members/{BEN}/permissions", body=body)

    granted = {name: value for name, value in reply.body["data"].items() if value is True}
    assert (reply.status, granted) == (200, {"can_manage_team": True})
    assert reply.body["data"]["granted_by"] == "c0ffee00-0000-4000-8000-000000000001"
