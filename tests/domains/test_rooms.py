"""The names of the rooms."""

from domains.rooms import ROOMS
from domains.routes import ROUTES


def test_each_room_serves_the_domain_by_its_name() -> None:
    assert tuple(dict.fromkeys(route.domain for route in ROUTES)) == ROOMS
