"""Heads that are refused: nothing of them reaches a backend, and the connection is closed."""

from tests.wire.case import CHUNKED, GET, HOST, LINE, NEXT, POST, Case, Rule
from tests.wire.play import Pause

E = b"\r\n"

LENGTHS = [
    ("twice and different", POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    ("twice and equal", POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
    ("a list of equal ones", POST + b"Content-Length: 5, 5\r\n\r\nabcde"),
    ("a list of different ones", POST + b"Content-Length: 5, 6\r\n\r\nabcdef"),
    ("a sign", POST + b"Content-Length: +3\r\n\r\nabc"),
    ("a negative one", POST + b"Content-Length: -1\r\n\r\n"),
    ("hexadecimal", POST + b"Content-Length: 0x3\r\n\r\nabc"),
    ("a fraction", POST + b"Content-Length: 3.0\r\n\r\nabc"),
    ("an exponent", POST + b"Content-Length: 1e1\r\n\r\nabcdefghij"),
    ("an underscore", POST + b"Content-Length: 1_0\r\n\r\nabcdefghij"),
    ("a space within", POST + b"Content-Length: 1 0\r\n\r\nabcdefghij"),
    ("none", POST + b"Content-Length:\r\n\r\n"),
    ("only a space", POST + b"Content-Length: \r\n\r\n"),
    ("a word", POST + b"Content-Length: abc\r\n\r\n"),
    ("a comma behind", POST + b"Content-Length: 3,\r\n\r\nabc"),
    ("digits of another script", POST + b"Content-Length: \xd9\xa3\r\n\r\nabc"),
    ("more than 64 bits", POST + b"Content-Length: 18446744073709551619\r\n\r\nabc"),
    ("more digits than any sender needs", POST + b"Content-Length: 0000000000000000003\r\n\r\nabc"),
    ("more than 32 bits wrapped", POST + b"Content-Length: 99999999999999999999999999\r\n\r\nabc"),
    ("a form feed before", POST + b"Content-Length: \x0c3\r\n\r\nabc"),
    ("in two spellings of the name", POST + b"content-length: 3\r\nCONTENT-LENGTH: 9\r\n\r\nabc"),
]
BOTH = [
    ("CL.TE", POST + b"Content-Length: 6\r\n" + CHUNKED + E + b"0\r\n\r\nG"),
    ("TE.CL", POST + CHUNKED + b"Content-Length: 4\r\n\r\n5c\r\n" + NEXT + b"\r\n0\r\n\r\n"),
    ("CL.TE with a request within", POST + b"Content-Length: 99\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + NEXT),
    ("a length of nothing", POST + b"Content-Length: 0\r\n" + CHUNKED + b"\r\n0\r\n\r\n"),
    ("in lower case", POST + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("on a GET", GET + b"Content-Length: 3\r\n" + CHUNKED + b"\r\n0\r\n\r\n"),
    ("with an encoding that is none", POST + b"Content-Length: 3\r\nTransfer-Encoding: identity\r\n\r\nabc"),
    ("with an empty encoding", POST + b"Content-Length: 3\r\nTransfer-Encoding:\r\n\r\nabc"),
]
ENCODINGS = [
    ("xchunked", b"Transfer-Encoding: xchunked\r\n"),
    ("chunkedx", b"Transfer-Encoding: chunkedx\r\n"),
    ("identity", b"Transfer-Encoding: identity\r\n"),
    ("gzip", b"Transfer-Encoding: gzip\r\n"),
    ("gzip, chunked", b"Transfer-Encoding: gzip, chunked\r\n"),
    ("chunked, gzip", b"Transfer-Encoding: chunked, gzip\r\n"),
    ("chunked, identity", b"Transfer-Encoding: chunked, identity\r\n"),
    ("identity, chunked", b"Transfer-Encoding: identity, chunked\r\n"),
    ("chunked, chunked", b"Transfer-Encoding: chunked, chunked\r\n"),
    ("twice chunked", CHUNKED + CHUNKED),
    ("twice, chunked and another", CHUNKED + b"Transfer-Encoding: x\r\n"),
    ("twice, another and chunked", b"Transfer-Encoding: x\r\n" + CHUNKED),
    ("a comma before", b"Transfer-Encoding: ,chunked\r\n"),
    ("a comma behind", b"Transfer-Encoding: chunked,\r\n"),
    ("empty", b"Transfer-Encoding:\r\n"),
    ("in quotes", b'Transfer-Encoding: "chunked"\r\n'),
    ("with a parameter", b"Transfer-Encoding: chunked;q=1\r\n"),
    ("with a vertical tab", b"Transfer-Encoding: \x0bchunked\r\n"),
    ("with a NUL behind", b"Transfer-Encoding: chunked\x00\r\n"),
    ("with a CR before", b"Transfer-Encoding: \rchunked\r\n"),
    ("with a high byte", b"Transfer-Encoding: chunked\xa0\r\n"),
    ("a space before the colon", b"Transfer-Encoding : chunked\r\n"),
    ("a tab before the colon", b"Transfer-Encoding\t: chunked\r\n"),
    ("folded", b"Transfer-Encoding:\r\n chunked\r\n"),
    ("behind a bare LF", b"X: y\nTransfer-Encoding: chunked\r\n"),
    ("behind a bare CR", b"X: y\rTransfer-Encoding: chunked\r\n"),
    ("with a space before the name", b" Transfer-Encoding: chunked\r\n"),
    ("of HTTP/1.0", b"1.0"),
]
FOLDS = [
    ("with a space", GET + b"X-A: a\r\n b\r\n\r\n"),
    ("with a tab", GET + b"X-A: a\r\n\tb\r\n\r\n"),
    ("of an empty value", GET + b"X-A:\r\n b\r\n\r\n"),
    ("that is a header by itself", GET + b"X-A: a\r\n Content-Length: 5\r\n\r\n"),
    ("in the first header line", LINE + b" X-A: a\r\n" + HOST + E),
    ("of nothing but a space", GET + b"X-A: a\r\n \r\n\r\n"),
    ("of Host", LINE + b"Host: a\r\n b\r\n\r\n"),
]
STRAY = [
    ("a bare LF ends the request line", b"GET /v1/escrows HTTP/1.1\n" + HOST + E),
    ("a bare LF ends a header", LINE + b"Host: h\nX-A: a\r\n\r\n"),
    ("bare LFs end everything", b"GET /v1/escrows HTTP/1.1\nHost: h\n\n"),
    ("a bare LF ends the head", LINE + b"Host: h\r\n\n"),
    ("a bare CR in a value", GET + b"X-A: a\rb\r\n\r\n"),
    ("a bare CR ends a header", GET + b"X-A: a\rX-B: b\r\n\r\n"),
    ("a CR before the CRLF", GET + b"X-A: a\r\r\n\r\n"),
    ("a bare CR in the request line", b"GET /v1/escrows\r HTTP/1.1\r\n" + HOST + E),
    ("a bare CR between version and LF", b"GET /v1/escrows HTTP/1.1\r\r\n" + HOST + E),
    ("CR and a byte where the head ends", GET + b"\rX\r\n\r\n"),
    ("a NUL in a value", GET + b"X-A: a\x00b\r\n\r\n"),
    ("a NUL at the end of a value", GET + b"X-A: a\x00\r\n\r\n"),
    ("a NUL in a name", GET + b"X-\x00A: a\r\n\r\n"),
    ("a NUL in the target", b"GET /v1/\x00escrows HTTP/1.1\r\n" + HOST + E),
    ("a NUL in the method", b"G\x00ET /v1/escrows HTTP/1.1\r\n" + HOST + E),
    ("a NUL in a head that does not end", LINE + b"X-A: \x00"),
    ("a NUL before everything", b"\x00" + GET + E),
    ("a bell in a value", GET + b"X-A: a\x07b\r\n\r\n"),
    ("DEL in a value", GET + b"X-A: a\x7fb\r\n\r\n"),
    ("an escape in a value", GET + b"X-A: \x1b[31m\r\n\r\n"),
    ("a vertical tab in a value", GET + b"X-A: a\x0bb\r\n\r\n"),
    ("a control byte in the target", b"GET /v1/\x01escrows HTTP/1.1\r\n" + HOST + E),
    ("DEL in the target", b"GET /v1/\x7fescrows HTTP/1.1\r\n" + HOST + E),
    ("a tab in the target", b"GET /v1/esc\trows HTTP/1.1\r\n" + HOST + E),
    ("a CR before everything", b"\r" + GET + E),
]
COLONS = [
    ("a space", GET + b"X-A : a\r\n\r\n"),
    ("a tab", GET + b"X-A\t: a\r\n\r\n"),
    ("at Content-Length", POST + b"Content-Length : 3\r\n\r\nabc"),
    ("at Host", LINE + b"Host : crm.example.test\r\n\r\n"),
    ("many spaces", GET + b"X-A     : a\r\n\r\n"),
]
NAMES = [
    ("a space", GET + b"X A: a\r\n\r\n"),
    ("a tab", GET + b"X\tA: a\r\n\r\n"),
    ("none", GET + b": a\r\n\r\n"),
    ("no colon", GET + b"X-A\r\n\r\n"),
    ("no colon in the last line", GET + b"X-A: a\r\ngarbage\r\n\r\n"),
    ("a control byte", GET + b"X-\x01A: a\r\n\r\n"),
    ("a high byte", GET + b"X-\xe4: a\r\n\r\n"),
    ("a quote", GET + b'X"A: a\r\n\r\n'),
    ("a bracket", GET + b"X[A]: a\r\n\r\n"),
    ("an at sign", GET + b"X@A: a\r\n\r\n"),
    ("a slash", GET + b"X/A: a\r\n\r\n"),
    ("DEL", GET + b"X\x7fA: a\r\n\r\n"),
    ("an equals sign", GET + b"X=A: a\r\n\r\n"),
    ("a space before it, in the middle", GET + b"X-A: a\r\n X-B: b\r\n\r\n"),
]
HOSTS = [
    ("missing", LINE + E),
    ("missing, with others", LINE + b"X-A: a\r\n\r\n"),
    ("twice and different", LINE + b"Host: a\r\nHost: b\r\n\r\n"),
    ("twice and equal", LINE + b"Host: a\r\nHost: a\r\n\r\n"),
    ("twice in two spellings", LINE + b"Host: a\r\nhOST: b\r\n\r\n"),
    ("twice of HTTP/1.0", b"GET /v1/escrows HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
    ("empty", LINE + b"Host:\r\n\r\n"),
    ("with user information", LINE + b"Host: user@crm.example.test\r\n\r\n"),
    ("with a path", LINE + b"Host: crm.example.test/x\r\n\r\n"),
    ("with a query", LINE + b"Host: crm.example.test?x\r\n\r\n"),
    ("with a fragment", LINE + b"Host: crm.example.test#x\r\n\r\n"),
    ("a URL", LINE + b"Host: http://crm.example.test\r\n\r\n"),
    ("with a space", LINE + b"Host: crm example\r\n\r\n"),
    ("with a comma", LINE + b"Host: a.test, b.test\r\n\r\n"),
    ("with a port that is a word", LINE + b"Host: crm.example.test:http\r\n\r\n"),
    ("with a port too large", LINE + b"Host: crm.example.test:65536\r\n\r\n"),
    ("with two ports", LINE + b"Host: crm.example.test:80:81\r\n\r\n"),
    ("of nothing but a port", LINE + b"Host: :80\r\n\r\n"),
    ("an IPv6 address without its bracket", LINE + b"Host: [::1\r\n\r\n"),
    ("brackets around no address", LINE + b"Host: [evil]\r\n\r\n"),
    ("with a backslash", LINE + b"Host: a\\b\r\n\r\n"),
    ("with a quote", LINE + b'Host: a"b\r\n\r\n'),
    ("with a bracket", LINE + b"Host: <a>\r\n\r\n"),
    ("longer than a name can be", LINE + b"Host: " + b"a." * 131 + b"\r\n\r\n"),
    ("with a high byte", LINE + b"Host: caf\xe9.test\r\n\r\n"),
]
TARGETS = [
    ("absolute, of another host", b"GET http://evil.example/v1/escrows HTTP/1.1\r\n" + HOST + E),
    ("absolute, of another port", b"GET http://crm.example.test:81/ HTTP/1.1\r\n" + HOST + E),
    ("absolute, with user information", b"GET http://u@crm.example.test/ HTTP/1.1\r\n" + HOST + E),
    ("absolute, of another scheme", b"GET ftp://crm.example.test/ HTTP/1.1\r\n" + HOST + E),
    ("absolute, without a host", b"GET http:///v1/escrows HTTP/1.1\r\n" + HOST + E),
    ("absolute, with a fragment", b"GET http://crm.example.test/#x HTTP/1.1\r\n" + HOST + E),
    ("authority", b"GET crm.example.test:80 HTTP/1.1\r\n" + HOST + E),
    ("an at sign first", b"GET @evil.example/ HTTP/1.1\r\n" + HOST + E),
    ("relative", b"GET v1/escrows HTTP/1.1\r\n" + HOST + E),
    ("only a query", b"GET ?x=1 HTTP/1.1\r\n" + HOST + E),
    ("a fragment", b"GET /v1/escrows#x HTTP/1.1\r\n" + HOST + E),
    ("asterisk", b"OPTIONS * HTTP/1.1\r\n" + HOST + E),
    ("asterisk of GET", b"GET * HTTP/1.1\r\n" + HOST + E),
    ("a scheme without slashes", b"GET javascript:alert(1) HTTP/1.1\r\n" + HOST + E),
    ("none", b"GET  HTTP/1.1\r\n" + HOST + E),
    ("two spaces before it", b"GET  /v1/escrows HTTP/1.1\r\n" + HOST + E),
    ("two spaces behind it", b"GET /v1/escrows  HTTP/1.1\r\n" + HOST + E),
    ("a space behind the version", b"GET /v1/escrows HTTP/1.1 \r\n" + HOST + E),
    ("two of them", b"GET /v1/escrows /x HTTP/1.1\r\n" + HOST + E),
    ("a tab between the parts", b"GET\t/v1/escrows HTTP/1.1\r\n" + HOST + E),
    ("a space before the method", b" GET /v1/escrows HTTP/1.1\r\n" + HOST + E),
    ("a method that is no token", b"G(T /v1/escrows HTTP/1.1\r\n" + HOST + E),
    ("a method with a high byte", b"G\xc9T /v1/escrows HTTP/1.1\r\n" + HOST + E),
    ("no method", b"/v1/escrows HTTP/1.1\r\n" + HOST + E),
    ("no version (HTTP/0.9)", b"GET /v1/escrows\r\n" + HOST + E),
    ("a status line", b"HTTP/1.1 200 OK\r\n" + HOST + E),
    ("a version that is none", b"GET /v1/escrows HTTX/1.1\r\n" + HOST + E),
    ("a version in lower case", b"GET /v1/escrows http/1.1\r\n" + HOST + E),
    ("a version with a sign", b"GET /v1/escrows HTTP/+1.1\r\n" + HOST + E),
    ("a version with two digits", b"GET /v1/escrows HTTP/1.10\r\n" + HOST + E),
    ("a version with two digits first", b"GET /v1/escrows HTTP/01.1\r\n" + HOST + E),
    ("TLS where none is", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
]
VERSIONS = [
    ("2.0", b"GET /v1/escrows HTTP/2.0\r\n" + HOST + E),
    ("1.2", b"GET /v1/escrows HTTP/1.2\r\n" + HOST + E),
    ("0.9", b"GET /v1/escrows HTTP/0.9\r\n" + HOST + E),
    ("3.0", b"GET /v1/escrows HTTP/3.0\r\n" + HOST + E),
    ("1, without a minor", b"GET /v1/escrows HTTP/1\r\n" + HOST + E),
    ("9.9", b"GET /v1/escrows HTTP/9.9\r\n" + HOST + E),
    ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
]
BOUNDS = [
    (Rule.LINE_BOUND, "9112 3", 414, "a target too long", b"GET /" + b"a" * 2_000 + b" HTTP/1.1\r\n" + HOST + E),
    (Rule.LINE_BOUND, "9112 3", 414, "a line that does not end", b"GET /" + b"a" * 3_000),
    (Rule.LINE_BOUND, "9112 3", 414, "a query too long", b"GET /?" + b"a" * 2_000 + b" HTTP/1.1\r\n" + HOST + E),
    (Rule.HEAD_BOUND, "6585 5", 431, "a value too long", GET + b"X-A: " + b"a" * 9_000 + b"\r\n\r\n"),
    (Rule.HEAD_BOUND, "6585 5", 431, "a value that does not end", GET + b"X-A: " + b"a" * 9_000),
    (Rule.HEAD_BOUND, "6585 5", 431, "a name too long", GET + b"X" * 9_000 + b": a\r\n\r\n"),
    (Rule.HEAD_BOUND, "6585 5", 431, "too many headers", GET + b"X: 1\r\n" * 2_000 + E),
    (Rule.HEAD_BOUND, "6585 5", 431, "headers without end", GET + b"X: 1\r\n" * 2_000),
    (Rule.HEAD_BOUND, "6585 5", 431, "a cookie too large", GET + b"Cookie: " + b"c=d; " * 2_000 + b"\r\n\r\n"),
    (Rule.BODY_BOUND, "9110 15.5.14", 413, "a length over it", POST + b"Content-Length: 100001\r\n\r\n"),
    (Rule.BODY_BOUND, "9110 15.5.14", 413, "a length far over it", POST + b"Content-Length: 99999999999999\r\n\r\n"),
    (Rule.CONNECT, "9110 9.3.6", 405, "with its authority", b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"),
    (Rule.CONNECT, "9110 9.3.6", 405, "with a path", b"CONNECT /v1/escrows HTTP/1.1\r\n" + HOST + E),
    (Rule.NO_SSRF, "9110 7.4", 400, "to a metadata address", b"GET http://169.254.169.254/x HTTP/1.1\r\n" + HOST + E),
]  # fmt: skip
SLOW = [
    ("no end of the line", (b"GET /v1/escrows", Pause(2))),
    ("no end of the head", (GET, Pause(2))),
    ("a byte at a time", tuple(part for byte in GET + E for part in (bytes([byte]), Pause(0.05)))),
    ("a second request without end", (GET + E + b"GET", Pause(2))),
]


def _table() -> list[Case]:
    rows = [
        *((Rule.LENGTHS, "9112 6.3", name, sent) for name, sent in LENGTHS),
        *((Rule.LENGTH_AND_ENCODING, "9112 6.1", name, sent) for name, sent in BOTH),
        *((Rule.FOLD, "9112 5.2", name, sent) for name, sent in FOLDS),
        *((Rule.STRAY_BYTES, "9112 2.2", name, sent) for name, sent in STRAY),
        *((Rule.SPACE_BEFORE_COLON, "9112 5.1", name, sent) for name, sent in COLONS),
        *((Rule.NAME_BYTES, "9110 5.1", name, sent) for name, sent in NAMES),
        *((Rule.HOST, "9112 3.2", name, sent) for name, sent in HOSTS),
        *((Rule.TARGET_FORM, "9112 3", name, sent) for name, sent in TARGETS),
    ]
    cases = [Case(rule, rfc, name, (sent,), gets=(400,)) for rule, rfc, name, sent in rows]
    for name, field in ENCODINGS:
        head = b"POST /v1/escrows HTTP/1.0\r\n" + HOST + CHUNKED if field == b"1.0" else POST + field
        cases.append(Case(Rule.ENCODING, "9112 6.1", name, (head + E + b"0\r\n\r\n" + NEXT,), gets=(400,)))
    cases += [Case(Rule.VERSION, "9110 15.6.6", name, (sent,), gets=(505,)) for name, sent in VERSIONS]
    cases += [Case(rule, rfc, name, (sent,), gets=(status,)) for rule, rfc, status, name, sent in BOUNDS]
    for name, steps in SLOW:
        answered = (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",) if "second" in name else ()
        cases.append(
            Case(
                Rule.SLOW_HEAD,
                "9110 15.5.9",
                name,
                steps,
                reaches=(GET + E,) if answered else (),
                gets=(*answered, 408),
            )
        )
    return cases


CASES = _table()
