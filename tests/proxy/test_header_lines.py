"""Header blocks keep bytes, order and repeats in both directions."""

import pytest

from proxy.header_lines import headers_of, lines_of


def test_a_block_has_a_line_a_header() -> None:
    assert lines_of([("Host", "h"), ("x-A", "1"), ("X-a", "")]) == b"Host: h\r\nx-A: 1\r\nX-a: \r\n"


@pytest.mark.parametrize("value", ["1", "", "a: b", "ü", "caf\udce9", "q, w"])
def test_headers_come_out_as_they_went_in(value: str) -> None:
    headers = [("x-A", value), ("X-a", value)]

    assert headers_of(lines_of(headers)) == headers


def test_space_around_values_is_none_of_theirs() -> None:
    assert headers_of(b"a:1\r\nb:\t 2 \r\n") == [("a", "1"), ("b", "2")]


def test_what_is_no_header_is_left_out() -> None:
    assert headers_of(b"nonsense\r\na: 1\r\n") == [("a", "1")]
    assert headers_of(b"") == []
