"""Words from outside in Markdown."""

import pytest
from markdown_it import MarkdownIt

from parity.markdown import code, plain


@pytest.mark.parametrize(
    "text", ["</code>|`a`|<img src=x>", "**b** _c_ [d](e)", "@team https://x.test", "1. a\n# b"]
)
def test_they_are_text_and_nothing_else(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parseInline(f"{code(text)} {plain(text)}")

    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds <= {"text", "html_inline", "text_special"}
    assert [
        child.content for token in tokens for child in token.children or () if child.type == "html_inline"
    ] == [
        "<code>",
        "</code>",
    ]


def test_nobody_is_mentioned() -> None:
    assert plain("ask @team") == "ask &#64;&#8203;team"
    assert code("@team") == "<code>&#64;team</code>"


def test_what_can_begin_nothing_stays_as_it_is() -> None:
    assert plain("0.52 (0.49-0.55), target 0.80: met.") == "0.52 (0.49-0.55), target 0.80: met."
