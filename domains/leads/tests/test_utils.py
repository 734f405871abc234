"""An activity as it is written into the notes."""

from typing import Any

import pytest

from domains.leads.utils import activity_of


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"activityType": "Call", "notes": "Left voicemail"}, "Call: Left voicemail"),
        ({}, "undefined: Contact made"),
        ({"activityType": None, "notes": ""}, "null: Contact made"),
        ({"activityType": True, "notes": [1, None, "x"]}, "true: 1,,x"),
        ({"activityType": {"a": 1}, "notes": 7}, "[object Object]: 7"),
    ],
)
def test_an_activity_is_its_type_and_its_notes(body: dict[str, Any], text: str) -> None:
    assert activity_of(body) == text
