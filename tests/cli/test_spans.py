"""Durations as they are typed."""

import click
import pytest

from cli.spans import Span


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("1.5h", 5_400), ("7d", 604_800)])
def test_a_duration_is_seconds(text: str, seconds: float) -> None:
    assert Span().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5w", "-5m", "5 m"])
def test_anything_else_is_one_sentence(text: str) -> None:
    with pytest.raises(click.BadParameter, match="expected a duration like 90s, 15m, 2h or 7d"):
        Span().convert(text, None, None)
