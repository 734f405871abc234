"""What one case of the table says, and the lines of wire.md that the cases are evidence for."""

from dataclasses import dataclass
from enum import StrEnum

from tests.wire.play import Script


class Rule(StrEnum):
    """The lines of wire.md that can be seen in bytes; a test sees to it that each has a case."""

    TARGET = "method, path and query byte for byte"
    HEADERS = "header names, values, order and repeats"
    STATUS = "status, reason, Set-Cookie repeats"
    CHUNKED = "chunked stays a stream"
    LENGTH = "Content-Length kept exactly"
    TRAILERS = "trailers kept or dropped, never mangled"
    BODILESS = "HEAD, 204, 304"
    INTERIM = "1xx answers forwarded"
    EXPECT = "Expect: 100-continue end to end"
    RANGE = "Range, conditional requests"
    COMPRESSED = "compressed bodies untouched"
    SSE = "SSE and other long streams without buffering"
    UPGRADE = "WebSocket and other upgrades as a tunnel"
    KEEP_ALIVE = "keep-alive on the client side"
    PIPELINING = "pipelining, answers in order"
    RETRY = "a retry only when a reused connection closed before any byte, and idempotent"
    LEAVING = "the client goes away"
    HOP_BY_HOP = "remove hop-by-hop headers and those that Connection names"
    VIA = "set Via"
    FORWARDED = "append X-Forwarded-For/Proto/Host and Forwarded"
    TRACE = "pass or create traceparent and X-Request-Id"
    INTERNAL_IN = "remove every internal header that a client sends"
    INTERNAL_OUT = "remove the internal ones from answers"
    LENGTH_AND_ENCODING = "Content-Length with Transfer-Encoding"
    LENGTHS = "several differing Content-Length"
    ENCODING = "Transfer-Encoding other than exactly chunked last"
    FOLD = "obs-fold"
    STRAY_BYTES = "bare CR or LF or NUL in heads"
    SPACE_BEFORE_COLON = "space before the colon"
    NAME_BYTES = "whitespace or control bytes in names"
    HOST = "missing, repeated or malformed Host"
    TARGET_FORM = "absolute-form or authority-form targets that do not match a served host"
    CHUNKS = "invalid chunk sizes or extensions over a bound"
    VERSION = "HTTP versions other than 1.0/1.1 (505)"
    LINE_BOUND = "request line over its bound (414)"
    HEAD_BOUND = "head over its bound (431)"
    BODY_BOUND = "body over its bound (413)"
    SLOW_HEAD = "too slow a head (408)"
    LOOP = "loops (508)"
    CONNECT = "CONNECT (405)"
    ANSWER = "a backend answer that breaks framing is 502 and its connection is never reused"
    BREAKS = "backend breaks before an answer: 502"
    SILENT = "no answer in time: 504"
    CUT = "after the first byte a broken backend means a broken connection, never a silently short body"
    NO_SSRF = "the backend addresses come from configuration alone; redirects are not followed"


@dataclass(frozen=True, slots=True)
class Either:
    """More than one answer is right."""

    answers: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """More than one status of a refusal is right."""

    statuses: tuple[int, ...]


Got = bytes | int | Either | OneOf
"""An answer in canonical spelling; or the status of a refusal, whose form is the same for all."""


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes in, bytes out, on both sides.

    `reaches` are the whole requests that the backend got, canonical; None: anything, see `raw`. `ends` is what
    the client sees after `gets`: `open`, `closed`, `reset`, `broken` (one of the last two). `raw` are patterns that
    the backend's bytes hold, `never` such that they do not. `starts_ok`: a part of the refused request may have
    reached the backend. `may_refuse`: a 400 that reaches nobody is right as well. `connections`: how many the backend
    must have had.
    """

    rule: Rule
    rfc: str
    name: str
    sends: Script
    reaches: tuple[bytes, ...] | None = ()
    answers: tuple[Script, ...] = ()
    gets: tuple[Got, ...] = ()
    ends: str = "closed"
    raw: tuple[bytes, ...] = ()
    never: tuple[bytes, ...] = ()
    starts_ok: bool = False
    may_refuse: bool = False
    connections: int | None = None

    def __str__(self) -> str:
        """Its name in the report."""
        return f"{self.rule.name.lower()}: {self.name} (RFC {self.rfc})"


LINE = b"GET /v1/escrows HTTP/1.1\r\n"
HOST = b"Host: crm.example.test\r\n"
CLOSE = b"Connection: close\r\n"
GET = LINE + HOST
POST = b"POST /v1/escrows HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n"
NEXT = b"GET /v1/smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
OK_CLOSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
OK_OPEN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
