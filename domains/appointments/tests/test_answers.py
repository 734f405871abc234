"""What the endpoints of appointments answer; that they do, the recording shows."""

from domains.appointments.answers import ANSWERS
from domains.appointments.routes import ROUTES
from domains.shared.shapes import Shape


def test_every_endpoint_is_told_of() -> None:
    assert {route.name for route in ROUTES} <= ANSWERS.keys()


def test_a_list_shows_the_name_of_the_client_and_one_appointment_does_not() -> None:
    listed, one = ANSWERS["list_page"].data, ANSWERS["get"].data

    assert isinstance(listed, dict)
    assert isinstance(one, Shape)
    shown = listed["properties"]["appointments"]["items"].schema["properties"]
    assert shown.keys() - one.schema["properties"].keys() == {"client_name"}
