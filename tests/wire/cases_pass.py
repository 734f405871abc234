"""What passes unharmed: requests and answers that arrive as they were sent, and connections that live on."""

from tests.wire.case import CHUNKED, CLOSE, GET, HOST, LINE, OK_CLOSE, OK_OPEN, POST, Case, Either, Rule
from tests.wire.play import OK, Act, Pause, Script, Until

E = b"\r\n"
END = CLOSE + E

TARGETS = [
    b"/v1/escrows?a=%2F&b=a+b&c=%zz&d",
    b"/v1//escrows/../x/./y",
    b"//evil.example/v1/escrows",
    b"/v1/escrows/%E2%82%AC%2f%2F%00",
    b"/a@b:c;d=e,f!$&'()*+?x=[1]&y={2}|^`",
    b"/v1/escrows?",
    b"/v1/escrows??a?b",
    b"/?",
    b"/",
    b"/v1/escrows?redirect=http://a.test/%0d%0aX:y",
    b"/%2e%2e/%2e/x",
    b'/a"b<c>d\\e~',
]
METHODS = [
    b"GET",
    b"DELETE",
    b"OPTIONS",
    b"TRACE",
    b"PROPFIND",
    b"M-SEARCH",
    b"get",
    b"BREW",
    b"PURGE",
    b"X!#$",
]
HEADERS = [
    ("repeats and order", b"X-b: 2\r\nx-A: 1\r\nX-b: 3\r\nX-b: 2\r\n"),
    ("case of names", b"x-lower: 1\r\nX-UPPER: 2\r\nX-mIxEd: 3\r\n"),
    ("an empty value", b"X-Empty:\r\n"),
    ("high bytes in a value", b"X-Name: caf\xe9 \xc3\xa9 \xff\r\n"),
    ("a tab in a value", b"X-Tab: a\tb\r\n"),
    ("spaces in a value", b"X-Space: a  b   c\r\n"),
    ("commas and quotes", b'X-List: a, "b, c", ,d\r\n'),
    ("all token characters in a name", b"X!#$%&'*+-.^_`|~09: 1\r\n"),
    ("an underscore in a name", b"X_Under: 1\r\n"),
    ("cookies and credentials", b"Cookie: a=1; b=2\r\nAuthorization: Bearer x.y.z\r\n"),
    ("colons in a value", b"X-Time: 12:30:00 http://x\r\n"),
    ("no space behind the colon", b"X-A:a\r\n"),
    ("Expect that is another", b"Expect: something-else\r\n"),
    ("a user agent", b"User-Agent: curl/8\r\nAccept: */*\r\nAccept-Encoding: gzip, br\r\n"),
]
FIELDS_OF_ANSWERS = [
    (Rule.STATUS, "9110 15", "a reason of its own", b"HTTP/1.1 200 Fine So Far\r\n"),
    (Rule.STATUS, "9112 4", "no reason", b"HTTP/1.1 200 \r\n"),
    (Rule.STATUS, "9112 4", "a reason with high bytes", b"HTTP/1.1 200 sch\xf6n\r\n"),
    (Rule.STATUS, "9110 15", "an unusual status", b"HTTP/1.1 418 I'm a teapot\r\n"),
    (Rule.STATUS, "9110 15", "a status that nobody knows", b"HTTP/1.1 299 What\r\n"),
    (Rule.STATUS, "9110 15", "a status beyond the classes", b"HTTP/1.1 599 Net\r\n"),
    (Rule.STATUS, "9110 15.6", "an error of the backend", b"HTTP/1.1 500 Oops\r\nX-Trace: 1\r\n"),
    (Rule.STATUS, "6265 3", "Set-Cookie repeats", b"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nX: y\r\nSet-Cookie: a=1\r\n"),
    (Rule.STATUS, "9110 11.6", "two challenges", b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nWWW-Authenticate: X\r\n"),
    (Rule.HEADERS, "9110 5", "of an answer", b"HTTP/1.1 200 OK\r\nx-b: 2\r\nX-A: 1\r\nX-b: caf\xe9\r\nX-Empty: \r\n"),
    (Rule.HEADERS, "9111 5", "of caches", b"HTTP/1.1 200 OK\r\nAge: 3\r\nWarning: 1 - x\r\nCache-Control: no-store\r\n"),
    (Rule.NO_SSRF, "9110 15.4", "a redirect is passed on", b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n"),
    (Rule.COMPRESSED, "9110 8.4", "an answer", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nVary: Accept-Encoding\r\n"),
    (Rule.RANGE, "9110 14", "a part", b'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nETag: W/"1"\r\n'),
    (Rule.RANGE, "9110 15.5.17", "no such part", b"HTTP/1.1 416 No\r\nContent-Range: bytes */9\r\n"),
]  # fmt: skip
REQUESTS = [
    (Rule.RANGE, "9110 14.2", "a range", GET + b'Range: bytes=0-1,5-\r\nIf-Range: "x"\r\n' + E),
    (Rule.RANGE, "9110 13.1", "conditions", GET + b'If-None-Match: W/"1", *\r\nIf-Modified-Since: x\r\n' + E),
    (Rule.LENGTH, "9110 8.6", "a body", POST + b"Content-Length: 3\r\n\r\nabc"),
    (Rule.LENGTH, "9110 8.6", "no body", POST + b"Content-Length: 0\r\n\r\n"),
    (Rule.LENGTH, "9110 8.6", "leading zeros", POST + b"Content-Length: 003\r\n\r\nabc"),
    (Rule.LENGTH, "9110 9.3.1", "a GET with a body", GET + b"Content-Length: 3\r\n\r\nabc"),
    (Rule.LENGTH, "9110 9.3.5", "a DELETE with a body", b"DELETE /x HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc"),
    (Rule.LENGTH, "9112 6.3", "a POST without any", POST + E),
    (Rule.COMPRESSED, "9110 8.4", "a request", POST + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00\xff"),
    (Rule.CHUNKED, "9112 7.1", "one chunk", POST + CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n"),
    (Rule.CHUNKED, "9112 7.1", "no chunk", POST + CHUNKED + b"\r\n0\r\n\r\n"),
    (Rule.CHUNKED, "9112 7.1", "on a GET", GET + CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n"),
    (Rule.CHUNKED, "9112 7.1", "a body with line ends", POST + CHUNKED + b"\r\nc\r\n\r\n0\r\n\r\nGET /\r\n0\r\n\r\n"),
]  # fmt: skip
REWRITTEN = [
    (Rule.CHUNKED, "9112 7.1", "many chunks", b"1\r\na\r\n2\r\nbc\r\n00A\r\n0123456789\r\n000\r\n\r\n", b"abc0123456789"),
    (Rule.CHUNKED, "9112 7.1.1", "an extension is dropped", b"3;a=b\r\nabc\r\n0;x\r\n\r\n", b"abc"),
    (Rule.CHUNKED, "9112 7.1.1", "a quoted extension is dropped", b'3;a="b;c"\r\nabc\r\n0\r\n\r\n', b"abc"),
    (Rule.TRAILERS, "9110 6.5", "of a request are dropped", b"3\r\nabc\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n", b"abc"),
    (Rule.TRAILERS, "9110 6.5.1", "never become headers", b"0\r\nHost: evil\r\nContent-Length: 9\r\n\r\n", b""),
]  # fmt: skip
WS_HEAD = GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def _chunked(body: bytes) -> bytes:
    return CHUNKED + E + (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"


def _closing(message: bytes) -> bytes:
    head, _, body = message.partition(b"\r\n\r\n")
    return head + E + END + body


def _requests() -> list[Case]:
    cases = [
        Case(
            Rule.TARGET,
            "9112 3.2.1",
            target.decode(),
            (b"GET " + target + b" HTTP/1.1\r\n" + HOST + END,),
            (b"GET " + target + b" HTTP/1.1\r\n" + HOST + E,),
            gets=(OK_CLOSE,),
        )
        for target in TARGETS
    ]
    cases += [
        Case(
            Rule.TARGET,
            "9110 9",
            f"method {method.decode()}",
            (method + b" /v1/x HTTP/1.1\r\n" + HOST + END,),
            (method + b" /v1/x HTTP/1.1\r\n" + HOST + E,),
            gets=(OK_CLOSE,),
        )
        for method in METHODS
    ]
    for name, target in (("high bytes", b"/caf\xe9?\xff"), ("UTF-8", "/café?€".encode())):
        head = b"GET " + target + b" HTTP/1.1\r\n" + HOST
        cases.append(
            Case(Rule.TARGET, "3986 2", name, (head + END,), (head + E,), gets=(OK_CLOSE,), may_refuse=True)
        )
    cases += [
        Case(Rule.HEADERS, "9110 5", name, (GET + sent + END,), (GET + sent.replace(b":a", b": a").replace(b"Empty:", b"Empty: ") + E,), gets=(OK_CLOSE,))
        for name, sent in HEADERS
    ]  # fmt: skip
    cases += [
        Case(rule, rfc, name, (_closing(sent),), (sent,), gets=(OK_CLOSE,))
        for rule, rfc, name, sent in REQUESTS
    ]
    cases += [
        Case(rule, rfc, name, (POST + CHUNKED + END + sent,), (POST + _chunked(body),), gets=(OK_CLOSE,))
        for rule, rfc, name, sent, body in REWRITTEN
    ]
    in_bytes = tuple(part for byte in _closing(REQUESTS[9][3]) for part in (bytes([byte]), Pause(0.0015)))
    cases.append(
        Case(Rule.CHUNKED, "9112 7.1", "byte by byte", in_bytes, (REQUESTS[9][3],), gets=(OK_CLOSE,))
    )
    return cases


def _answers() -> list[Case]:
    closing, get = (GET + END,), (GET + E,)
    cases = [
        Case(rule, rfc, name, closing, get, ((head + b"Content-Length: 2\r\n\r\n\x1f\x8b",),), (head + b"Content-Length: 2\r\n" + END + b"\x1f\x8b",))
        for rule, rfc, name, head in FIELDS_OF_ANSWERS
    ]  # fmt: skip
    ok = b"HTTP/1.1 200 OK\r\n"
    by_close = Either((ok + END + b"abc", ok + _chunked(b"abc").replace(E + E, E + END, 1)))
    for rule, rfc, name, script, got in (
        (Rule.CHUNKED, "9112 7.1", "an answer", (ok + _chunked(b"abc"),), _closing(ok + _chunked(b"abc"))),
        (Rule.CHUNKED, "9112 7.1", "an empty answer", (ok + _chunked(b""),), _closing(ok + _chunked(b""))),
        (Rule.TRAILERS, "9110 6.5", "of an answer are dropped", (ok + CHUNKED + b"\r\n3;x=y\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",), _closing(ok + _chunked(b"abc"))),
        (Rule.LENGTH, "9110 8.6", "an empty answer", (ok + b"Content-Length: 0\r\n\r\n",), _closing(ok + b"Content-Length: 0\r\n\r\n")),
        (Rule.LENGTH, "9112 6.3", "an answer that ends with its connection", (ok + b"\r\nabc", Act.CLOSE), by_close),
        (Rule.LENGTH, "9112 6.3", "an answer of HTTP/1.0", (b"HTTP/1.0 200 OK\r\n\r\nabc", Act.CLOSE), by_close),
        (Rule.BODILESS, "9110 15.3.5", "204", (b"HTTP/1.1 204 No Content\r\n\r\n",), b"HTTP/1.1 204 No Content\r\n" + END),
        (Rule.BODILESS, "9110 15.4.5", "304", (b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n',), b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n' + END),
        (Rule.BODILESS, "9110 15.4.5", "304 with the length of the other", (b"HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\n",), b"HTTP/1.1 304 N\r\nContent-Length: 5\r\n" + END),
        (Rule.INTERIM, "8297 2", "103", (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", *OK), b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK_CLOSE),
        (Rule.INTERIM, "9110 8.6", "without the length that it cannot have", (b"HTTP/1.1 103 E\r\nContent-Length: 3\r\n\r\n", *OK), b"HTTP/1.1 103 E\r\n\r\n" + OK_CLOSE),
        (Rule.INTERIM, "9110 15.2", "several", (b"HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/1.1 100 C\r\n\r\n", *OK), b"HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/1.1 100 C\r\n\r\n" + OK_CLOSE),
    ):  # fmt: skip
        cases.append(Case(rule, rfc, name, closing, get, (script,), (got,)))
    head = b"HEAD /v1/escrows HTTP/1.1\r\n" + HOST
    for name, fields in (("a length", b"Content-Length: 5\r\n"), ("chunked", CHUNKED), ("neither", b"")):
        cases.append(
            Case(Rule.BODILESS, "9110 9.3.2", f"HEAD with {name}", (head + END,), (head + E,), ((ok + fields + E,),), (Either((ok + fields + END, ok + fields.replace(CHUNKED, b"") + END)),))
        )  # fmt: skip
    event: Script = (ok + b"Content-Type: text/event-stream\r\n" + CHUNKED + E, b"9\r\ndata: 1\n\n\r\n")
    cases.append(
        Case(Rule.SSE, "9112 7.1", "an event arrives while the stream stays open", (GET + E, Until(b"data: 1\n\n"), Act.CLOSE), get, ((*event, Pause(1)),), (ok + b"Content-Type: text/event-stream\r\n" + CHUNKED + b"\r\n9\r\ndata: 1\n\n\r\n",))
    )  # fmt: skip
    old = b"GET /v1/escrows HTTP/1.0\r\n" + HOST
    plain = b"HTTP/1.1 200 OK\r\n" + END + b"abc"
    cases += [
        Case(Rule.INTERIM, "9110 15.2", "not to an HTTP/1.0 client", (old + E,), get, ((b"HTTP/1.1 103 E\r\n\r\n", *OK),), (OK_CLOSE,)),
        Case(Rule.CHUNKED, "9112 7.1", "not to an HTTP/1.0 client", (old + E,), get, ((ok + _chunked(b"abc"),),), (plain,)),
    ]  # fmt: skip
    return cases


def _connections() -> list[Case]:
    first, second = b"GET /1 HTTP/1.1\r\n" + HOST + E, b"GET /2 HTTP/1.1\r\n" + HOST + E
    last = second[:-2] + END
    delete = b"DELETE /v1/escrows/1 HTTP/1.1\r\n" + HOST + E
    slow: Script = (Pause(0.1), b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1")
    one = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"
    body = POST + b"Content-Length: 3\r\n"
    invited: Script = (Act.AT_HEAD, b"HTTP/1.1 100 Continue\r\n\r\n", Until(b"abc"), *OK)
    closes = (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", Act.CLOSE)
    old = b"GET /v1/escrows HTTP/1.0\r\n" + HOST
    kept = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok"
    expecting = body + b"Expect: 100-continue\r\n"
    chunks = POST + CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n"
    rows = [
        (Rule.KEEP_ALIVE, "9112 9.3", "one request after the other", (first, Until(b"ok"), second), (first, second), (), (OK_OPEN, OK_OPEN), "open"),
        (Rule.KEEP_ALIVE, "9112 9.3", "a body, then another request", (chunks, Until(b"ok"), second), (chunks, second), (), (OK_OPEN, OK_OPEN), "open"),
        (Rule.KEEP_ALIVE, "9112 9.3", "a length and its body at once, then another request", (body + b"\r\nabc", Until(b"ok"), second), (body + b"\r\nabc", second), (), (OK_OPEN, OK_OPEN), "open"),
        (Rule.KEEP_ALIVE, "9112 9.3", "a length, its body later, then another request", (body + E, Pause(), b"abc", Until(b"ok"), second), (body + b"\r\nabc", second), (), (OK_OPEN, OK_OPEN), "open"),
        (Rule.KEEP_ALIVE, "9112 9.6", "the client closes", (GET + END,), (GET + E,), (), (OK_CLOSE,), "closed"),
        (Rule.KEEP_ALIVE, "9112 9.6", "the backend closes, the client stays", (first, Until(b"ok"), second), (first, second), (closes,), (OK_OPEN, OK_OPEN), "open"),
        (Rule.KEEP_ALIVE, "9112 9.3", "HTTP/1.0 closes", (old + E,), (GET + E,), (), (OK_CLOSE,), "closed"),
        (Rule.KEEP_ALIVE, "9112 C.2.2", "HTTP/1.0 with keep-alive", (old + b"Connection: keep-alive\r\n\r\n",), (GET + E,), (), (kept,), "open"),
        (Rule.KEEP_ALIVE, "9112 2.2", "one empty line before a request", (E + GET + END,), (GET + E,), (), (OK_CLOSE,), "closed"),
        (Rule.KEEP_ALIVE, "9112 9.3", "after a HEAD", (b"HEAD" + first[3:], Until(b"\r\n\r\n"), last), (b"HEAD" + first[3:], last[:-19 - 2] + E), ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",),), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", OK_CLOSE), "closed"),
        (Rule.PIPELINING, "9112 9.3.2", "two at once", (first + last,), (first, second), (slow,), (one, OK_CLOSE), "closed"),
        (Rule.PIPELINING, "9112 9.3.2", "a body, then another request", (chunks + last,), (chunks, second), (slow,), (one, OK_CLOSE), "closed"),
        (Rule.PIPELINING, "9112 9.3.2", "a length, then another request", (body + b"\r\nabc" + last,), (body + b"\r\nabc", second), (slow,), (one, OK_CLOSE), "closed"),
        (Rule.PIPELINING, "9112 9.3.2", "ten at once", (first * 9 + last,), (*[first] * 9, second), (), (*[OK_OPEN] * 9, OK_CLOSE), "closed"),
        (Rule.PIPELINING, "9112 9.3.2", "the last is refused, in its turn", (first + b"G@T / HTTP/1.1\r\n\r\n",), (first,), (slow,), (one, 400), "closed"),
        (Rule.PIPELINING, "9112 9.6", "nothing counts after Connection: close", (GET + END + first,), (GET + E,), (), (OK_CLOSE,), "broken"),
        (Rule.EXPECT, "9110 10.1.1", "the backend invites", (expecting + E, Until(b"100 Continue"), b"abc", Until(b"ok")), (expecting + b"\r\nabc",), (invited,), (b"HTTP/1.1 100 Continue\r\n\r\n", OK_OPEN), "open"),
        (Rule.EXPECT, "9110 10.1.1", "the backend refuses without the body", (expecting + END,), (), ((Act.AT_HEAD, b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"),), (b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n" + END,), "closed"),
        (Rule.EXPECT, "9112 9.3", "what is refused without its body ends the connection", (expecting + E,), (), ((Act.AT_HEAD, b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"),), (b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n" + END,), "closed"),
        (Rule.EXPECT, "9110 10.1.1", "the client does not wait", (expecting + END + b"abc",), (expecting + b"\r\nabc",), (), (OK_CLOSE,), "closed"),
        (Rule.LEAVING, "9112 9.6", "a half-closed client gets its answer", (GET + E, Act.FINISH), (GET + E,), (slow,), (one,), "closed"),
        (Rule.LEAVING, "9112 9.6", "a half-closed client gets the answer to its body", (body + b"\r\nabc", Act.FINISH), (body + b"\r\nabc",), (slow,), (one,), "closed"),
        (Rule.LEAVING, "9112 9.6", "a half-closed client gets both answers", (first + second, Act.FINISH), (first, second), (slow,), (one, OK_OPEN), "closed"),
        (Rule.LEAVING, "9112 8", "a body that is cut off commits nothing", (body + b"\r\nab", Act.CLOSE), (), (), (), "closed"),
        (Rule.LEAVING, "9112 8", "a body that is half-closed commits nothing", (body + b"\r\nab", Act.FINISH), (), (), None, "broken"),
        (Rule.LEAVING, "9112 8", "chunks that are cut off commit nothing", (POST + CHUNKED + b"\r\n3\r\nabc\r\n", Act.RESET), (), (), (), "closed"),
        (Rule.LEAVING, "9112 8", "half a head commits nothing", (GET[:-2], Act.FINISH), (), (), None, "broken"),
        (Rule.RETRY, "9112 9.3.1", "a safe request on a reused connection", (first, Until(b"ok"), last), (first, second, second), (OK, (Act.CLOSE,)), (OK_OPEN, OK_CLOSE), "closed"),
        (Rule.RETRY, "9112 9.3.1", "not a write", (first, Until(b"ok"), body + b"\r\nabc"), (first, body + b"\r\nabc"), (OK, (Act.CLOSE,)), (OK_OPEN, 502), "closed"),
        (Rule.RETRY, "9110 9.2.2", "not a write without a body", (first, Until(b"ok"), delete), (first, delete), (OK, (Act.CLOSE,)), (OK_OPEN, 502), "closed"),
        (Rule.RETRY, "9112 9.3.1", "not after a byte of the answer", (first, Until(b"ok"), last), (first, second), (OK, (b"H", Pause(), Act.CLOSE)), (OK_OPEN, 502), "closed"),
        (Rule.RETRY, "9112 9.3.1", "not after an interim answer", (first, Until(b"ok"), last), (first, second), (OK, (b"HTTP/1.1 103 E\r\n\r\n", Pause(), Act.CLOSE)), (OK_OPEN, b"HTTP/1.1 103 E\r\n\r\n", 502), "closed"),
        (Rule.RETRY, "9112 9.3.1", "not on a fresh connection", (last,), (second,), ((Act.CLOSE,),), (502,), "closed"),
        (Rule.RETRY, "9112 9.3.1", "only once", (first, Until(b"ok"), last), (first, second, second), (OK, (Act.CLOSE,), (Act.CLOSE,)), (OK_OPEN, 502), "closed"),
    ]  # fmt: skip
    return [
        Case(
            rule,
            rfc,
            name,
            sends,
            reaches,
            answers,
            gets or (),
            ends,
            starts_ok=True,
            may_refuse=gets is None,
        )
        for rule, rfc, name, sends, reaches, answers, gets, ends in rows
    ]


def _upgrades() -> list[Case]:
    echo: Script = (SWITCH, Until(b"hello"), b"welcome", Until(b"bye"), Act.CLOSE)
    first_frames: Script = (SWITCH + b"early", Pause(1))
    wire = (rb"(?i)\r\nConnection: upgrade\r\n", rb"(?i)\r\nUpgrade: websocket\r\n")
    no_upgrade = (rb"(?i)\r\nupgrade:", rb"(?i)\r\nconnection: upgrade")
    return [
        Case(Rule.UPGRADE, "9110 7.8", "bytes both ways", (WS_HEAD, Until(b"101"), b"hello", Until(b"welcome"), b"\x00\xffbye"), None, (echo,), (SWITCH + b"welcome",), raw=(*wire, b"hello\x00\xffbye$")),
        Case(Rule.UPGRADE, "9110 7.8", "bytes in the segment of the 101", (WS_HEAD, Until(b"early"), Act.CLOSE), None, (first_frames,), (SWITCH + b"early",)),
        Case(Rule.UPGRADE, "9110 7.8", "a half-close passes", (WS_HEAD, Until(b"101"), b"hello", Act.FINISH), None, ((SWITCH, Until(b"hello"), Pause(0.1), b"last words", Act.CLOSE),), (SWITCH + b"last words",)),
        Case(Rule.UPGRADE, "9110 7.8", "the backend declines", (WS_HEAD,), None, (), (OK_OPEN,), "open", raw=wire),
        Case(Rule.UPGRADE, "9110 15.2.2", "101 that nobody asked for is 502", (GET + E,), (GET + E,), ((SWITCH + b"x",),), (502,), raw=(), never=no_upgrade),
        Case(Rule.UPGRADE, "9110 7.8", "Upgrade that Connection does not name goes", (GET + b"Upgrade: websocket\r\n" + END,), (GET + E,), (), (OK_CLOSE,)),
        Case(Rule.UPGRADE, "9110 7.8", "not of HTTP/1.0", (b"GET /v1/escrows HTTP/1.0\r\n" + WS_HEAD[len(LINE):],), None, (), (OK_CLOSE,), never=no_upgrade),
        Case(Rule.UPGRADE, "9113 3.1", "not to another version of HTTP", (GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n",), (GET + E,), (), (OK_OPEN,), "open", never=no_upgrade),
        Case(Rule.UPGRADE, "9110 7.8", "not with a body", (POST + b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc",), (POST + b"Content-Length: 3\r\n\r\nabc",), (), (OK_OPEN,), "open", never=no_upgrade),
        Case(Rule.UPGRADE, "9112 9.3", "a request behind one that is declined", (WS_HEAD, Until(b"ok"), GET + END), None, (), (OK_OPEN, OK_CLOSE)),
    ]  # fmt: skip


CASES = [*_requests(), *_answers(), *_connections(), *_upgrades()]
