"""What the endpoints of listings answer; that they do, the recording shows."""

from domains.listings.answers import ANSWERS
from domains.listings.routes import ROUTES
from domains.shared.shapes import Shape


def test_every_endpoint_is_told_of() -> None:
    assert {route.name for route in ROUTES} <= ANSWERS.keys()


def test_one_listing_shows_its_commission_and_analytics_and_a_changed_one_does_not() -> None:
    one, changed = ANSWERS["get"].data, ANSWERS["update"].data

    assert isinstance(one, Shape)
    assert isinstance(changed, Shape)
    assert one.schema["properties"].keys() - changed.schema["properties"].keys() == {
        "commission",
        "analytics",
    }
