"""The list of the room's endpoints."""

from domains.escrows.routes import ROUTES


def test_the_room_has_the_seven_core_endpoints_once_each() -> None:
    listed = [f"{route.method} {route.path}" for route in ROUTES]

    assert listed == [
        "GET /v1/escrows",
        "POST /v1/escrows",
        "GET /v1/escrows/{id}",
        "PUT /v1/escrows/{id}",
        "DELETE /v1/escrows/{id}",
        "PUT /v1/escrows/{id}/archive",
        "PUT /v1/escrows/{id}/restore",
    ]
    assert {route.domain for route in ROUTES} == {"escrows"}
