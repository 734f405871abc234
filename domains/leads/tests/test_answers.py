"""What the endpoints of leads answer; that they do, the recording shows."""

from domains.leads.answers import ANSWERS
from domains.leads.routes import ROUTES


def test_every_endpoint_is_told_of() -> None:
    assert {route.name for route in ROUTES} <= ANSWERS.keys()


def test_a_conversion_shows_the_client_and_the_lead() -> None:
    converted = ANSWERS["convert"].data

    assert isinstance(converted, dict)
    assert converted["required"] == ["client", "lead"]
