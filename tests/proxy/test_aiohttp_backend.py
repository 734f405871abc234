"""What aiohttp's client raises becomes what the proxy's client is told."""

import aiohttp
import pytest
from yarl import URL

from proxy.aiohttp_backend import BackendClient, BackendFailure, ShadowClient, failures, fields, is_sendable
from proxy.capture import Budget, Capture
from proxy.mirror import Copy
from proxy.refusals import Refusal
from proxy.settings import ForwardSettings, MirrorSettings
from tests.support.backends import DeadPort, FakeBackend, answering, sending


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (aiohttp.ConnectionTimeoutError(), Refusal.UNREACHED),
        (aiohttp.SocketTimeoutError(), Refusal.SILENT),
        (TimeoutError(), Refusal.SILENT),
        (aiohttp.ServerDisconnectedError(), Refusal.BROKEN),
        (aiohttp.ClientPayloadError(), Refusal.BROKEN),
        (ConnectionResetError(), Refusal.BROKEN),
        (aiohttp.InvalidURL(URL("x")), Refusal.MALFORMED),
    ],
)
def test_every_failure_has_its_refusal(error: Exception, refusal: Refusal) -> None:
    with pytest.raises(BackendFailure) as caught, failures():
        raise error

    assert caught.value.refusal is refusal


async def test_nothing_is_added_to_a_request_and_no_cookie_is_kept() -> None:
    async with FakeBackend(answering(headers=(("Set-Cookie", "a=1"),))) as backend:
        client = BackendClient(backend.url, ForwardSettings())
        for _ in range(2):
            response = await client.send(
                "GET", "/x", [("Host", "h"), ("b", "1"), ("A", "2")], None, is_write=False
            )
            await response.read()
            client.release(response)
        await client.close()

        assert [seen.headers for seen in backend.seen] == [[("Host", "h"), ("b", "1"), ("A", "2")]] * 2
        assert backend.connections == 1


async def test_a_connection_whose_answer_was_not_read_is_not_used_again() -> None:
    async with FakeBackend(answering(b"x" * 3_000_000)) as backend:
        client = BackendClient(backend.url, ForwardSettings())
        for _ in range(2):
            client.release(await client.send("GET", "/", [], None, is_write=False))
        await client.close()

        assert backend.connections == 2


async def test_a_slot_is_free_again_after_a_failure() -> None:
    dead = DeadPort()
    client = BackendClient(dead.url, ForwardSettings(connections=1, wait_s=0.05))

    for _ in range(3):
        with pytest.raises(BackendFailure) as caught:
            await client.send("GET", "/", [], None, is_write=False)
        assert caught.value.refusal is Refusal.REFUSED
    await client.close()
    dead.close()


async def test_a_copy_that_is_too_large_is_not_read_to_its_end() -> None:
    async with FakeBackend(sending(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65_536] * 500)) as backend:
        shadow = ShadowClient(backend.url, MirrorSettings(timeout_s=5), 4.0)
        capture = Capture(Budget(10_000_000), 1_000)
        reply = await shadow.send(Copy("GET", "/", [], b""), capture)
        await shadow.close()

        assert (reply.status, reply.error, capture.overflow) == (200, "", "body_too_large")


def test_headers_keep_their_bytes() -> None:
    raw = ((b"x-A", b"1"), (b"X-a", b"caf\xe9"), (b"x-A", "ü".encode()))

    assert fields(raw) == [("x-A", "1"), ("X-a", "caf\udce9"), ("x-A", "ü")]


def test_what_is_no_utf_8_cannot_be_sent() -> None:
    assert is_sendable("/ü", [("a", "ü")])
    assert not is_sendable("/\udce9", [])
    assert not is_sendable("/", [("a", "\udce9")])
