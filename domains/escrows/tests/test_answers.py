"""What the endpoints of escrows answer; that they do, the recording shows."""

from domains.escrows.answers import ANSWERS
from domains.escrows.routes import ROUTES


def test_every_endpoint_is_told_of() -> None:
    assert {route.name for route in ROUTES} <= ANSWERS.keys()


def test_a_checklist_shows_nothing_and_all_of_them_an_empty_object() -> None:
    assert ANSWERS["checklist"].data is None
    assert ANSWERS["checklists"].data == {"type": "object", "properties": {}, "additionalProperties": False}
