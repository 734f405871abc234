"""The list of the room's endpoints."""

from domains.clients.routes import ROUTES
from legacy_bridge.endpoints import ENDPOINTS_OF


def test_the_room_has_every_endpoint_of_legacy_and_those_that_it_lacks() -> None:
    listed = {(route.method, route.path) for route in ROUTES}

    assert listed - set(ENDPOINTS_OF["clients"]) == {
        ("GET", "/v1/clients/stats"),
        ("GET", "/v1/clients/export"),
    }
    assert set(ENDPOINTS_OF["clients"]) <= listed
    assert len(listed) == len(ROUTES)
    assert {route.domain for route in ROUTES} == {"clients"}
