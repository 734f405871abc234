"""The list of the room's endpoints."""

from domains.leads.routes import ROUTES


def test_the_room_has_its_endpoints_once_each() -> None:
    listed = [f"{route.method} {route.path}" for route in ROUTES]

    assert listed == [
        "GET /v1/leads",
        "POST /v1/leads",
        "GET /v1/leads/stats",
        "GET /v1/leads/export",
        "POST /v1/leads/batch-delete",
        "GET /v1/leads/{id}",
        "PUT /v1/leads/{id}",
        "DELETE /v1/leads/{id}",
        "PUT /v1/leads/{id}/archive",
        "POST /v1/leads/{id}/activities",
        "POST /v1/leads/{id}/convert",
    ]
    assert {route.domain for route in ROUTES} == {"leads"}
