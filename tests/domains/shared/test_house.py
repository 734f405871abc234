"""What signing in needs of its house."""

from domains.shared.house import House


async def test_a_house_without_google_knows_nobody_and_tells_its_secret_to_no_log() -> None:
    house = House(jwt_secret="synthetic")

    assert await house.google.identify("token") is None
    assert "synthetic" not in repr(house)
