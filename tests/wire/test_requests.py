"""Requests of clients on real sockets: what passes unharmed, what is changed, what is refused, how it fails."""

import asyncio
import gzip
import io
import time
from pathlib import Path

import pytest

from proxy.stages import Stage
from tests.proxy.rig import get, running, until
from tests.support.backends import answering, sending

OWN = {
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "forwarded",
    "x-request-id",
    "traceparent",
}


# Unharmed


@pytest.mark.parametrize(
    "target",
    [
        "/v1/escrows?a=%2F&b=a+b&c=%zz&d",
        "/v1//escrows/../x/./y",
        "//evil.example/v1/escrows",
        "/v1/escrows/%E2%82%AC%2f%2F",
        "/a@b:c;d=e,f!$&'()*+?x=[1]&y={2}|^`",
    ],
)
async def test_the_target_reaches_the_backend_byte_for_byte(tmp_path: Path, target: str) -> None:
    async with running(tmp_path) as rig:
        await rig.raw(get(target))

        assert [seen.target for seen in rig.legacy.seen] == [target]


async def test_request_headers_keep_their_names_order_and_repeats(tmp_path: Path) -> None:
    sent = [
        "X-b: 2",
        "x-A: 1",
        "X-b: 3",
        "Cookie: a=1; b=2",
        "Accept-Encoding: gzip",
        "Authorization: Bearer x",
    ]

    async with running(tmp_path) as rig:
        await rig.raw(get("/v1/escrows", *sent))

    passed = [f"{name}: {value}" for name, value in rig.legacy.seen[0].headers if name.lower() not in OWN]
    assert passed == ["Host: crm.example.test", *sent]


async def test_answer_headers_keep_their_names_order_and_repeats(tmp_path: Path) -> None:
    fields = (
        ("set-cookie", "a=1; Path=/"),
        ("X-One", "1"),
        ("Set-Cookie", "b=2; HttpOnly"),
        ("ETag", 'W/"1"'),
        ("Content-Disposition", "attachment; filename=caf\xe9"),
    )

    async with running(tmp_path, expose_served_by=False) as rig:
        rig.legacy.behaviour = answering(b"{}", headers=fields)
        answer = await rig.raw(get())

    lines = [
        f"{name}: {value}" for name, value in (*fields, ("Content-Length", "2"), ("Connection", "close"))
    ]
    assert answer.decode("latin-1") == "\r\n".join(["HTTP/1.1 200 OK", *lines, "", "{}"])


@pytest.mark.parametrize(
    "status", ["200 Fine", "204 No Content", "304 Not Modified", "302 Found", "418 I'm a teapot"]
)
async def test_status_and_reason_pass_and_redirects_are_not_followed(tmp_path: Path, status: str) -> None:
    async with running(tmp_path) as rig:
        rig.legacy.behaviour = answering(b"", status=status, headers=(("Location", rig.modern.url),))
        answer = await rig.raw(get())

        assert answer.startswith(f"HTTP/1.1 {status}\r\n".encode())
        assert b"chunked" not in answer
        assert rig.modern.seen == []


async def test_the_answer_to_head_has_its_length_and_no_body(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.legacy.behaviour = answering(b"12345")
        answer = await rig.raw(get(method="HEAD"))

    assert b"Content-Length: 5\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


async def test_a_compressed_body_is_not_touched(tmp_path: Path) -> None:
    packed = gzip.compress(b"x" * 10_000)

    async with running(tmp_path) as rig:
        rig.legacy.behaviour = answering(packed, headers=(("Content-Encoding", "gzip"),))
        answer = await rig.ask("POST", data=packed, headers={"Content-Encoding": "gzip"})

        assert (answer.body, answer.header("Content-Encoding")) == (packed, "gzip")
        assert rig.legacy.seen[0].body == packed


async def test_bodies_of_many_megabytes_pass_both_ways(tmp_path: Path) -> None:
    large = bytes(range(256)) * 4 * 4096

    async with running(tmp_path) as rig:
        rig.legacy.behaviour = answering(large)
        answer = await rig.ask("POST", data=io.BytesIO(large))

        assert rig.legacy.seen[0].body == large
        assert answer.body == large


async def test_a_chunked_request_stays_a_stream(tmp_path: Path) -> None:
    chunks = b"3\r\nabc\r\n5\r\ndefgh\r\n0\r\n\r\n"

    async with running(tmp_path) as rig:
        await rig.raw(get("/v1/escrows", "Transfer-Encoding: chunked", method="POST", body=chunks))

        assert rig.legacy.seen[0].body == b"abcdefgh"
        assert rig.legacy.seen[0].header("Transfer-Encoding") == "chunked"


async def test_a_stream_reaches_the_client_piece_by_piece(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

    async with running(tmp_path) as rig:
        rig.legacy.behaviour = sending(head, b"5\r\nfirst\r\n", pause_s=0.15, stays_open=True)
        async with rig.session.get(f"http://127.0.0.1:{rig.port}/v1/escrows") as response:
            at_head = time.monotonic()
            first = await response.content.readany()
            waited_s = time.monotonic() - at_head

            assert first == b"first"
            assert waited_s > 0.05, "the head waited for the body"


async def test_a_client_that_does_not_read_slows_the_backend(tmp_path: Path) -> None:
    written = 0

    async def pour(_seen: object, writer: asyncio.StreamWriter) -> bool:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n")
        for _ in range(2_000):
            writer.write(b"x" * 100_000)
            await writer.drain()
            written += 100_000
        return False

    async with running(tmp_path) as rig:
        rig.legacy.behaviour = pour
        _, writer = await asyncio.open_connection("127.0.0.1", rig.port, limit=1024)
        writer.write(get())
        await until(lambda: written > 0)
        before = -1
        while before != written:
            before = written
            await asyncio.sleep(0.1)
        writer.transport.abort()

    assert written < 30_000_000


async def test_pipelined_requests_are_answered_in_order(tmp_path: Path) -> None:
    async def echo(seen: object, writer: asyncio.StreamWriter) -> bool:
        target = getattr(seen, "target", "")
        await asyncio.sleep(0.05 if target.endswith("1") else 0)
        body = target.encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        return True

    async with running(tmp_path) as rig:
        rig.legacy.behaviour = echo
        first = b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = await rig.raw(first + get("/2"))

    assert answer.index(b"\r\n\r\n/1") < answer.index(b"\r\n\r\n/2")


async def test_a_client_that_expects_100_is_invited(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(get("/v1/escrows", "Expect: 100-continue", "Content-Length: 3", method="POST"))
        interim = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.write(b"abc")
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()

        assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert rig.legacy.seen[0].body == b"abc"


async def test_an_http_1_0_client_gets_no_chunks(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.legacy.behaviour = sending(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        )
        answer = await rig.raw(b"GET /v1/escrows HTTP/1.0\r\n\r\n")

    assert b"chunked" not in answer
    assert answer.endswith(b"\r\n\r\nabc")


# Changed


@pytest.mark.parametrize(
    "name",
    [
        "X-Crossfade-Shadow",
        "x-crossfade-signature",
        "X_Crossfade_Shadow",
        "X-CROSSFADE-WRITES",
        "x-crossfade_anything",
        "X-Query-Count",
        "x_query_count",
        "X-Write-Set",
    ],
)
async def test_internal_headers_of_a_client_reach_no_backend(tmp_path: Path, name: str) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        await rig.raw(get("/v1/escrows", f"{name}: 666"))
        await rig.settled(1)

        for seen in (*rig.legacy.seen, *rig.modern.seen):
            assert all(value != "666" for _, value in seen.headers)
        assert rig.legacy.seen[0].header("X-Crossfade-Shadow") is None


async def test_internal_headers_of_a_backend_do_not_reach_the_client(tmp_path: Path) -> None:
    internal = (
        ("X-Query-Count", "7"),
        ("Server-Timing", "db;dur=1"),
        ("X-Write-Set", "w"),
        ("X_Crossfade_Note", "n"),
        ("X-Served-By", "a forgery"),
        ("X-Flag-Version", "99"),
        ("Keep-Alive", "timeout=5"),
    )

    async with running(tmp_path, stage=Stage.LIVE) as rig:
        rig.modern.behaviour = answering(headers=internal)
        answer = await rig.ask()
        await rig.settled(1)

    assert answer.headers == [
        ("Content-Length", "16"),
        ("X-Served-By", "modern"),
        ("X-Flag-Version", "3"),
    ]
    assert rig.parity.exchanges[0].modern.query_count == 7


async def test_hop_by_hop_headers_end_here_in_both_directions(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.legacy.behaviour = answering(headers=(("Connection", "X-Backend-Hop"), ("X-Backend-Hop", "1")))
        request = (
            b"GET /v1/escrows HTTP/1.1\r\nHost: h\r\nConnection: close, X-Client-Hop, Host\r\nX-Client-Hop: 1\r\n"
            b"TE: trailers\r\nProxy-Authorization: Basic eA==\r\nKeep-Alive: 5\r\nTrailer: X\r\n\r\n"
        )
        answer = await rig.raw(request)

        names = {name.lower() for name, _ in rig.legacy.seen[0].headers}
        assert names == OWN | {"host"}
        assert b"X-Backend-Hop" not in answer


async def test_both_copies_carry_the_same_request_id_and_trace(tmp_path: Path) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        await rig.ask(headers={"X-Request-Id": "mine", "traceparent": trace})
        await rig.ask()
        await rig.settled(2)

        given, created = rig.legacy.seen
        assert (given.header("X-Request-Id"), given.header("traceparent")) == ("mine", trace)
        assert created.header("X-Request-Id")
        copies = {seen.header("X-Request-Id"): seen.header("traceparent") for seen in rig.modern.seen}
        assert copies == {seen.header("X-Request-Id"): seen.header("traceparent") for seen in rig.legacy.seen}


# Refused


async def test_a_request_that_was_here_before_is_a_loop(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        await rig.ask()
        via = rig.legacy.seen[0].header("Via")
        answer = await rig.ask(headers={"Via": f"1.0 other, {via}"})

        assert (answer.status, answer.header("Proxy-Status")) == (508, "crossfade; error=proxy_loop_detected")
        assert len(rig.legacy.seen) == 1


async def test_a_backend_that_is_the_proxy_itself_ends_at_once(tmp_path: Path) -> None:
    (tmp_path / "outer").mkdir()

    async with (
        running(tmp_path) as rig,
        running(tmp_path / "outer", legacy_url=f"http://127.0.0.1:{rig.port}") as outer,
    ):
        answer = await outer.ask()

    # Both stand on the same token key, so they are one installation.
    assert answer.status == 508


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("CONNECT evil.example:443 HTTP/1.1", 405),
        ("GET http://evil.example/v1/escrows HTTP/1.1", 400),
        ("GET @evil.example/v1/escrows HTTP/1.1", 400),
        ("OPTIONS * HTTP/1.1", 400),
    ],
)
async def test_a_target_that_is_no_path_reaches_nobody(
    tmp_path: Path, request_line: str, status: int
) -> None:
    async with running(tmp_path) as rig:
        answer = await rig.raw(f"{request_line}\r\nHost: crm.example.test\r\n\r\n".encode())

        assert int(answer.split(b" ")[1]) == status
        assert rig.legacy.seen == []


async def test_the_absolute_form_of_the_served_host_is_taken(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        await rig.raw(get("http://crm.example.test/v1/escrows?x=1"))

        assert rig.legacy.seen[0].target == "/v1/escrows?x=1"


@pytest.mark.parametrize(
    "fields",
    [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Transfer-Encoding: gzip\r\n",
        "X-Folded: a\r\n b\r\n",
        "X-Spaced : a\r\n",
        "X-Nul: a\x00b\r\n",
    ],
)
async def test_doubtful_framing_is_refused_by_the_parser(tmp_path: Path, fields: str) -> None:
    async with running(tmp_path) as rig:
        request = f"POST /v1/escrows HTTP/1.1\r\nHost: h\r\n{fields}\r\nabc".encode()
        answer = await rig.raw(request)

        assert answer.split(b" ")[1] == b"400"
        assert rig.legacy.seen == []
