"""The scorecard as Markdown."""

from markdown_it import MarkdownIt

from loadtests.scorecard.markdown import scorecard_markdown
from tests.loadtests.scorecard.cards import card, hostile


def test_each_goal_is_a_row_with_its_run() -> None:
    lines = scorecard_markdown(card()).splitlines()

    assert (
        "| met | response time | about 200 ms | -20 % | -41 % (-43 to -39) "
        "| load test l-1 (steady), 2026-11-30 00:53:20 UTC |" in lines
    )
    assert "| **missed** | no regression anywhere | - | 0 slower | 1 of 12 slower |" in "\n".join(lines)
    assert "  - l-2 is partial and no evidence: it died" in lines


def test_nothing_from_outside_is_markup() -> None:
    page = MarkdownIt("gfm-like", {"linkify": False}).render(scorecard_markdown(hostile()))

    assert "<img" not in page
    assert "<a " not in page
    assert "<code>" not in page
    assert page.count("<td") == 2 * 6
    assert page.count("<strong>") == 2  # what was missed, and what could not be read
