"""Durations as they are typed."""

import click
import pytest

from cli.spans import Span, span_words


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7_200), ("7d", 604_800), ("0.5h", 1_800)]
)
def test_a_span_is_a_number_with_its_unit(text: str, seconds: float) -> None:
    assert Span().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "90", "yesterday", "-1h", "1 h", "1w", "1h30m", "٣h "])
def test_anything_else_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(click.BadParameter, match="expected a duration like 90s, 15m, 2h or 7d"):
        Span().convert(text, None, None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (16 * 86_400 + 4 * 3_600 + 59, "16 d 4 h"),
        (-1, "0 s"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert span_words(seconds) == words
