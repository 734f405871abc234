"""Sending recorded requests to real servers: what is sent, how often, and what comes of a backend at fault."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from parity.recordings.sides import HttpSide, SideSettings
from tests.parity.recordings.factories import recorded
from tests.support.backends import DeadPort, FakeBackend, answering, hanging, sending

WRITES = ("POST", "PUT", "DELETE", "PATCH")


async def test_the_request_is_sent_as_it_was_recorded() -> None:
    headers = (
        ("A", "1"),
        ("A", "2"),
        ("Cookie", "a=1"),
        ("User-Agent", "recorder/1"),
        ("Host", "crm.example"),
    )
    internal = (
        ("X-Crossfade-Shadow", "read"),
        ("Content-Length", "999"),
        ("Connection", "close"),
        ("Expect", "x"),
    )
    exchange = recorded(
        method="POST", target="/v1/a%20b?x=%2F&y", headers=(*headers, *internal), body=b'{"a": 1}'
    )

    async with FakeBackend(answering(b"{}")) as backend, HttpSide(SideSettings(backend.url)) as side:
        answer = await side.send(exchange)

    [seen] = backend.seen
    assert (seen.method, seen.target, seen.body) == ("POST", "/v1/a%20b?x=%2F&y", b'{"a": 1}')
    assert seen.all("A") == ["1", "2"]
    assert (seen.header("Cookie"), seen.header("User-Agent")) == ("a=1", "recorder/1")
    assert seen.header("Host") == backend.url.removeprefix("http://")
    assert (seen.header("Content-Length"), seen.header("Accept-Encoding")) == ("8", "identity")
    assert [seen.header(name) for name in ("X-Crossfade-Shadow", "Expect", "Content-Type")] == [None] * 3
    assert (answer.status, answer.body, answer.error) == (200, b"{}", "")


async def test_an_answer_is_observed_whole_and_a_redirect_is_not_followed() -> None:
    headers = (
        ("Location", "/elsewhere"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("X-Query-Count", "4"),
    )

    redirecting = FakeBackend(answering(b"go", status="302 Found", headers=headers))
    async with redirecting as backend, HttpSide(SideSettings(backend.url)) as side:
        answer = await side.send(recorded())
        await side.send(recorded())

    assert answer.status == 302
    assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert (answer.query_count, answer.duration_s > 0) == (4, True)
    assert [seen.header("Cookie") for seen in backend.seen] == [None, None]


@pytest.mark.parametrize("method", WRITES)
async def test_a_write_whose_connection_breaks_is_not_sent_again(method: str) -> None:
    async with FakeBackend(sending(b"")) as backend, HttpSide(SideSettings(backend.url)) as side:
        answer = await side.send(recorded(method=method, body=b"{}"))

    assert answer.error == "broken"
    assert len(backend.begun) == 1


async def test_a_write_gets_a_connection_of_its_own() -> None:
    async with FakeBackend(answering()) as backend, HttpSide(SideSettings(backend.url)) as side:
        for method in ("GET", "GET", "PUT", "PUT"):
            assert not (await side.send(recorded(method=method))).error

    assert [seen.connection for seen in backend.seen] == [1, 1, 2, 3]


async def test_backends_at_fault_are_observed() -> None:
    dead = DeadPort()
    cut = sending(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort")
    async with (
        FakeBackend(hanging()) as hangs,
        FakeBackend(cut) as cuts,
        FakeBackend(sending(b"odd\r\n\r\n")) as odd,
    ):
        errors = []
        for url in (hangs.url, cuts.url, odd.url, dead.url):
            async with HttpSide(SideSettings(url, timeout_s=0.2)) as side:
                errors.append((await side.send(recorded())).error)
    dead.close()

    assert errors == ["timeout", "broken", "broken", "refused"]


async def test_no_more_than_the_bound_of_an_answer_is_read() -> None:
    async with (
        FakeBackend(answering(b"x" * 50_000)) as backend,
        HttpSide(SideSettings(backend.url, max_body_bytes=1_000)) as side,
    ):
        answer = await side.send(recorded())

    assert len(answer.body) == 1_001


async def test_a_backend_behind_a_unix_socket_is_reached(tmp_path: Path) -> None:
    async def told(request: web.Request) -> web.Response:
        return web.json_response({"path": request.path})

    app = web.Application()
    app.router.add_get("/{any:.*}", told)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "crm.sock")).start()

    async with HttpSide(SideSettings("http://localhost", socket=tmp_path / "crm.sock")) as side:
        answer = await side.send(recorded(target="/v1/x"))
    await runner.cleanup()

    assert answer.body == b'{"path": "/v1/x"}'


async def test_a_side_that_was_not_opened_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="a side is used as a context"):
        await asyncio.wait_for(HttpSide(SideSettings("http://127.0.0.1:1")).send(recorded()), 1)
