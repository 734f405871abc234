"""The list of the room's endpoints."""

from domains.contacts.routes import ROUTES


def test_the_room_has_its_endpoints_once_each() -> None:
    listed = [f"{route.method} {route.path}" for route in ROUTES]

    assert listed == [
        "GET /v1/contacts",
        "POST /v1/contacts",
        "GET /v1/contacts/stats",
        "GET /v1/contacts/export",
        "GET /v1/contacts/search",
        "GET /v1/contacts/{id}",
        "PUT /v1/contacts/{id}",
        "DELETE /v1/contacts/{id}",
        "PATCH /v1/contacts/{id}/archive",
        "PATCH /v1/contacts/{id}/unarchive",
        "GET /v1/contacts/{id}/roles",
        "POST /v1/contacts/{id}/roles",
        "PUT /v1/contacts/{id}/roles/primary",
        "DELETE /v1/contacts/{id}/roles/{roleId}",
        "GET /v1/contact-roles",
        "POST /v1/contact-roles",
        "GET /v1/contact-roles/{id}",
    ]
    assert {(route.domain, route.by_key) for route in ROUTES} == {("contacts", False)}
