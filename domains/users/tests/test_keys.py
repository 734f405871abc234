"""The rules of API keys."""

import hashlib

from tests.domains.support import Modern

ME = "/v1/profiles/me"
KEYS = "/v1/api-keys"


async def test_a_key_is_shown_once_opens_what_its_owner_may_and_is_revoked(modern: Modern) -> None:
    created = await modern.send("agent_ann", "POST", KEYS, {"name": "mine", "expiresInDays": 30})
    key, key_id = created.body["data"]["key"], created.body["data"]["id"]
    header = {"X-API-Key": key}

    used = await modern.send(None, "GET", ME, headers=header)
    foreign = await modern.send("agent_ben", "PUT", f"{KEYS}/{key_id}/revoke")
    revoked = await modern.send("agent_ann", "PUT", f"{KEYS}/{key_id}/revoke")
    refused = await modern.send(None, "GET", ME, headers=header)

    assert (created.status, created.query_count) == (201, 2)
    assert used.body["data"]["username"] == "agent_ann"
    assert foreign.refusal == (404, "NOT_FOUND")
    assert (revoked.status, revoked.query_count) == (200, 2)
    assert refused.refusal == (401, "API_KEY_DEACTIVATED")
    assert modern.rows("SELECT key_hash FROM api_keys WHERE id = %s", [key_id]) == [
        (hashlib.sha256(key.encode()).hexdigest(),)
    ]
    told = modern.rows(
        "SELECT event_type, metadata FROM security_events WHERE event_type LIKE 'api_key_%%ed' AND success"
    )
    assert sorted(told) == [("api_key_created", {"name": "mine"}), ("api_key_revoked", {"id": key_id})]


async def test_a_key_is_deleted_by_its_owner_alone(modern: Modern) -> None:
    key_id = (await modern.send("agent_ann", "POST", KEYS, {"name": "mine"})).body["data"]["id"]

    foreign = await modern.send("admin_ada", "DELETE", f"{KEYS}/{key_id}")
    own = await modern.send("agent_ann", "DELETE", f"{KEYS}/{key_id}")

    assert foreign.refusal == (404, "NOT_FOUND")
    assert (own.status, own.query_count) == (200, 2)


async def test_a_life_that_no_calendar_has_is_the_clients_error(modern: Modern) -> None:
    reply = await modern.send("agent_ann", "POST", KEYS, {"name": "x", "expiresInDays": 2**31 - 1})

    assert reply.refusal == (400, "VALIDATION_ERROR")
    assert modern.rows("SELECT count(*) FROM api_keys WHERE name = 'x'") == [(0,)]


async def test_a_key_of_which_no_days_are_said_lives_for_ever(modern: Modern) -> None:
    created = await modern.send("agent_ann", "POST", KEYS, {"name": "x"})

    assert (created.status, created.body["data"]["expires_at"]) == (201, None)
