"""The list of the room's endpoints."""

from domains.appointments.routes import ROUTES


def test_each_endpoint_of_the_room_is_listed_once() -> None:
    listed = [f"{route.method} {route.path}" for route in ROUTES]

    assert len(set(listed)) == len(listed)
    assert {route.domain for route in ROUTES} == {"appointments"}
