"""What faults do to values."""

from typing import Any

import pytest

from domains.shared.faults import changes
from domains.shared.faults.acts import Change
from domains.shared.faults.changes import at, everywhere, gone, only, put, renamed, text, where_null, with_key


@pytest.mark.parametrize(
    ("change", "value", "changed"),
    [
        (at("a.b", put(2)), {"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 1}}),
        (at("a.*.b", put(2)), {"a": [{"b": 1}, {"c": 1}]}, {"a": [{"b": 2}, {"c": 1}]}),
        (at("a.b", gone), {"a": {"b": 1, "c": 1}}, {"a": {"c": 1}}),
        (at("a.b", put(2)), {"a": [1]}, {"a": [1]}),
        (at("a.b", put(2)), None, None),
        (everywhere(frozenset({"p"}), put(0)), [{"p": 1, "q": {"p": 2}}], [{"p": 0, "q": {"p": 0}}]),
        (renamed("a", "b"), {"a": 1, "c": 2}, {"b": 1, "c": 2}),
        (with_key("b", None), {"a": 1}, {"a": 1, "b": None}),
        (only(int, str), 1, "1"),
        (only(int, str), True, True),
        (text(str.upper), "a", "A"),
        (text(str.upper), None, None),
        (where_null(put([])), None, []),
        (where_null(put([])), "a", "a"),
        (changes.one_more, "415000.00", "415001.00"),
        (changes.one_more, 1, 2),
        (changes.one_more, None, None),
        (changes.rounded, "1.5", "2"),
        (changes.seconds_lost, "2025-01-13T17:07:00.123Z", "2025-01-13T17:07:00Z"),
    ],
)
def test_a_change_does_what_it_says_and_nothing_else(change: Change, value: Any, changed: Any) -> None:
    found = change(value)

    assert (type(found), found) == (type(changed), changed)
