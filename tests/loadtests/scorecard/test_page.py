"""The scorecard as a page: alone, strict, and good to use on a desk and on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from loadtests.scorecard.page import scorecard_html
from tests.loadtests.scorecard.cards import card, hostile
from tests.support.pages import opened_file


def test_it_says_what_the_terminal_says() -> None:
    text = scorecard_html(card(left_out=(("test coverage", "not ours"),)))

    for said in (
        "5 goals: 2 met, 1 missed, 1 undecided, 1 no evidence.",
        "-41 % (-43 to -39)",
        "load test l-1 (steady), 2026-11-30 00:53:20 UTC",
        "slower: PUT /v1/escrows/{id}",
        "no evidence; to have it: make bench-flags",
        "left out: test coverage: not ours",
    ):
        assert said in text
    assert text.count("it died") == 1


def test_what_is_from_outside_is_text_only() -> None:
    text = scorecard_html(hostile())

    assert "<img" not in text
    assert "<script" not in text


@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_whole_without_a_network_and_has_no_fault_of_access(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    file = tmp_path / "scorecard.html"
    text = scorecard_html(hostile() if width < 400 else card())

    visitor = opened_file(browser, file, text, viewport={"width": width, "height": 900})

    assert visitor.page.title().startswith("Scorecard: ")
    assert (visitor.complaints, visitor.asked) == ([], [file.as_uri()])
    assert visitor.violations() == []
    assert not visitor.overflows()
    visitor.context.close()
