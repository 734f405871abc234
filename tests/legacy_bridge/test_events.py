"""Events go where they are sent, and nowhere when the request fails or is a copy."""

from legacy_bridge.events import Event, NobodyListens, data_update
from tests.legacy_bridge.support import Legacy, escrow, signed


def test_an_update_shows_what_changed_and_a_few_fields() -> None:
    event = data_update("user-1", "lead", "7", "created", {"id": "7"})

    expected = {"entityType": "lead", "entityId": "7", "action": "created", "data": {"id": "7"}}
    assert event == Event("user-1", "data:update", expected)


async def test_nobody_needs_to_listen() -> None:
    await NobodyListens().publish([data_update("user-1", "lead", "7", "created", {})])


async def test_a_shadow_copy_tells_nobody(legacy: Legacy) -> None:
    path = escrow(1) + "/people"
    headers = signed(path, method="PUT", body=b"{}") | {"Content-Type": "application/json"}

    reply = await legacy.send("admin_ada", "PUT", path, raw=b"{}", headers=headers)

    assert reply.status == 200
    assert legacy.ear.heard() == ()
