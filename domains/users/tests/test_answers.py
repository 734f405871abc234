"""What the endpoints of users answer; that they do, the recording shows."""

from domains.shared.shapes import Shape
from domains.users.answers import ANSWERS
from domains.users.routes import ROUTES


def test_every_endpoint_is_told_of() -> None:
    assert {route.name for route in ROUTES} <= ANSWERS.keys()


def test_no_answer_shows_the_hash_of_a_password() -> None:
    updated = ANSWERS["update_own_profile"].data

    assert isinstance(updated, Shape)
    assert "password_hash" not in updated.schema["properties"]
    assert {"id", "bio", "theme"} <= updated.schema["properties"].keys()
