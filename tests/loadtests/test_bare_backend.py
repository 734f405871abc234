"""The bare backend, which is the floor of what is measured of both."""

import psycopg
from aiohttp.test_utils import TestClient, TestServer

from loadtests.bare_backend import COMMITTING, HASHING, create_app


async def test_it_answers_a_hundred_bytes_to_anything(database_url: str) -> None:
    async with TestClient(TestServer(create_app(database_url))) as client:
        answer = await client.post("/v1/auth/logout", json={"refreshToken": "x"})

        assert (answer.status, len(await answer.read())) == (200, 100)
        assert (await answer.json())["success"]


async def test_where_it_is_asked_to_it_hashes_or_commits_a_row_first_and_leaves_no_table_behind(
    database_url: str,
) -> None:
    told = "SELECT count(*) FROM bench_floor WHERE revoked_at IS NOT NULL"
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        async with TestClient(TestServer(create_app(database_url))) as client:
            assert (await client.post(HASHING, json={})).status == 200
            before = await (await connection.execute(told)).fetchone()
            answer = await client.post(COMMITTING, json={})
            after = await (await connection.execute(told)).fetchone()
            assert (answer.status, len(await answer.read())) == (200, 100)
        left = await (await connection.execute("SELECT to_regclass('bench_floor')")).fetchone()

    assert (before, after, left) == ((0,), (1,), (None,))
