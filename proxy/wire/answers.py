"""The head of an answer on its way to the client, and what it says to the proxy alone."""

from typing import Final

from proxy.fields import ANSWER_SHAPES, Lines, lines_of, name_of, value_of
from proxy.wire.heads import AnswerHead

_COMMITTED: Final = b"x-committed"


def head_bytes(head: AnswerHead, lines: Lines, own: bytes = b"") -> bytes:
    """The head as a client gets it: ours is HTTP/1.1, whatever the backend speaks (RFC 9110 section 2.5)."""
    fields = b"\r\n".join(lines)
    return b"HTTP/1.1%b\r\n%b%b%b\r\n" % (head.line[8:], fields, b"\r\n" if fields else b"", own)


def framing(*, chunks: bool, keeps_alive: bool, is_http11: bool) -> bytes:
    """The lines that say where the answer ends and whether the connection lasts (RFC 9112 section 6)."""
    lines = b"Transfer-Encoding: chunked\r\n" if chunks else b""
    if not keeps_alive:
        lines += b"Connection: close\r\n"
    elif not is_http11:
        lines += b"Connection: keep-alive\r\n"
    return lines


def says_not_committed(head: AnswerHead) -> bool:
    """Whether the backend says, once and clearly (`X-Committed: 0`), that it has committed nothing of the request."""
    if _COMMITTED not in head.fields.lower():
        return False
    said = [
        value_of(line)
        for line in lines_of(head.fields, ANSWER_SHAPES)[0]
        if name_of(line).lower() == _COMMITTED
    ]
    return said == [b"0"]
