"""The list of the room's endpoints."""

from domains.escrows.routes import ROUTES


def test_each_endpoint_of_the_room_is_listed_once() -> None:
    listed = [f"{route.method} {route.path}" for route in ROUTES]

    assert len(set(listed)) == len(listed)
    assert {route.domain for route in ROUTES} == {"escrows"}


def test_no_id_takes_the_place_of_a_word() -> None:
    paths = [route.path for route in ROUTES if route.method == "GET"]

    assert paths.index("/v1/escrows/stats") < paths.index("/v1/escrows/{id}")
    assert paths.index("/v1/escrows/export") < paths.index("/v1/escrows/{id}")
