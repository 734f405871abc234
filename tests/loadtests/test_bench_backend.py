"""The small backends of the benchmark."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from loadtests.bench_backend import create_app, create_bare_app

Client = TestClient[web.Request, web.Application]


@asynccontextmanager
async def client_of(*, work_s: float = 0.0, hang: bool = False) -> AsyncIterator[Client]:
    async with TestClient(TestServer(create_app(work_s=work_s, hang=hang))) as client:
        yield client


async def test_every_path_is_answered_with_one_kilobyte_after_the_work() -> None:
    async with client_of(work_s=0.02) as client:
        begun_s = time.monotonic()
        answer = await client.get("/v1/escrows/1")

        assert time.monotonic() - begun_s >= 0.02
        assert answer.status == 200
        assert 1_000 <= len(await answer.read()) <= 1_100


async def test_a_hanging_backend_takes_requests_and_gives_no_answers() -> None:
    async with client_of(hang=True) as client:
        with pytest.raises(TimeoutError):
            await client.get("/v1/escrows/1", timeout=aiohttp.ClientTimeout(total=0.1))

        assert await (await client.get("/__served")).json() == {"served": 1}


async def test_a_backend_counts_what_it_served() -> None:
    async with client_of() as client:
        await asyncio.gather(*(client.get("/v1/escrows") for _ in range(3)))

        assert await (await client.get("/__served")).json() == {"served": 3}


async def test_the_bare_one_answers_a_hundred_bytes_to_anything() -> None:
    async with TestClient(TestServer(create_bare_app())) as client:
        answer = await client.post("/v1/auth/logout", json={"refreshToken": "x"})

        assert (answer.status, len(await answer.read())) == (200, 100)
        assert (await answer.json())["success"]
