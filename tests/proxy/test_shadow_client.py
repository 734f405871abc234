"""Copies to a shadow backend on real sockets: one attempt each, and no more is read than is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from proxy.captures import TOO_LARGE, Budget, KeptBody
from proxy.mirror import Copy, Reply, ShadowSender
from proxy.settings import MirrorSettings
from proxy.shadow_client import ShadowClient
from tests.proxy.rig import until
from tests.proxy.wire.rig import keeping
from tests.support.backends import Behaviour, DeadPort, FakeBackend, answering, closing, hanging, sending

COPY = Copy("GET", keeping())
SETTINGS = MirrorSettings(timeout_s=0.3, concurrency=2)


@asynccontextmanager
async def shadow(
    behaviour: Behaviour | None = None, settings: MirrorSettings = SETTINGS
) -> AsyncIterator[tuple[ShadowClient, FakeBackend]]:
    async with FakeBackend(behaviour or answering(b"shadow")) as backend:
        client = ShadowClient(backend.url, settings, 4.0)
        try:
            yield client, backend
        finally:
            await client.close()


def kept(limit: int = 1_000) -> KeptBody:
    return KeptBody(Budget(10_000_000), limit)


async def test_a_copy_is_sent_as_it_is_and_its_answer_is_kept() -> None:
    async with shadow() as (client, backend):
        sender: ShadowSender = client
        body = kept()
        reply = await sender.send(Copy("GET", keeping("/v1/x?y", "A: 1", "a: 2")), body)

        assert (reply.status, reply.error, body.content) == (200, "", b"shadow")
        assert reply.fields == b"Content-Type: application/json\r\nContent-Length: 6\r\n"
        assert reply.duration_s > 0
        assert backend.seen[0].target == "/v1/x?y"
        assert backend.seen[0].headers == [("Host", "crm.example.test"), ("A", "1"), ("a", "2")]


async def test_connections_are_used_again_and_no_more_than_the_bound_are_made() -> None:
    patient = replace(SETTINGS, timeout_s=5.0)  # the last of a connection waits for five others
    async with shadow(answering(b"x", after_s=0.01), patient) as (client, backend):
        replies = await asyncio.gather(*(client.send(COPY, kept()) for _ in range(12)))

        assert {reply.status for reply in replies} == {200}
        assert (len(backend.seen), backend.connections) == (12, 2)


async def test_the_answer_to_head_has_no_body() -> None:
    async with shadow() as (client, _):
        body = kept()
        reply = await client.send(Copy("HEAD", keeping(method="HEAD")), body)

        assert (reply.status, reply.error, body.content) == (200, "", b"")


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (closing(), "broken"),
        (sending(b"nonsense\r\n\r\n"), "broken"),
        (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), "broken"),
        (sending(b"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), "broken"),
    ],
)
async def test_a_shadow_that_fails_is_a_reply_and_is_asked_once(behaviour: Behaviour, error: str) -> None:
    async with shadow(behaviour) as (client, backend):
        reply = await client.send(COPY, kept())

        assert (reply.status, reply.error) == (0, error)
        assert len(backend.seen) == 1


async def test_a_shadow_that_is_not_there_is_a_reply() -> None:
    dead = DeadPort()
    client = ShadowClient(dead.url, SETTINGS, 4.0)
    reply = await client.send(COPY, kept())
    await client.close()
    dead.close()

    assert reply == Reply(error="refused", duration_s=reply.duration_s)


async def test_no_more_is_read_than_is_kept() -> None:
    async with shadow(sending(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65_536] * 500)) as (client, backend):
        body = kept()
        reply = await client.send(COPY, body)

        assert (reply.status, reply.error, body.overflow) == (200, "", TOO_LARGE)
        await until(lambda: backend.open_connections == 0)


async def test_whoever_gives_up_leaves_nothing_behind() -> None:
    async with shadow(hanging()) as (client, backend):
        for _ in range(2):
            sending_many = [asyncio.create_task(client.send(COPY, kept())) for _ in range(4)]
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.gather(*sending_many), 0.1)
            await asyncio.gather(*sending_many, return_exceptions=True)
        await until(lambda: backend.open_connections == 0)
        backend.behaviour = answering(b"again")

        assert (await client.send(COPY, kept())).status == 200


async def test_answers_before_the_answer_are_passed_over() -> None:
    wire = b"HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    async with shadow(sending(wire, stays_open=True)) as (client, _):
        body = kept()
        reply = await client.send(COPY, body)

        assert (reply.status, body.content) == (200, b"ok")
