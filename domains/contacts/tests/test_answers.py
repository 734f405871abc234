"""What the endpoints of contacts answer; that they do, the recording shows."""

from domains.contacts.answers import ANSWERS
from domains.contacts.routes import ROUTES


def test_every_endpoint_is_told_of() -> None:
    assert {route.name for route in ROUTES} <= ANSWERS.keys()


def test_a_list_has_its_pages_beside_its_rows() -> None:
    listed = ANSWERS["list_page"]

    assert isinstance(listed.data, dict)
    assert listed.data["type"] == "array"
    assert "pagination" in listed.beside
