"""Streams of bytes that are nearly HTTP: good messages in pieces, put together and damaged in every way."""

from hypothesis import strategies as st

from tests.wire import cases_body, cases_change, cases_pass, cases_refuse
from tests.wire.case import CHUNKED, GET, HOST, LINE, NEXT, POST
from tests.wire.run import plain

_TABLE = [*cases_pass.CASES, *cases_change.CASES, *cases_refuse.CASES, *cases_body.CASES]
SENT = [sent for case in _TABLE if (sent := plain(case)) and len(sent) < 2_000]
ANSWERED = [
    b"".join(step for step in script if isinstance(step, bytes))
    for case in _TABLE
    for script in case.answers
    if sum(len(step) for step in script if isinstance(step, bytes)) < 2_000
]

_LINES = [
    LINE,
    b"POST /v1/escrows HTTP/1.1\r\n",
    b"GET /v1/x HTTP/1.0\r\n",
    b"HEAD / HTTP/1.1\r\n",
    b"PUT //x?y HTTP/1.1\r\n",
    b"get / HTTP/1.1\r\n",
]
_FIELDS = [
    b"Content-Length: 3\r\n",
    b"Content-Length: 0\r\n",
    b"content-length: 03\r\n",
    b"Content-Length: 5\r\n",
    CHUNKED,
    b"transfer-encoding: CHUNKED\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding:chunked\r\n",
    b"Transfer_Encoding: chunked\r\n",
    b"X-A: b\r\n",
    b"X-A:\r\n",
    b"Connection: keep-alive\r\n",
    b"Connection: close\r\n",
    b"Connection: content-length, transfer-encoding\r\n",
    b"Expect: 100-continue\r\n",
    b"Upgrade: websocket\r\n",
    b"TE: trailers\r\n",
    b"Host: h\r\n",
    b" folded\r\n",
]
_BODIES = [
    b"",
    b"abc",
    b"abcde",
    b"0\r\n\r\n",
    b"3\r\nabc\r\n0\r\n\r\n",
    b"3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n",
    b"03\r\nabc\r\n00\r\n\r\n",
    b"a\r\n0123456789\r\n0\r\n\r\n",
    NEXT,
    GET + b"\r\n",
    POST + b"Content-Length: 3\r\n\r\nabc",
]
_STATUSES = [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 204 N\r\n", b"HTTP/1.1 103 E\r\n\r\n", b"HTTP/1.1 304 N\r\n", b"HTTP/1.1 500 E\r\n"]  # fmt: skip
_ODD = st.sampled_from(
    [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b";", b"0", b"x", b"-", b"+", b"\xff", b"\x0b", b"\x85", b"A", b"\r\n\r\n", b"\r\n "]
)  # fmt: skip

_request = st.builds(
    lambda line, host, fields, end, body: line + host + b"".join(fields) + end + body,
    st.sampled_from(_LINES),
    st.sampled_from([HOST, HOST, HOST, b""]),
    st.lists(st.sampled_from(_FIELDS), max_size=4),
    st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b""]),
    st.sampled_from(_BODIES),
)
_answer = st.builds(
    lambda line, fields, body: line + b"".join(fields) + b"\r\n" + body,
    st.sampled_from(_STATUSES),
    st.lists(st.sampled_from(_FIELDS), max_size=4),
    st.sampled_from([*_BODIES, b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"]),
)


@st.composite
def _damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    raw = draw(whole)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(raw)))
        width = draw(st.integers(0, 4))
        match draw(st.integers(0, 3)):
            case 0:
                raw = raw[:at] + draw(_ODD) + raw[at:]
            case 1:
                raw = raw[:at] + draw(_ODD) + raw[at + 1 :]
            case 2:
                raw = raw[:at] + raw[at + width :]
            case _:
                raw = raw[: at + width] + raw[at:]
    return raw


def _stream(one: st.SearchStrategy[bytes], most: int) -> st.SearchStrategy[bytes]:
    return st.lists(_damaged(one), min_size=1, max_size=most).map(b"".join)


REQUESTS = _stream(st.one_of(_request, st.sampled_from(SENT)), 3)
ANSWERS = _stream(st.one_of(_answer, st.sampled_from(ANSWERED)), 2)
CUTS = st.lists(st.integers(1, 40), max_size=6)


def cut(raw: bytes, widths: list[int]) -> list[bytes]:
    """The same bytes in pieces of these widths, and the rest."""
    pieces = []
    for width in widths:
        pieces.append(raw[:width])
        raw = raw[width:]
    return [piece for piece in (*pieces, raw) if piece]
