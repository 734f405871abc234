"""HTML as a tree: what a formatter changes is no difference, what a reader sees is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import BodyError
from parity.html_body import MAX_DEPTH, parse_html
from parity.redact import Redactor
from tests.parity.factories import brief, walked

PAGE = """<!DOCTYPE html><html><head><title>Deals</title></head><body class="wide">
<ul><li>One<li>Two</ul><p>Price: <b>1&nbsp;200</b> &amp; more</p><br><img src=a.png></body></html>"""
FORMATTED = """<!doctype html>
<html>
  <head>
    <title>Deals</title>
  </head>
  <body
    class='wide'
  >
    <ul>
      <li>One</li>
      <li>
        Two
      </li>
    </ul>
    <p>
      Price: <b>1&#160;200</b>
      &amp; more
    </p>
    <br />
    <img src="a.png" />
  </body>
</html>
"""


def differing(legacy: str, modern: str) -> list[tuple[str, str]]:
    return brief(walked(parse_html(legacy), parse_html(modern)))


def test_a_page_is_a_tree_of_tags() -> None:
    assert parse_html('<p id="a">x <b>y</b><!-- c --></p>') == [
        {
            "p": [{"text": "x"}, {"b": [{"text": "y"}]}, {"comment": ["c"]}],
            "attributes": {"id": "a"},
        }
    ]


def test_what_a_formatter_changes_is_no_difference() -> None:
    assert differing(PAGE.replace("DOCTYPE", "doctype"), FORMATTED) == []


@pytest.mark.parametrize(
    ("legacy", "modern", "expected"),
    [
        ("<p>a</p>", "<p>b</p>", [("$[0].p[0].text", "value")]),
        ("<p class=x>a</p>", "<p class=y>a</p>", [("$[0].attributes.class", "value")]),
        ("<p>a</p>", "<div>a</div>", [("$[0].p", "missing"), ("$[0].div", "extra")]),
        ("<ul><li>a<li>b</ul>", "<ul><li>a<li>x<li>b</ul>", [("$[0].ul", "length"), ("$[0].ul[1]", "extra")]),
        ("<script>a < b</script>", "<script>a < c</script>", [("$[0].script[0].text", "value")]),
        ("<pre>a  b</pre>", "<pre>a b</pre>", [("$[0].pre[0].text", "value")]),
    ],
)
def test_what_is_seen_is_told_where_it_stands(
    legacy: str, modern: str, expected: list[tuple[str, str]]
) -> None:
    assert differing(legacy, modern) == expected


def test_a_tag_that_is_never_closed_is_text() -> None:
    assert parse_html("a <b") == [{"text": "a <b"}]


def test_no_tag_makes_a_text_one_of_the_words_that_may_be_stored() -> None:
    (found,) = walked(parse_html("<code>Ann Agent</code>"), parse_html("<code>Ben Broker</code>"))

    assert "Agent" not in str(Redactor(b"key").sides(found))


def test_a_page_that_is_nested_without_end_is_a_reason() -> None:
    with pytest.raises(BodyError, match="too_deep"):
        parse_html("<div>" * (MAX_DEPTH + 2))


@given(st.text("<>/!-\"'=ab &;", max_size=60))
def test_any_text_is_a_tree(text: str) -> None:
    assert isinstance(parse_html(text), list)


@pytest.mark.parametrize(
    "part", ["<!--", "<![", "<a '", '<a "', "<a ", "</", "<script>", "<p =", "&", "<a b='", "<a/b/"]
)
def test_hostile_markup_takes_a_time_that_grows_with_its_length(part: str) -> None:
    started_s = time.process_time()

    parse_html(part * 100_000)

    assert time.process_time() - started_s < 2
