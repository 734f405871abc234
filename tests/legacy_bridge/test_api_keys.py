"""API keys."""

from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy

KEYS = "/v1/api-keys"
ADAS = f"{KEYS}/a91c0000-0000-4000-8000-000000000001"


async def test_a_new_key_opens_the_api_until_it_is_revoked(legacy: Legacy) -> None:
    created = await legacy.send("agent_ann", "POST", KEYS, body={"name": "mine"})
    key = created.body["data"]["key"]
    opened = await legacy.send(None, "GET", "/v1/profiles/me", headers={"X-API-Key": key})
    revoked = await legacy.send("agent_ann", "PUT", f"{KEYS}/{created.body['data']['id']}/revoke")
    closed = await legacy.send(None, "GET", "/v1/profiles/me", headers={"X-API-Key": key})
    listed = await legacy.send("agent_ann", "GET", KEYS)

    assert (created.body["data"]["expires_at"], len(key)) == (None, 64)
    assert (opened.status, revoked.status, closed.code) == (200, 200, "API_KEY_DEACTIVATED")
    assert [(row["name"], row["is_active"]) for row in listed.body["data"]] == [
        ("mine", False),
        ("ann key", True),
    ]
    assert key not in str(listed.body)
    assert legacy.rows("SELECT 1 FROM api_keys WHERE key_hash = %s", [key]) == []


@pytest.mark.parametrize(
    ("method", "target", "body", "expected"),
    [
        ("POST", KEYS, {"name": ""}, (400, "VALIDATION_ERROR")),
        ("POST", KEYS, {"name": "x", "expiresInDays": "soon"}, (500, "CREATE_FAILED")),
        ("POST", KEYS, {"name": "x" * 300}, (500, "CREATE_FAILED")),
        ("PUT", f"{ADAS}/revoke", None, (404, "NOT_FOUND")),
        ("DELETE", ADAS, None, (404, "NOT_FOUND")),
        ("PUT", f"{KEYS}/nope/revoke", None, (500, "REVOKE_FAILED")),
        ("DELETE", f"{KEYS}/nope", None, (500, "DELETE_FAILED")),
    ],
)
async def test_what_is_wrong_or_another_s_changes_nothing(
    legacy: Legacy, method: str, target: str, body: dict[str, Any] | None, expected: tuple[int, str]
) -> None:
    reply = await legacy.send("agent_ann", method, target, body=body)

    assert (reply.status, reply.code) == expected
    assert legacy.rows("SELECT count(*), count(*) FILTER (WHERE is_active) FROM api_keys") == [(4, 3)]
