"""Who is told about a changed row."""

from tests.legacy_bridge.support import Legacy

ANN = "c0ffee00-0000-4000-8000-000000000003"
TEAM = "aaaaaaaa-0000-4000-8000-000000000001"
BROKER = "bbbbbbbb-0000-4000-8000-000000000001"
LEAD_10 = "/v1/leads/1ead0000-0000-4000-8000-000000000010"
LISTING_9 = "/v1/listings/11500000-0000-4000-8000-000000000009"


async def rooms_told(legacy: Legacy, user: str, target: str, body: dict[str, str]) -> list[str]:
    reply = await legacy.send(user, "PUT", target, body=body)
    assert reply.status == 200
    return [event["room"] for event in legacy.ear.heard()]


async def test_only_the_user_is_told_about_a_lead(legacy: Legacy) -> None:
    assert await rooms_told(legacy, "agent_ann", LEAD_10, {"notes": "x"}) == [f"user-{ANN}"]


async def test_the_broker_of_the_row_and_the_team_of_the_key_are_told_too(legacy: Legacy) -> None:
    rooms = await rooms_told(legacy, "apikey:agent_ann", LISTING_9, {"city": "x"})

    assert rooms == [f"broker-{BROKER}", f"team-{TEAM}", f"user-{ANN}"]


async def test_nobody_is_told_about_what_was_refused(legacy: Legacy) -> None:
    reply = await legacy.send("agent_ann", "PUT", LISTING_9, body={"moat": "x"})

    assert reply.status == 500
    assert legacy.ear.heard() == ()
