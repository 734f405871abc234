"""Heads: what is read of them, and what is refused because two parsers could read it differently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.refusals import Refusal
from proxy.wire.errors import HeadError
from proxy.wire.heads import CHUNKED, OPEN, answer_head, request_head
from tests.proxy.wire.fakes import head_of


def refusal_of(block: bytes) -> Refusal:
    with pytest.raises(HeadError) as caught:
        request_head(block)
    return caught.value.refusal


def with_fields(fields: bytes, line: bytes = b"POST /v1/escrows HTTP/1.1") -> bytes:
    return line + b"\r\nHost: h\r\n" + fields + b"\r\n\r\n"


# Requests


def test_a_request_is_kept_byte_for_byte() -> None:
    head = request_head(
        b"GET /v1//a/../%2f?b=%zz HTTP/1.1\r\nHOST: h:80\r\nx-B: 1\r\nX-a:2 \r\nx-B:\t3\r\n\r\n"
    )

    assert (head.line, head.method, head.target) == (
        b"GET /v1//a/../%2f?b=%zz HTTP/1.1",
        "GET",
        "/v1//a/../%2f?b=%zz",
    )
    assert head.kept == [b"HOST: h:80", b"x-B: 1", b"X-a:2 ", b"x-B:\t3"]
    assert (head.host, head.length, head.keeps_alive, head.is_http11) == (b"h:80", 0, True, True)


@pytest.mark.parametrize(
    "method", ["GET", "PROPFIND", "QUERY", "BREW", "M-SEARCH", "get", "X!#$%&'*+-.^_`|~9"]
)
def test_any_token_is_a_method_known_or_not(method: str) -> None:
    head = head_of(method, "/x")

    assert (head.method, head.line) == (method, f"{method} /x HTTP/1.1".encode())


@pytest.mark.parametrize("method", [b"G\xc3\xa9T", b"G(T", b"", b"G\x00T", b"G:T", b"G\tT", b'"GET"'])
def test_a_method_that_is_no_token_is_refused(method: bytes) -> None:
    assert refusal_of(method + b" / HTTP/1.1\r\nHost: h\r\n\r\n") is Refusal.BAD_REQUEST_LINE


def test_an_unknown_method_excuses_no_other_fault() -> None:
    assert refusal_of(with_fields(b"X-Spaced : a", b"BREW / HTTP/1.1")) is Refusal.BAD_HEAD
    assert refusal_of(with_fields(b"Content-Length: x", b"BREW / HTTP/1.1")) in {
        Refusal.BAD_FRAMING,
        Refusal.BAD_HEAD,
    }


@pytest.mark.parametrize(
    "line",
    [
        b"GET /",
        b"GET",
        b"GET  / HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b" GET / HTTP/1.1",
        b"GET / x HTTP/1.1",
        b"GET\t/\tHTTP/1.1",
        b"GET / http/1.1",
        b"GET / HTTP/1.10",
        b"GET / HTTP/11",
        b"GET / HTTPS/1.1",
        b"GET / RTSP/1.0",
        b"GET / ICE/1.0",
        b"GET / HTTP/1.1\nX: y",
    ],
)
def test_a_line_that_is_no_request_line_is_refused(line: bytes) -> None:
    assert refusal_of(line + b"\r\nHost: h\r\n\r\n").status in {400, 505}


@pytest.mark.parametrize(
    "version", [b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.2", b"HTTP/2", b"HTTP/3", b"HTTP/9.9"]
)
def test_other_versions_are_505(version: bytes) -> None:
    assert refusal_of(b"GET / " + version + b"\r\nHost: h\r\n\r\n") is Refusal.VERSION


@pytest.mark.parametrize("target", [b"/\xff", "/ü".encode(), b"/a\x7f", b"/a\tb", b"/a\x0bb", b"/\x00"])
def test_a_target_with_bytes_that_none_has_is_refused(target: bytes) -> None:
    assert refusal_of(b"GET " + target + b" HTTP/1.1\r\nHost: h\r\n\r\n").status == 400


def test_an_http_1_0_request_becomes_one_of_1_1_and_does_not_stay() -> None:
    head = request_head(b"GET /x HTTP/1.0\r\n\r\n")

    assert (head.line, head.is_http11, head.keeps_alive, head.host) == (
        b"GET /x HTTP/1.1",
        False,
        False,
        None,
    )
    assert head.kept == []


@pytest.mark.parametrize(
    ("version", "connection", "stays"),
    [
        ("1.1", "close", False),
        ("1.1", "Close, X-Own", False),
        ("1.1", "keep-alive", True),
        ("1.0", "Keep-Alive", True),
        ("1.0", "keep-alive, close", False),
        ("1.0", "X-Own", False),
    ],
)
def test_the_connection_stays_as_version_and_header_say(
    version: str, connection: str, *, stays: bool
) -> None:
    assert head_of("GET", "/", f"Connection: {connection}", version=version).keeps_alive is stays


def test_several_connection_lines_are_one_list() -> None:
    head = head_of("GET", "/", "Connection: X-A, ", "connection: CLOSE ,X-B")

    assert head.named is not None
    assert {b"x-a", b"x-b", b"close"} <= head.named
    assert not head.keeps_alive


@pytest.mark.parametrize(
    "fields",
    [
        b"X-Folded: a\r\n b",
        b"X-Folded: a\r\n\tb",
        b"X-Spaced : a",
        b"X-Tab\t: a",
        b" X-Leading: a",
        b": a",
        b"X-None",
        b"X-Nul: a\x00b",
        b"X-Cr: a\rb",
        b"X-Lf: a\nX-Own: b",
        b"X-Lf: a\n\r\nX-Own: b",
        b"X Y: a",
        b"X\x01: a",
        b"X\x7f: a",
        b"X\xc3\xa9: a",
        b"X(: a",
        b"X-Bell: a\x07b",
        b"X-Del: a\x7fb",
    ],
)
def test_a_field_that_is_none_is_refused(fields: bytes) -> None:
    assert refusal_of(with_fields(fields)) is Refusal.BAD_HEAD


@pytest.mark.parametrize("line", [b"X: caf\xe9", "X: ü".encode(), b"X:", b"X: \t ", b"X: a\tb"])
def test_values_of_any_visible_bytes_pass(line: bytes) -> None:
    assert line in request_head(with_fields(line)).kept


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"a b",
        b"a/b",
        b"a@b",
        b"a,b",
        b"h:80:80",
        b"h:x",
        b"[::1",
        b"::1",
        b"h:123456",
        b"h?x",
        b"h#x",
        b'"h"',
        b"h\\",
    ],
)
def test_a_malformed_host_is_refused(host: bytes) -> None:
    assert refusal_of(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n") is Refusal.BAD_HOST


@pytest.mark.parametrize(
    "host", [b"h", b"h:80", b"crm.example.test", b"[::1]", b"[2001:db8::1]:8080", b"1.2.3.4", b"h:"]
)
def test_a_host_is_a_name_or_address_with_a_port_or_without(host: bytes) -> None:
    assert request_head(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n").host == host


def test_no_host_and_two_hosts_are_refused() -> None:
    assert refusal_of(b"GET / HTTP/1.1\r\n\r\n") is Refusal.BAD_HOST
    assert refusal_of(b"GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n") is Refusal.BAD_HOST
    assert refusal_of(b"GET / HTTP/1.0\r\nHost: h\r\nHost: i\r\n\r\n") is Refusal.BAD_HOST


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3",
        b"Content-Length: 3\r\nContent-Length: 4",
        b"Content-Length: 3\r\ncontent-length: 3",
        b"Content-Length: 3, 3",
        b"Content-Length: +3",
        b"Content-Length: -3",
        b"Content-Length: 0x3",
        b"Content-Length: 3 3",
        b"Content-Length: 3_0",
        b"Content-Length:",
        b"Content-Length: \xd9\xa3",
        b"Content-Length: 1234567890123456789",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked, gzip",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked;q=1",
        b"Transfer-Encoding:",
        b"Transfer-Encoding: \x0bchunked",
        b'Transfer-Encoding: "chunked"',
    ],
)
def test_a_length_in_doubt_is_refused(fields: bytes) -> None:
    assert refusal_of(with_fields(fields)).status == 400
    assert refusal_of(with_fields(fields, b"BREW / HTTP/1.1")).status == 400


def test_chunks_of_an_http_1_0_client_are_refused() -> None:
    assert refusal_of(with_fields(b"Transfer-Encoding: chunked", b"POST / HTTP/1.0")).status == 400


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        ((), 0),
        (("Content-Length: 0",), 0),
        (("Content-Length: 007",), 7),
        (("Transfer-Encoding: chunked",), CHUNKED),
        (("transfer-encoding:\tChunked ",), CHUNKED),
    ],
)
def test_the_length_of_a_body_is_as_its_head_says(fields: tuple[str, ...], length: int) -> None:
    assert head_of("POST", "/", *fields).length == length


@pytest.mark.parametrize(
    ("fields", "version", "upgrade"),
    [
        (("Connection: Upgrade", "Upgrade: websocket"), "1.1", b"websocket"),
        (("Connection: keep-alive, upgrade", "Upgrade: a/1, b"), "1.1", b"a/1, b"),
        (("Upgrade: websocket",), "1.1", b""),
        (("Connection: close", "Upgrade: websocket"), "1.1", b""),
        (("Connection: Upgrade",), "1.1", b""),
        (("Connection: Upgrade", "Upgrade: websocket"), "1.0", b""),
    ],
)
def test_an_upgrade_is_one_if_connection_names_it(
    fields: tuple[str, ...], version: str, upgrade: bytes
) -> None:
    assert head_of("GET", "/", *fields, version=version).upgrade == upgrade


def test_who_waits_for_an_invitation_is_known() -> None:
    assert head_of("POST", "/", "Expect: 100-Continue").expects_continue
    assert not head_of("POST", "/").expects_continue


@given(st.binary(max_size=80))
def test_whatever_comes_is_a_head_or_refused(noise: bytes) -> None:
    block = b"GET / HTTP/1.1\r\nHost: h\r\n" + noise.replace(b"\r\n\r\n", b"") + b"\r\n\r\n"
    block = block[: block.index(b"\r\n\r\n") + 4]

    try:
        head = request_head(block)
    except HeadError:
        return

    assert head.kept[0] == b"Host: h"


# Answers


@pytest.mark.parametrize(
    ("line", "fields", "to_head", "length"),
    [
        (b"HTTP/1.1 200 OK", b"Content-Length: 5\r\n", False, 5),
        (b"HTTP/1.1 200 OK", b"", False, OPEN),
        (b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked\r\n", False, CHUNKED),
        (b"HTTP/1.1 200 OK", b"Content-Length: 5\r\n", True, 0),
        (b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked\r\n", True, 0),
        (b"HTTP/1.1 204 No Content", b"", False, 0),
        (b"HTTP/1.1 204 No Content", b"Content-Length: 5\r\n", False, 0),
        (b"HTTP/1.1 304 Not Modified", b"Content-Length: 5\r\n", False, 0),
        (b"HTTP/1.1 304 Not Modified", b"Transfer-Encoding: chunked\r\n", False, 0),
        (b"HTTP/1.1 101 Switching Protocols", b"Upgrade: x\r\nConnection: Upgrade\r\n", False, 0),
        (b"HTTP/1.1 100 Continue", b"", False, 0),
        (b"HTTP/1.0 200 OK", b"", False, OPEN),
    ],
)
def test_the_length_of_an_answer_follows_status_and_method(
    line: bytes, fields: bytes, *, to_head: bool, length: int
) -> None:
    assert answer_head(line + b"\r\n" + fields + b"\r\n", to_head=to_head).length == length


@pytest.mark.parametrize(
    "block",
    [
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.2 200 OK\r\n\r\n",
        b"http/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        b"HTTP/1.1 600 OK\r\n\r\n",
        b"HTTP/1.1 200 O\x00K\r\n\r\n",
        b"HTTP/1.1 200 O\rK\r\n\r\n",
        b"HTTP/1.1 200 OK\nX: y\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Spaced : a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Nul: a\x00b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Lf: a\nX-Own: b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Cr: a\rb\r\n\r\n",
    ],
)
def test_an_answer_in_doubt_is_none(block: bytes) -> None:
    with pytest.raises(HeadError):
        answer_head(block, to_head=False)


@pytest.mark.parametrize(
    "line", [b"HTTP/1.1 200", b"HTTP/1.1 200 ", b"HTTP/1.1 418 I'm \xe9", b"HTTP/1.1 599 x y"]
)
def test_the_status_line_stays_as_it_was(line: bytes) -> None:
    head = answer_head(line + b"\r\nA: 1\r\nb:  2\r\n\r\n", to_head=False)

    assert (head.line, head.fields, head.kept) == (line, b"A: 1\r\nb:  2\r\n", [b"A: 1", b"b:  2"])


@pytest.mark.parametrize(
    ("version", "fields", "stays"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.1", b"connection: X, Close\r\n", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: keep-alive\r\n", True),
    ],
)
def test_a_backends_connection_stays_as_version_and_header_say(
    version: bytes, fields: bytes, *, stays: bool
) -> None:
    block = b"HTTP/" + version + b" 200 OK\r\n" + fields + b"\r\n"

    assert answer_head(block, to_head=False).keeps_alive is stays


def test_answers_before_the_answer_are_known() -> None:
    statuses = [100, 102, 103, 101, 200]
    fields = b"Connection: Upgrade\r\nUpgrade: x\r\n"
    heads = [answer_head(b"HTTP/1.1 %d x\r\n%b\r\n" % (status, fields), to_head=False) for status in statuses]

    assert [head.is_interim for head in heads] == [True, True, True, False, False]
