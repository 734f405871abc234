"""Rehearsals on real sockets: no copy goes on a connection on which nothing was proven."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from proxy.captures import Budget, KeptBody
from proxy.mirror import Copy
from proxy.rehearsal_client import RehearsalClient
from proxy.rehearsal_results import RehearsalResults
from proxy.rehearsals import UNPROVEN, Attempt
from proxy.signature import proof_of, rehearsal_headers
from tests.proxy.rig import SECRET
from tests.proxy.wire.rehearsing import rehearsing, rehearsing_settings
from tests.proxy.wire.rig import keeping, settings_of
from tests.support.backends import Behaviour, FakeBackend, Seen, answering


@asynccontextmanager
async def modern(
    behaviour: Behaviour, *, connections: int = 2
) -> AsyncIterator[tuple[RehearsalClient, FakeBackend]]:
    checks = rehearsing_settings(rehearse_concurrency=connections)
    async with FakeBackend(behaviour) as backend:
        client = RehearsalClient(backend.url, settings_of(write_checks=checks))
        try:
            yield client, backend
        finally:
            await client.close()


def attempt(place: str = "POST /v1/escrows", results: RehearsalResults | None = None) -> Attempt:
    asked = rehearsal_headers(SECRET.encode(), "OPTIONS", "/v1/escrows", b"", 1)
    fields = [f"{name}: {value}" for name, value in asked]
    return Attempt(
        place,
        Copy("OPTIONS", keeping("/v1/escrows", *fields, method="OPTIONS")),
        lambda seconds: Copy(
            "POST", keeping("/v1/escrows", "Content-Length: 0", f"X-Within: {seconds}", method="POST")
        ),
        within_s=5.0,
        proof=proof_of(SECRET.encode(), dict(asked)["X-Crossfade-Signature"]),
        results=results or RehearsalResults(),
    )


def kept() -> KeptBody:
    return KeptBody(Budget(1_000_000), 1_000)


async def test_a_connection_is_asked_once_for_each_endpoint() -> None:
    async with modern(rehearsing()) as (client, backend):
        places = ["POST /v1/escrows", "POST /v1/escrows", "POST /v1/other", "POST /v1/escrows"]
        replies = [await client.rehearse(attempt(place), kept()) for place in places]

        assert [(reply.status, reply.error) for reply in replies] == [(201, "")] * 4
        assert [seen.method for seen in backend.seen] == [
            "OPTIONS",
            "POST",
            "POST",
            "OPTIONS",
            "POST",
            "POST",
        ]
        assert backend.connections == 1


async def test_every_connection_is_asked() -> None:
    async with modern(rehearsing()) as (client, backend):
        await asyncio.gather(*(client.rehearse(attempt(), kept()) for _ in range(6)))

        asked = {seen.connection for seen in backend.seen if seen.method == "OPTIONS"}
        assert {seen.connection for seen in backend.seen if seen.method == "POST"} <= asked
        assert backend.connections <= 2


async def test_a_new_connection_is_asked_again() -> None:
    answer = answering(headers=(("X-Write-Set", "[]"), ("Connection", "close")))
    async with modern(rehearsing(answer)) as (client, backend):
        for _ in range(2):
            await client.rehearse(attempt(), kept())

        assert [seen.method for seen in backend.seen] == ["OPTIONS", "POST"] * 2


def proof_for(seen: Seen, secret: str = SECRET) -> str:
    return proof_of(secret.encode(), seen.header("X-Crossfade-Signature") or "")


def told(*values: str, closes: bool = False) -> Behaviour:
    """Answers with these values, of which `right` stands for the proof."""

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        headers = tuple(
            ("X-Crossfade-Rehearses", proof_for(seen) if value == "right" else value) for value in values
        )
        if closes:
            headers += (("Connection", "close"),)
        return await answering(headers=headers)(seen, writer)

    return behave


@pytest.mark.parametrize(
    "behaviour",
    [
        answering(),
        told("1"),
        told("right", "right"),
        told("right", closes=True),
        rehearsing(secret="another secret"),
    ],
)
async def test_without_a_proof_that_holds_for_the_connection_nothing_is_sent(behaviour: Behaviour) -> None:
    async with modern(behaviour) as (client, backend):
        reply = await client.rehearse(attempt(), kept())

        assert (reply.status, reply.error) == (0, UNPROVEN)
        assert [seen.method for seen in backend.seen] == ["OPTIONS"]


async def test_what_a_proof_says_besides_is_not_kept() -> None:
    async def talks(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        if seen.method != "OPTIONS":
            return await rehearsing()(seen, writer)
        return await answering(b"x" * 100_000, headers=(("X-Crossfade-Rehearses", proof_for(seen)),))(
            seen, writer
        )

    async with modern(talks) as (client, _):
        body = kept()
        reply = await client.rehearse(attempt(), body)

        assert (reply.status, body.content) == (201, b'{"id":"rehearsed"}')


async def test_once_stopped_nothing_is_sent_that_was_about_to_be() -> None:
    results = RehearsalResults()

    async def stops(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        results.stop("POST /v1/other", 200)
        return await rehearsing()(seen, writer)

    async with modern(stops) as (client, backend):
        reply = await client.rehearse(attempt(results=results), kept())

        assert reply.error == UNPROVEN
        assert [seen.method for seen in backend.seen] == ["OPTIONS"]


async def test_the_time_that_the_question_took_is_not_that_of_the_copy_and_not_left_to_it() -> None:
    async def slow_proof(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        if seen.method == "OPTIONS":
            await asyncio.sleep(0.3)
        return await rehearsing()(seen, writer)

    async with modern(slow_proof) as (client, backend):
        loop = asyncio.get_running_loop()
        began = loop.time()
        reply = await client.rehearse(attempt(), kept())

        assert 0 < reply.duration_s <= loop.time() - began - 0.3
        assert float(backend.seen[1].header("X-Within") or "5") <= 5.0 - 0.3
