"""What stands behind the ports when nobody hands anything in."""

from legacy_bridge.ports import Email, Ports


async def test_without_google_nobody_is_known() -> None:
    assert await Ports().google.identify("any token") is None


async def test_without_a_mailer_nothing_is_sent() -> None:
    await Ports().mailer.send(Email("to@example.test", "subject", "text"))
