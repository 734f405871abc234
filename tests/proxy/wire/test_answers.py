"""The head of an answer on its way to the client, and what it says to the proxy alone."""

import pytest

from proxy.wire.answers import framing, head_bytes, says_not_committed
from proxy.wire.heads import answer_head


def test_a_head_is_ours_with_the_backends_reason() -> None:
    head = answer_head(b"HTTP/1.0 404 Gone Fishing\r\nA: b\r\n\r\n", to_head=False)

    assert (
        head_bytes(head, [b"A: b"], b"Connection: close\r\n")
        == b"HTTP/1.1 404 Gone Fishing\r\nA: b\r\nConnection: close\r\n\r\n"
    )
    assert head_bytes(head, []) == b"HTTP/1.1 404 Gone Fishing\r\n\r\n"


@pytest.mark.parametrize(
    ("chunks", "keeps_alive", "is_http11", "lines"),
    [
        (True, True, True, b"Transfer-Encoding: chunked\r\n"),
        (True, False, True, b"Transfer-Encoding: chunked\r\nConnection: close\r\n"),
        (False, True, True, b""),
        (False, True, False, b"Connection: keep-alive\r\n"),
        (False, False, False, b"Connection: close\r\n"),
    ],
)
def test_a_client_is_told_where_the_answer_ends_and_whether_the_connection_lasts(
    lines: bytes, *, chunks: bool, keeps_alive: bool, is_http11: bool
) -> None:
    assert framing(chunks=chunks, keeps_alive=keeps_alive, is_http11=is_http11) == lines


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (b"X-Committed: 0\r\n", True),
        (b"A: b\r\nx-committed:0\r\nC: d\r\n", True),
        (b"A: b\r\n", False),
        (b"X-Committed: 1\r\n", False),
        (b"X-Committed: 00\r\n", False),
        (b"X-Committed:\r\n", False),
        (b"X-Committed: 0\r\nX-Committed: 0\r\n", False),
        (b"X-Committed-By: 0\r\n", False),
        (b"A: X-Committed: 0\r\n", False),
    ],
)
def test_only_one_clear_word_says_that_nothing_was_committed(fields: bytes, *, said: bool) -> None:
    head = answer_head(b"HTTP/1.1 503 No\r\n" + fields + b"\r\n", to_head=False)

    assert says_not_committed(head) is said
