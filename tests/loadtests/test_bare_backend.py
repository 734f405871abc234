"""The bare backend, which is the floor of what is measured of both."""

from aiohttp.test_utils import TestClient, TestServer

from loadtests.bare_backend import create_app


async def test_it_answers_a_hundred_bytes_to_anything() -> None:
    async with TestClient(TestServer(create_app())) as client:
        answer = await client.post("/v1/auth/logout", json={"refreshToken": "x"})

        assert (answer.status, len(await answer.read())) == (200, 100)
        assert (await answer.json())["success"]
