"""Durations: read as people write them, and written so."""

import pytest

from proxy.spans import seconds_of, span_text


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("0.5s", 0.5), ("15m", 900), ("2h", 7_200), ("7d", 604_800)]
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "15", "m", "-1s", "1 h", "1w"])
def test_what_is_none_shows_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration like 90s"):
        seconds_of(text)


@pytest.mark.parametrize("text", ["0.5s", "90s", "15m", "2h", "7d"])
def test_what_is_written_is_what_was_read(text: str) -> None:
    assert span_text(seconds_of(text)) == text
