"""The scorecard in the terminal."""

import io

from rich.console import Console

from loadtests.scorecard.card import Scorecard
from loadtests.scorecard.text import render_scorecard
from tests.loadtests.scorecard.cards import card, hostile


def shown(one: Scorecard) -> str:
    out = io.StringIO()
    render_scorecard(one, Console(file=out, width=80, highlight=False))
    return out.getvalue()


def test_it_has_each_goal_with_what_was_before_the_target_and_what_was_measured() -> None:
    lines = [" ".join(line.split()) for line in shown(card()).splitlines()]

    assert "5 goals: 2 met, 1 missed, 1 undecided, 1 no evidence." in lines
    assert "met response time about 200 ms -20 % -41 % (-43 to -39)" in lines
    assert "missed no regression anywhere - 0 slower 1 of 12 slower" in lines
    assert "no evidence failed requests - 0 -" in lines


def test_each_source_is_named_once_with_what_it_says() -> None:
    text = shown(card())

    assert (
        """
load test l-1 (steady), 2026-11-30 00:53:20 UTC
  response time: 16.9 → 9.9 ms at the median
  no regression anywhere: 11 of 12 endpoints surely not slower
    slower: PUT /v1/escrows/{id}
  l-2 is partial and no evidence: it died
"""
        in text
    )
    assert "no evidence; to have it: make bench-flags\n  failed requests\n" in text


def test_what_could_not_be_read_and_what_is_left_out_is_told() -> None:
    text = shown(card(unread=("the store: no",), left_out=(("test coverage", "not ours"),)))

    assert "could not be read: the store: no" in text
    assert "left out: test coverage: not ours" in text


def test_it_fits_a_terminal_and_takes_no_text_for_markup() -> None:
    text = shown(hostile())

    assert "[link](x)" in text
    assert max(map(len, text.splitlines())) <= 80
