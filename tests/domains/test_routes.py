"""The list that server, proxy, parity and load tests read."""

from domains import escrows
from domains.routes import ROUTES
from legacy_bridge.endpoints import ENDPOINTS


def test_the_endpoints_of_every_room_are_listed_once() -> None:
    listed = [(route.method, route.path) for route in ROUTES]

    assert len(set(listed)) == len(listed)
    assert set(escrows.ROUTES) <= set(ROUTES)


def test_modern_serves_what_legacy_serves() -> None:
    assert {(route.method, route.path) for route in ROUTES} == set(ENDPOINTS)
