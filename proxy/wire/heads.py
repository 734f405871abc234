"""Heads, taken strictly: what two parsers could read differently is refused (RFC 9112 sections 2 to 6).

llhttp, through httptools, checks characters, line ends and field syntax in C; what it lets pass and a strict
intermediary does not is checked here.
"""

import re
from functools import lru_cache

import httptools

from proxy.fields import (
    ANSWER_SHAPES,
    CODING,
    CONNECTION,
    EXPECT,
    HOST,
    LENGTH,
    REQUEST_SHAPES,
    UPGRADE,
    Found,
    Lines,
    Shape,
    found_in,
    lines_of,
    tokens,
    value_of,
)
from proxy.refusals import Refusal
from proxy.settings import ClientSettings
from proxy.wire.errors import HeadError

HEAD_END = b"\r\n\r\n"
OPEN = -1
"""The length of a body that ends with its connection."""
CHUNKED = -2
"""The length of a body in chunks."""
_LARGE_BYTES = 16_384
"""What is larger is not copied."""
_MAX_LENGTH_DIGITS = 18
_MAX_PORT = 65_535
_MAX_HOST_BYTES = 261  # 253 of a name (RFC 1035 section 2.3.4), a colon and a port, and a little
_SHORT_BYTES = 128
_KEEP_ALIVE = frozenset({b"keep-alive", b"Keep-Alive"})
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_VERSION = re.compile(rb"HTTP/\d(\.\d)?").fullmatch
_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]+)(:\d{0,5})?").fullmatch
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?").fullmatch


_METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}


_SILENT = object()
"""A parser's target that wants to hear of nothing: the parser is asked whether it takes a head, no more."""


class RequestHead:
    """The head of a request. `line` is its request line in HTTP/1.1, `length` that of its body, or CHUNKED.

    `kept` and `found` as `sort_out` says; of a plain head nothing is found but what stands in the attributes.
    """

    def __init__(
        self, line: bytes, method: str, target: str, lines: Lines, shape: Shape, *, is_http11: bool
    ) -> None:
        self.line = line
        self.method = method
        self.target = target
        self.is_http11 = self.keeps_alive = is_http11
        self.kept = lines if shape.kept is None else [lines[at] for at in shape.kept]
        self.found: Found = []
        self.length = 0
        self.host: bytes | None = None
        self.request_id: bytes | None = None
        self.named: frozenset[bytes] | None = None
        self.upgrade = b""
        self.is_plain = self.expects_continue = False


class AnswerHead:
    """The head of an answer. `line` is the status line, `fields` the field lines as they came, each with CR LF.

    `length` is that of its body, OPEN or CHUNKED; `kept` and `found` as those of a request.
    """

    def __init__(self, status: int, line: bytes, fields: bytes, lines: Lines, shape: Shape) -> None:
        self.status = status
        self.line = line
        self.fields = fields
        self.kept = lines if shape.kept is None else [lines[at] for at in shape.kept]
        self.found: Found = []
        self.length = OPEN
        self.keeps_alive = True
        self.named: frozenset[bytes] | None = None
        self.is_plain = False
        self.is_interim = status < 200 and status != 101
        """Whether another head follows (RFC 9110 section 15.2)."""


def refusal_of_part(data: bytes, settings: ClientSettings) -> Refusal | None:
    """Why the beginning of a head will not be taken, however it ends."""
    line = data.find(b"\r\n")
    if (len(data) if line < 0 else line) > settings.max_line_bytes:
        return Refusal.LONG_LINE
    if len(data) > settings.max_head_bytes:
        return Refusal.LARGE_HEAD
    # llhttp would say so when the head is whole, which it may never be
    return Refusal.BAD_HEAD if b"\0" in data or data.count(b"\n") != data.count(b"\r\n") else None


def end_of_head(data: bytes) -> int:
    """How long the head in front is with its empty line, or -1: it is not all there."""
    if len(data) > _LARGE_BYTES:
        end = data.find(HEAD_END)
        return end if end < 0 else end + 4
    before, found, _ = data.partition(HEAD_END)  # quicker than to find it, as long as there is little to copy
    return len(before) + 4 if found else -1


def request_head(block: bytes) -> RequestHead:
    """The head in a block that ends with its empty line. Raises HeadError."""
    line, _, rest = block.partition(b"\r\n")
    parts = line.split(b" ")
    if len(parts) != 3:
        raise HeadError(Refusal.BAD_REQUEST_LINE)
    method, target, version = parts
    if version not in {b"HTTP/1.1", b"HTTP/1.0"}:
        raise HeadError(Refusal.VERSION if _VERSION(version) else Refusal.BAD_REQUEST_LINE)
    if method not in _METHODS and not _TOKEN(method):
        raise HeadError(Refusal.BAD_REQUEST_LINE)
    _check_request(block, method)
    lines, shape = lines_of(rest[:-2], REQUEST_SHAPES)
    is_http11 = version == b"HTTP/1.1"
    if not is_http11:
        line = b"%b %b HTTP/1.1" % (method, target)
    head = RequestHead(
        line, _METHODS.get(method) or method.decode(), target.decode(), lines, shape, is_http11=is_http11
    )
    if not (shape.is_plain and is_http11 and _read_plain_request(head, lines, shape)):
        _read_request(head, lines, shape)
    return head


def _read_plain_request(head: RequestHead, lines: Lines, shape: Shape) -> bool:
    """As `_read_request`, for the usual head: a host, perhaps a length, nothing to remember of the connection."""
    if shape.host_at < 0 or not _is_host(host := shape.value(lines, shape.host_at)):
        return False
    if shape.connection_at >= 0 and shape.value(lines, shape.connection_at) not in _KEEP_ALIVE:
        return False
    head.host = host
    head.is_plain = True
    if shape.length_at >= 0:
        head.length = _length(shape.value(lines, shape.length_at))
    if shape.request_id_at >= 0:
        head.request_id = shape.value(lines, shape.request_id_at)
    return True


def _check_request(block: bytes, method: bytes) -> None:
    try:
        httptools.HttpRequestParser(_SILENT).feed_data(block)
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserInvalidMethodError:
        # llhttp knows the methods that are registered; any other token is one as well (RFC 9110 section 9.1)
        _check_request(b"POST" + block[len(method) :], b"POST")
    except httptools.HttpParserInvalidURLError:
        raise HeadError(Refusal.BAD_TARGET) from None
    except httptools.HttpParserError:
        raise HeadError(Refusal.BAD_HEAD) from None


def _read_request(head: RequestHead, lines: Lines, shape: Shape) -> None:  # noqa: C901  one arm a kind
    coding = length = None
    head.found = found_in(lines, shape)
    for kind, line in head.found:
        if kind == HOST:
            if head.host is not None:
                raise HeadError(Refusal.BAD_HOST)
            head.host = value_of(line)
        elif kind == LENGTH:
            length = _once(length, value_of(line))
        elif kind == CODING:
            coding = _once(coding, value_of(line))
        elif kind == CONNECTION:
            named = tokens(value_of(line))
            head.named = named if head.named is None else head.named | named
        elif kind == UPGRADE:
            head.upgrade = value_of(line)
        elif kind == EXPECT:
            head.expects_continue = value_of(line).lower() == b"100-continue"
    if head.host is None:
        if head.is_http11:
            raise HeadError(Refusal.BAD_HOST)
    elif not _is_host(head.host):
        raise HeadError(Refusal.BAD_HOST)
    head.length = _body_length(length, coding, is_http11=head.is_http11, unsaid=0)
    head.keeps_alive = _keeps_alive(head.named, is_http11=head.is_http11)
    if head.upgrade and (head.named is None or b"upgrade" not in head.named or not head.is_http11):
        head.upgrade = b""


def answer_head(block: bytes, *, to_head: bool) -> AnswerHead:
    """The head in a block that ends with its empty line; `to_head`: it answers a HEAD. Raises HeadError."""
    line, _, rest = block.partition(b"\r\n")
    fields = rest[:-2]
    status, is_http11 = _status_line(line)
    try:
        httptools.HttpResponseParser(_SILENT).feed_data(block)
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError:
        raise HeadError(Refusal.MALFORMED) from None
    lines, shape = lines_of(fields, ANSWER_SHAPES)
    head = AnswerHead(status, line, fields, lines, shape)
    if not (shape.is_plain and is_http11 and _read_plain_answer(head, lines, shape)):
        _read_answer(head, lines, shape, is_http11=is_http11)
    if to_head or status < 200 or status in {204, 304}:
        head.length = 0
    return head


def _read_plain_answer(head: AnswerHead, lines: Lines, shape: Shape) -> bool:
    """As `_read_answer`, for the usual head: a length, and nothing to remember of the connection."""
    if shape.connection_at >= 0 and shape.value(lines, shape.connection_at) not in _KEEP_ALIVE:
        return False
    head.is_plain = head.status >= 200 and head.status != 204
    if shape.length_at >= 0:
        head.length = _length(shape.value(lines, shape.length_at))
    return head.is_plain


def _read_answer(head: AnswerHead, lines: Lines, shape: Shape, *, is_http11: bool) -> None:
    coding = length = None
    head.found = found_in(lines, shape)
    for kind, line in head.found:
        if kind == LENGTH:
            length = _once(length, value_of(line))
        elif kind == CODING:
            coding = _once(coding, value_of(line))
        elif kind == CONNECTION:
            named = tokens(value_of(line))
            head.named = named if head.named is None else head.named | named
    head.length = _body_length(length, coding, is_http11=is_http11, unsaid=OPEN)
    head.keeps_alive = _keeps_alive(head.named, is_http11=is_http11)


def _body_length(length: bytes | None, coding: bytes | None, *, is_http11: bool, unsaid: int) -> int:
    """Of a body whose head says so much about it (RFC 9112 section 6.3)."""
    if coding is None:
        return unsaid if length is None else _length(length)
    # RFC 9112 section 6.1: what an HTTP/1.0 sender means by it, nobody knows
    if length is not None or not is_http11 or coding.lower() != b"chunked":
        raise HeadError(Refusal.BAD_FRAMING)
    return CHUNKED


def _keeps_alive(named: frozenset[bytes] | None, *, is_http11: bool) -> bool:
    """Whether the connection lasts (RFC 9112 section 9.3)."""
    if named is None:
        return is_http11
    return b"close" not in named and (is_http11 or b"keep-alive" in named)


def _once(found: bytes | None, value: bytes) -> bytes:
    if found is not None:
        raise HeadError(Refusal.BAD_FRAMING)
    return value


def _length(value: bytes) -> int:
    if not value.isdigit() or len(value) > _MAX_LENGTH_DIGITS:
        raise HeadError(Refusal.BAD_FRAMING)
    return int(value)


def _is_host(value: bytes) -> bool:
    return len(value) <= _MAX_HOST_BYTES and _is_short_host(value)


@lru_cache(maxsize=1_024)
def _is_short_host(value: bytes) -> bool:
    match = _HOST(value)
    return match is not None and int((match[2] or b":0")[1:] or 0) <= _MAX_PORT


def _status_line(line: bytes) -> tuple[int, bool]:
    return _read_status(line) if len(line) <= _SHORT_BYTES else _read_status.__wrapped__(line)


@lru_cache(maxsize=512)
def _read_status(line: bytes) -> tuple[int, bool]:
    match = _STATUS_LINE(line)
    if match is None:
        raise HeadError(Refusal.MALFORMED)
    return int(match[2]), match[1] == b"1"
