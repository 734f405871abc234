"""The admin's list of users."""

import pytest

from tests.legacy_bridge.support import Legacy

USERS = "/v1/admin/users"


async def test_an_admin_sees_every_user_and_no_hash(legacy: Legacy) -> None:
    reply = await legacy.send("admin_ada", "GET", USERS)

    assert (reply.status, len(reply.body["data"]), reply.query_count) == (200, 6, 2)
    assert "password_hash" not in reply.body["data"][0]


@pytest.mark.parametrize("user", ["agent_ann", "owner_otto", "broker_bea"])
async def test_nobody_else_does(legacy: Legacy, user: str) -> None:
    reply = await legacy.send(user, "GET", USERS)

    assert (reply.status, reply.code, reply.query_count) == (403, "FORBIDDEN", 1)
