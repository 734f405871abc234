"""Bodies that break their framing, of requests and of answers: what is doubtful goes no further."""

from tests.wire.case import (
    CHUNKED,
    CLOSE,
    GET,
    HOST,
    NEXT,
    OK_CLOSE,
    OK_OPEN,
    POST,
    Case,
    Either,
    Got,
    OneOf,
    Rule,
)
from tests.wire.play import Act, Pause, Script, Until

E = b"\r\n"
END = CLOSE + E
OK = b"HTTP/1.1 200 OK\r\n"
POISON = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
LAST = b"GET /2 HTTP/1.1\r\n" + HOST

CHUNKS = [
    ("a size with 0x", b"0x3\r\nabc\r\n0\r\n\r\n"),
    ("a size with a plus", b"+3\r\nabc\r\n0\r\n\r\n"),
    ("a size with a minus", b"-1\r\nabc\r\n0\r\n\r\n"),
    ("a size that is none", b"xyz\r\nabc\r\n0\r\n\r\n"),
    ("an empty size", b"\r\nabc\r\n0\r\n\r\n"),
    ("a size of 16 digits too large", b"FFFFFFFFFFFFFFFF\r\nabc"),
    ("a size of 17 digits", b"10000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("a size of many zeros", b"0" * 5_000 + b"3\r\nabc\r\n0\r\n\r\n"),
    ("a size with an underscore", b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n"),
    ("a space before the size", b" 3\r\nabc\r\n0\r\n\r\n"),
    ("a space behind the size", b"3 \r\nabc\r\n0\r\n\r\n"),
    ("a tab behind the size", b"3\t\r\nabc\r\n0\r\n\r\n"),
    ("a CR within the size", b"3\r3\r\nabc\r\n0\r\n\r\n"),
    ("a NUL behind the size", b"3\x00\r\nabc\r\n0\r\n\r\n"),
    ("a bare LF behind the size", b"3\nabc\r\n0\r\n\r\n"),
    ("a bare CR behind the size", b"3\rabc\r\n0\r\n\r\n"),
    ("a bare LF behind the data", b"3\r\nabc\n0\r\n\r\n"),
    ("more data than the size", b"3\r\nabcd\r\n0\r\n\r\n"),
    ("two other bytes where the line should end", b"3\r\nabcXX0\r\n\r\n"),
    ("less data than the size", b"5\r\nabc\r\n0\r\n\r\n" + NEXT),
    ("no line end behind the data", b"3\r\nabc0\r\n\r\n"),
    ("a bare LF behind the last size", b"3\r\nabc\r\n0\n\r\n"),
    ("a bare LF at the end", b"3\r\nabc\r\n0\r\n\n"),
    ("a bare LF in an extension", b"3;a\nb\r\nabc\r\n0\r\n\r\n"),
    ("an LF that ends an extension (TERM.EXT)", b"3;\nabc\r\n0\r\n\r\n"),
    ("a bare CR in an extension", b"3;a\rb\r\nabc\r\n0\r\n\r\n"),
    ("a NUL in an extension", b"3;a\x00b\r\nabc\r\n0\r\n\r\n"),
    ("an extension over the bound", b"3;" + b"a" * 20_000 + b"\r\nabc\r\n0\r\n\r\n"),
    ("an extension without end", b"3;" + b"a" * 70_000),
    ("extensions on many chunks", (b"1;" + b"a" * 100 + b"\r\nb\r\n") * 2_000 + b"0\r\n\r\n"),
    ("a trailer over the bound", b"0\r\nX: " + b"a" * 70_000 + b"\r\n\r\n"),
    ("a trailer without a colon", b"3\r\nabc\r\n0\r\ngarbage\r\n\r\n"),
    ("a trailer with a bare LF", b"3\r\nabc\r\n0\r\nX: a\nY: b\r\n\r\n"),
    ("a trailer with a NUL", b"3\r\nabc\r\n0\r\nX: a\x00\r\n\r\n"),
    ("a trailer whose name is no token", b"3\r\nabc\r\n0\r\nX\xff: a\r\n\r\n"),
    ("a trailer with a control character", b"3\r\nabc\r\n0\r\nX: a\x01b\r\n\r\n"),
    ("a trailer with a space before the colon", b"3\r\nabc\r\n0\r\nX : a\r\n\r\n"),
    ("a folded trailer", b"3\r\nabc\r\n0\r\nX: a\r\n b\r\n\r\n"),
    ("a request where a size should be", NEXT),
]
HEADS = [
    ("length and encoding", OK + b"Content-Length: 3\r\n" + CHUNKED + b"\r\n0\r\n\r\n"),
    ("two lengths", OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    ("two equal lengths", OK + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
    ("a list of lengths", OK + b"Content-Length: 3, 3\r\n\r\nabc"),
    ("a length with a sign", OK + b"Content-Length: +3\r\n\r\nabc"),
    ("a negative length", OK + b"Content-Length: -1\r\n\r\n"),
    ("a length that is none", OK + b"Content-Length: x\r\n\r\n"),
    ("an empty length", OK + b"Content-Length: \r\n\r\n"),
    ("a length over 64 bits", OK + b"Content-Length: 18446744073709551619\r\n\r\nabc"),
    ("an encoding that is not chunked", OK + b"Transfer-Encoding: gzip\r\n\r\nabc"),
    ("two encodings in a line", OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    ("xchunked", OK + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    ("chunked twice", OK + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n"),
    ("an empty encoding", OK + b"Transfer-Encoding:\r\n\r\nabc"),
    ("an encoding in HTTP/1.0", b"HTTP/1.0 200 OK\r\n" + CHUNKED + b"\r\n0\r\n\r\n"),
    ("a folded header", OK + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
    ("a bare LF in the head", OK + b"X: a\nContent-Length: 0\r\n\r\n"),
    ("bare LFs everywhere", b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
    ("a bare CR in the head", OK + b"X: a\rb\r\nContent-Length: 0\r\n\r\n"),
    ("a NUL in the head", OK + b"X: a\x00b\r\nContent-Length: 0\r\n\r\n"),
    ("a control byte in the head", OK + b"X: a\x08\r\nContent-Length: 0\r\n\r\n"),
    ("a space before the colon", OK + b"Content-Length : 0\r\n\r\n"),
    ("a space in a name", OK + b"X Y: 0\r\nContent-Length: 0\r\n\r\n"),
    ("no colon", OK + b"garbage\r\nContent-Length: 0\r\n\r\n"),
    ("no name", OK + b": x\r\nContent-Length: 0\r\n\r\n"),
    ("a head over the bound", OK + b"X: " + b"a" * 300_000),
    ("headers without end", OK + b"X: 1\r\n" * 60_000),
    ("a status of two digits", b"HTTP/1.1 99 X\r\nContent-Length: 0\r\n\r\n"),
    ("a status of four digits", b"HTTP/1.1 2000 X\r\nContent-Length: 0\r\n\r\n"),
    ("a status that is none", b"HTTP/1.1 abc X\r\nContent-Length: 0\r\n\r\n"),
    ("a status below 100", b"HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n"),
    ("no status", b"HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
    ("a control byte in the reason", b"HTTP/1.1 200 O\x07K\r\nContent-Length: 0\r\n\r\n"),
    ("HTTP/2.0", b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("HTTP/1.2", b"HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("HTTP/0.9", b"<html>hello</html>"),
    ("another protocol", b"SSH-2.0-OpenSSH_9\r\n"),
    ("ICY", b"ICY 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("a space before the version", b" HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("a request", NEXT),
    ("zeros", b"\x00" * 100),
    ("half a head", OK + b"Content-"),
    ("an interim answer without end", b"HTTP/1.1 103 E\r\n" + b"X: 1\r\n" * 60_000),
    ("an interim answer with a length", b"HTTP/1.1 103 E\r\nContent-Length : 3\r\n\r\nabc"),
]


def _requests() -> list[Case]:
    cases = [
        Case(Rule.CHUNKS, "9112 7.1", name, (POST + CHUNKED + E + sent,), gets=(400,), starts_ok=True)
        for name, sent in CHUNKS
    ]
    cases += [
        Case(Rule.CHUNKS, "9112 7.1", f"late, {name}", (POST + CHUNKED + E, Pause(), sent), gets=(400,), starts_ok=True)
        for name, sent in CHUNKS[:6]
    ]  # fmt: skip
    big = (b"2710\r\n" + b"x" * 10_000 + E) * 11
    cases += [
        Case(Rule.BODY_BOUND, "9110 15.5.14", "chunks over it", (POST + CHUNKED + E, big + b"0\r\n\r\n"), gets=(413,), starts_ok=True),
        Case(Rule.BODY_BOUND, "9110 15.5.14", "one chunk over it", (POST + CHUNKED + b"\r\n186a1\r\n",), gets=(OneOf((413, 408)),), starts_ok=True),
        Case(Rule.CHUNKS, "9112 7.1", "a size that does not fit 32 bits is what it says", (POST + CHUNKED + b"\r\n100000003\r\nabc\r\n0\r\n\r\n",), gets=(OneOf((413, 408, 400)),), starts_ok=True),
        Case(Rule.SLOW_HEAD, "9110 15.5.9", "too slow a body", (POST + b"Content-Length: 9\r\n\r\nabc", Pause(2)), gets=(408,), starts_ok=True),
    ]  # fmt: skip
    return cases


def _answers() -> list[Case]:
    cases: list[Case] = []
    for name, sent in HEADS:
        head: Script = (sent, Pause(0.03), Act.CLOSE) if "HTTP/0.9" in name or "half" in name else (sent,)
        cases.append(Case(Rule.ANSWER, "9112 6.3", name, (POST + E,), (POST + E,), (head,), (502,)))
    for act, name in ((Act.CLOSE, "closes"), (Act.RESET, "resets")):
        cases += [
            Case(Rule.BREAKS, "9110 15.6.3", f"the backend {name}", (POST + E,), (POST + E,), ((act,),), (502,)),
            Case(Rule.BREAKS, "9110 15.6.3", f"the backend {name} in the head", (POST + E,), (POST + E,), ((OK[:9], Pause(), act),), (502,)),
            Case(Rule.BREAKS, "9110 15.6.3", f"the backend {name} before the body is there", (POST + b"Content-Length: 9\r\n\r\nabc",), (), ((Act.AT_HEAD, act),), (502,), starts_ok=True),
            Case(Rule.BREAKS, "9110 15.2", f"the backend {name} after an interim answer", (POST + E,), (POST + E,), ((b"HTTP/1.1 103 E\r\n\r\n", Pause(), act),), (b"HTTP/1.1 103 E\r\n\r\n", 502)),
        ]  # fmt: skip
        for version in (b"1.1", b"1.0"):
            post = POST.replace(b"HTTP/1.1", b"HTTP/" + version)
            framed = [
                ("a length", OK + b"Content-Length: 9\r\n\r\nhalf", OK + b"Content-Length: 9\r\n%s\r\nhalf"),
                ("chunks", OK + CHUNKED + b"\r\n4\r\nhalf\r\n", OK + CHUNKED + b"%s\r\n4\r\nhalf\r\n"),
                ("half a chunk", OK + CHUNKED + b"\r\n9\r\nhalf", OK + CHUNKED + b"%s\r\n4\r\nhalf\r\n"),
            ]
            for kind, sent, got in framed:
                name_of = f"HTTP/{version.decode()}, the backend {name} in {kind}"
                old = b"HTTP/1.1 200 OK\r\n" + END + b"half"
                wanted: Got = Either((got % b"", old if kind != "a length" else got % CLOSE))
                if version == b"1.0" and kind == "a length":
                    wanted = got.replace(b"%s", CLOSE)
                elif version == b"1.0":
                    wanted = old
                ends = "reset" if wanted == old else "broken"
                cases.append(
                    Case(Rule.CUT, "9112 8", name_of, (post + E,), None, ((sent, Pause(0.05), act),), (wanted,), ends)
                )  # fmt: skip
    early = b"HTTP/1.1 103 E\r\n\r\n"
    cases.append(
        Case(Rule.ANSWER, "9110 15.2", "more interim answers than anybody needs", (POST + E,), (POST + E,), ((early * 101 + OK_OPEN,),), (*[early] * 100, 502))
    )  # fmt: skip
    by_close: Got = Either((OK + END + b"half", OK + CHUNKED + E + b"4\r\nhalf\r\n"))
    bad_chunk = (OK + CHUNKED + b"\r\n4\r\nhalf\r\n", Pause(0.05), b"0x1\r\na\r\n0\r\n\r\n")
    chunk_cut = OK + CHUNKED + E + b"4\r\nhalf\r\n"
    cases += [
        Case(Rule.CUT, "9112 8", "a body that ends with its connection is reset", (POST + E,), None, ((OK + b"\r\nhalf", Pause(0.05), Act.RESET),), (by_close,), "broken"),
        Case(Rule.CUT, "9112 7.1", "a chunk in mid-body is none", (POST + E,), None, (bad_chunk,), (chunk_cut,), "broken"),
        Case(Rule.CUT, "9112 8", "the backend falls silent in mid-body", (POST + E,), None, ((chunk_cut, Pause(2)),), (chunk_cut,), "broken"),
        Case(Rule.SILENT, "9110 15.6.5", "no byte", (POST + E,), (POST + E,), ((Pause(3),),), (504,)),
        Case(Rule.SILENT, "9110 15.6.5", "half a head", (POST + E,), (POST + E,), ((OK, Pause(3)),), (504,)),
        Case(Rule.SILENT, "9110 15.2", "only an interim answer", (POST + E,), (POST + E,), ((b"HTTP/1.1 103 E\r\n\r\n", Pause(3)),), (b"HTTP/1.1 103 E\r\n\r\n", 504)),
    ]  # fmt: skip
    return cases


def _never_reused() -> list[Case]:
    one, two = (GET + E, Until(b"ok"), Pause(), LAST + END), (GET + E, LAST + E)
    head = b"HEAD /1 HTTP/1.1\r\n" + HOST + E
    ok = OK_OPEN
    rows: list[tuple[str, Script, tuple[bytes, ...], bytes, Script]] = [
        ("more body than its length", (ok + b"extra",), two, ok, one),
        ("a second answer behind the first", (ok + POISON,), two, ok, one),
        ("a second answer that comes late", (ok, Pause(0.01), POISON), two, ok, one),
        ("bytes behind the last chunk", (OK + CHUNKED + b"\r\n2\r\nok\r\n0\r\n\r\n" + POISON,), two, OK + CHUNKED + b"\r\n2\r\nok\r\n0\r\n\r\n", one),
        ("a line end behind the body", (ok + E,), two, ok, one),
        ("a body behind 204", (b"HTTP/1.1 204 ok\r\nContent-Length: 5\r\n\r\nextra",), two, b"HTTP/1.1 204 ok\r\n\r\n", one),
        ("a body behind 304", (b"HTTP/1.1 304 ok\r\n\r\nextra",), two, b"HTTP/1.1 304 ok\r\n\r\n", one),
        ("a body behind the answer to HEAD", (ok,), (head, LAST + E), ok[:-2], (head, Until(b"200 OK"), Pause(), LAST + END)),
        ("Connection: close without a close", (OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nok",), two, ok, one),
        ("HTTP/1.0 without keep-alive", (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",), two, ok, one),
    ]  # fmt: skip
    return [
        Case(
            Rule.ANSWER,
            "9112 9.3",
            f"not reused after {name}",
            sends,
            reaches,
            (script,),
            (got, OK_CLOSE),
            connections=2,
        )
        for name, script, reaches, got, sends in rows
    ]


CASES = [*_requests(), *_answers(), *_never_reused()]
