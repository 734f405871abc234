"""What the endpoints of clients answer; that they do, the recording shows."""

from domains.clients.answers import ANSWERS
from domains.clients.routes import ROUTES
from domains.shared.shapes import Shape


def test_every_endpoint_is_told_of() -> None:
    assert {route.name for route in ROUTES} <= ANSWERS.keys()


def test_what_was_sent_of_a_new_client_need_not_be_told() -> None:
    new = ANSWERS["create"].data

    assert isinstance(new, Shape)
    assert set(new.schema["required"]) == {"id", "contact_id", "client_type", "status"}
