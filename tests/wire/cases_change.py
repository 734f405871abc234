"""What the proxy changes: hop-by-hop headers, Via, forwarding and trace headers, the internal ones."""

from tests.wire.case import CHUNKED, CLOSE, GET, HOST, OK_CLOSE, Case, Rule

E = b"\r\n"
END = CLOSE + E
OK = b"HTTP/1.1 200 OK\r\n"
SELF = b"crossfade-d89aef6f"
"""The rig's own name in `Via`."""

GONE = [
    ("TE and Trailer", b"TE: trailers\r\nTrailer: X\r\n"),
    ("Keep-Alive", b"Keep-Alive: timeout=5\r\n"),
    ("Proxy-Authorization", b"Proxy-Authorization: Basic eA==\r\n"),
    ("Proxy-Connection", b"Proxy-Connection: keep-alive\r\n"),
    ("Upgrade without a name in Connection", b"Upgrade: h2c\r\n"),
    ("what Connection names", b"Connection: X-One, x-two\r\nX-One: 1\r\nX-Two: 2\r\nx-one: 3\r\n"),
    ("what a second Connection names", b"Connection: a\r\nConnection: X-One\r\nX-One: 1\r\n"),
    ("what Connection names with odd spaces", b"Connection: ,\t X-One ,,\r\nX-One: 1\r\n"),
    ("HTTP2-Settings that Connection does not name", b"HTTP2-Settings: AAMA\r\n"),
    ("HTTP2-Settings and h2c", b"Connection: HTTP2-Settings\r\nHTTP2-Settings: AAMA\r\n"),
]
INTERNAL = [
    b"X-Crossfade-Shadow",
    b"x-crossfade-signature",
    b"X_Crossfade_Shadow",
    b"X-CROSSFADE-WRITES",
    b"x-crossfade_anything",
    b"X_Crossfade-Writes",
    b"X-Query-Count",
    b"x_query_count",
    b"X-Query_Count",
    b"X-Write-Set",
    b"x_WRITE_set",
]
ADDED = [
    (Rule.VIA, "9110 7.6.3", "is set", b"", rb"\r\nVia: 1\.1 crossfade-d89aef6f\r\n"),
    (Rule.VIA, "9110 7.6.3", "is added to others", b"Via: 1.0 a\r\n", rb"\r\nVia: 1\.0 a(\r\n(.*\r\n)?Via: |, )1\.1 crossfade-d89aef6f\r\n"),
    (Rule.FORWARDED, "7239 5", "is set", b"", rb'\r\nForwarded: for=127\.0\.0\.1;host="crm\.example\.test";proto=http\r\n'),
    (Rule.FORWARDED, "7239 8.1", "of anybody is not believed", b"Forwarded: for=9.9.9.9\r\nX-Forwarded-For: 9.9.9.9\r\n", rb"\r\nX-Forwarded-For: 127\.0\.0\.1\r\n"),
    (Rule.FORWARDED, "7239 8.1", "with a host of anybody", b"X-Forwarded-Host: evil\r\n", rb"\r\nX-Forwarded-Host: crm\.example\.test\r\n"),
    (Rule.FORWARDED, "7239 8.1", "with a scheme of anybody", b"X-Forwarded-Proto: https\r\n", rb"\r\nX-Forwarded-Proto: http\r\n"),
    (Rule.FORWARDED, "9110 7.6.1", "cannot be named away", b"Connection: X-Forwarded-For, Forwarded, Via\r\n", rb"\r\nX-Forwarded-For: 127\.0\.0\.1\r\n"),
    (Rule.TRACE, "W3C trace 3.2", "traceparent is created", b"", rb"\r\ntraceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\n"),
    (Rule.TRACE, "W3C trace 3.2", "traceparent passes", b"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n", rb"\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"),
    (Rule.TRACE, "W3C trace 3.2", "a malformed traceparent is replaced", b"traceparent: 00-0-0-01\r\n", rb"\r\ntraceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\n"),
    (Rule.TRACE, "W3C trace 3.3", "tracestate passes", b"tracestate: a=b,c=d\r\n", rb"\r\ntracestate: a=b,c=d\r\n"),
    (Rule.TRACE, "9110 5", "X-Request-Id is created", b"", rb"\r\nX-Request-Id: [0-9a-f]{32}\r\n"),
    (Rule.TRACE, "9110 5", "X-Request-Id passes", b"x-request-id: mine-1\r\n", rb"\r\nX-Request-Id: mine-1\r\n"),
    (Rule.TRACE, "9110 5", "a malformed X-Request-Id is replaced", b"X-Request-Id: a b\r\n", rb"\r\nX-Request-Id: [0-9a-f]{32}\r\n"),
]  # fmt: skip
GONE_FROM_ANSWERS = [
    (Rule.INTERNAL_OUT, "9110 5", "the count of queries", b"X-Query-Count: 7\r\n"),
    (Rule.INTERNAL_OUT, "9110 5", "the set of writes", b"X-Write-Set: w\r\n"),
    (Rule.INTERNAL_OUT, "9110 5", "in any spelling", b"x_crossfade_Note: n\r\nX-CROSSFADE-X: y\r\n"),
    (
        Rule.HOP_BY_HOP,
        "9110 7.6.1",
        "of an answer",
        b"Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\n",
    ),
    (Rule.HOP_BY_HOP, "9110 7.6.1", "named by an answer", b"Connection: X-Hop\r\nX-Hop: 1\r\n"),
    (Rule.HOP_BY_HOP, "9110 7.8", "an Upgrade that is offered", b"Upgrade: h2c\r\nConnection: Upgrade\r\n"),
]
LOOPS = [
    b"Via: 1.1 " + SELF + E,
    b"Via: 1.0 other, 1.1 " + SELF + E,
    b"Via: 1.1 other\r\nvia: 1.1 " + SELF + b" (note)\r\n",
]


def _table() -> list[Case]:
    cases = [
        Case(Rule.HOP_BY_HOP, "9110 7.6.1", name, (GET + sent + END,), (GET + E,), gets=(OK_CLOSE,))
        for name, sent in GONE
    ]
    host, length = b"Connection: close, Host\r\n", b"Content-Length: 3\r\n"
    post = b"POST /v1/x HTTP/1.1\r\n" + HOST
    cases += [
        Case(Rule.HOP_BY_HOP, "9110 7.6.1", "Host cannot be named", (GET + host + E,), (GET + E,), gets=(OK_CLOSE,)),
        Case(Rule.HOP_BY_HOP, "9110 7.6.1", "Content-Length cannot be named", (post + length + b"Connection: close, content-length\r\n\r\nabc",), (post + length + b"\r\nabc",), gets=(OK_CLOSE,)),
        Case(Rule.HOP_BY_HOP, "9110 7.6.1", "Transfer-Encoding cannot be named", (post + CHUNKED + b"Connection: close, transfer-encoding\r\n\r\n3\r\nabc\r\n0\r\n\r\n",), (post + CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n",), gets=(OK_CLOSE,)),
        Case(Rule.HOP_BY_HOP, "9110 7.6.1", "Transfer_Encoding is no Transfer-Encoding", (post + length + b"Transfer_Encoding: chunked\r\n" + END + b"abc",), (post + length + b"Transfer_Encoding: chunked\r\n\r\nabc",), gets=(OK_CLOSE,), may_refuse=True),
    ]  # fmt: skip
    cases += [
        Case(Rule.INTERNAL_IN, "9110 5", name.decode(), (GET + name + b": as-the-client-says\r\n" + END,), (GET + E,), gets=(OK_CLOSE,), never=(b"as-the-client-says",))
        for name in INTERNAL
    ]  # fmt: skip
    cases += [
        Case(rule, rfc, name, (GET + sent + END,), None, gets=(OK_CLOSE,), raw=(wanted,), never=(b"9.9.9.9", b"evil"))
        for rule, rfc, name, sent, wanted in ADDED
    ]  # fmt: skip
    cases.append(
        Case(Rule.FORWARDED, "9112 3.2", "without a host", (b"GET /v1/x HTTP/1.0\r\n\r\n",), None, gets=(OK_CLOSE,), raw=(rb"\r\nForwarded: for=127\.0\.0\.1;proto=http\r\n",))
    )  # fmt: skip
    cases += [
        Case(rule, rfc, name, (GET + END,), (GET + E,), ((OK + sent + b"Content-Length: 2\r\n\r\nok",),), (OK_CLOSE,))
        for rule, rfc, name, sent in GONE_FROM_ANSWERS
    ]  # fmt: skip
    cases += [
        Case(Rule.LOOP, "9110 7.6.3", f"Via of {index} lines", (GET + sent + E,), gets=(508,))
        for index, sent in enumerate(LOOPS)
    ]
    return cases


CASES = _table()
