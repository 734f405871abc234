"""The log of who came in and who did not."""

from tests.legacy_bridge.support import Legacy

LOGIN = "/v1/auth/login"


async def test_a_lockout_can_be_read_in_the_log(legacy: Legacy) -> None:
    for password in (*["wrong"] * 5, "Synthetic-Pass-1"):
        await legacy.send(None, "POST", LOGIN, body={"username": "agent_ann", "password": password})
    await legacy.close()

    events = legacy.rows(
        "SELECT event_type, success, count(*) FROM security_events WHERE username = 'agent_ann'"
        " AND request_path = %s AND ip_address = '127.0.0.1' GROUP BY 1, 2 ORDER BY 1",
        [LOGIN],
    )
    assert events == [("account_locked", False, 1), ("login_failed", False, 5), ("login_locked", False, 1)]


async def test_a_key_that_was_made_can_be_read_in_the_log(legacy: Legacy) -> None:
    await legacy.send("agent_ann", "POST", "/v1/api-keys", body={"name": "mine"})
    await legacy.close()

    assert legacy.rows("SELECT event_type, email, metadata FROM security_events") == [
        ("api_key_created", "agent_ann@example.test", {"name": "mine"})
    ]
