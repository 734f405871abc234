"""Who may list, see, change and delete, and how many statements it takes to refuse."""

import pytest

from tests.legacy_bridge.support import Legacy, escrow

UNKNOWN = "/v1/escrows/deadbeef-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("user", "scope", "message", "query_count"),
    [
        ("broker_bea", "brokerage", "User is not associated with a broker", 1),
        ("broker_bea", "all", 'Only system_admin can access "all" scope', 1),
        ("owner_otto", "team", "User is not associated with a team", 1),
        ("owner_otto", "all", 'Only brokers and system_admin can access "all" scope', 1),
        ("agent_ann", "team", "User is not associated with a team", 1),
        (
            "agent_ann",
            "all",
            'Only brokers and system_admin can access "all" scope. Agents need broker_admin permission.',
            2,
        ),
    ],
)
async def test_a_scope_beyond_the_role_is_forbidden(
    legacy: Legacy, user: str, scope: str, message: str, query_count: int
) -> None:
    reply = await legacy.send(user, "GET", f"/v1/escrows?scope={scope}")

    assert (reply.status, reply.body["error"]["message"], reply.query_count) == (403, message, query_count)


async def test_a_role_that_nobody_knows_is_forbidden(legacy: Legacy) -> None:
    legacy.execute("UPDATE users SET role = 'janitor' WHERE username = 'agent_ann'")

    reply = await legacy.send("agent_ann", "GET", "/v1/escrows")

    assert reply.body["error"] == {"code": "FORBIDDEN", "message": "Invalid user role"}


@pytest.mark.parametrize(
    ("user", "method", "target", "verb", "query_count"),
    [
        ("agent_ann", "GET", escrow(1), "access", 3),
        ("owner_otto", "GET", escrow(3), "access", 3),
        ("broker_bea", "GET", escrow(4), "access", 4),
        ("agent_ann", "GET", UNKNOWN, "access", 2),
        ("agent_ann", "GET", "/v1/escrows/ESC-2025-0002", "access", 2),
        ("owner_otto", "PUT", escrow(2), "modify", 4),
        ("agent_ben", "DELETE", escrow(2), "delete", 4),
    ],
)
async def test_a_foreign_escrow_is_forbidden(
    legacy: Legacy, user: str, method: str, target: str, verb: str, query_count: int
) -> None:
    reply = await legacy.send(user, method, target, body={"city": "X"})

    expected = {"code": "FORBIDDEN", "message": f"You do not have permission to {verb} this escrow"}
    assert (reply.status, reply.body["error"], reply.query_count) == (403, expected, query_count)


async def test_a_collaborator_may_see_and_change(legacy: Legacy) -> None:
    seen = await legacy.send("agent_ben", "GET", escrow(2))
    changed = await legacy.send("agent_ben", "PUT", escrow(2), body={"city": "X"})

    assert [(reply.status, reply.query_count) for reply in (seen, changed)] == [(200, 4), (200, 5)]


async def test_a_check_that_the_database_refuses_forbids(legacy: Legacy) -> None:
    legacy.execute("UPDATE escrows SET id = 'not-a-uuid' WHERE numeric_id = 1")

    reply = await legacy.send("agent_ann", "GET", "/v1/escrows/not-a-uuid")

    assert (reply.status, reply.code) == (403, "FORBIDDEN")
