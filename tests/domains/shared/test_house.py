"""What stands behind the ports of a house when nobody hands anything in."""

from domains.shared.house import House, OutgoingEmail


async def test_a_house_without_google_knows_nobody_and_tells_its_secret_to_no_log() -> None:
    house = House(jwt_secret="synthetic")

    assert await house.google.identify("token") is None
    assert "synthetic" not in repr(house)


async def test_a_house_without_a_mailer_sends_nothing() -> None:
    await House().mailer.send(OutgoingEmail("to@example.test", "subject", "text"))
