"""The list that server, proxy, parity and load tests read."""

from domains import escrows
from domains.routes import ROUTES
from legacy_bridge.endpoints import ENDPOINTS_OF

ADDED = ("/stats", "/export")
"""What modern has beyond legacy, for every room but users (Q-15)."""


def test_the_endpoints_of_every_room_are_listed_once() -> None:
    listed = [(route.method, route.path) for route in ROUTES]

    assert len(set(listed)) == len(listed)
    assert set(escrows.ROUTES) <= set(ROUTES)


def test_modern_serves_what_legacy_serves_and_the_statistics_and_exports() -> None:
    rooms = {route.domain for route in ROUTES} & ENDPOINTS_OF.keys()  # others are new, and modern's alone
    served = {(route.method, route.path) for route in ROUTES if route.domain in rooms}

    added = {("GET", f"/v1/{room}{what}") for room in rooms - {"users"} for what in ADDED}
    assert served == added.union(*(ENDPOINTS_OF[room] for room in rooms))
