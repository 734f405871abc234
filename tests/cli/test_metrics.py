"""A page of metrics at an address of its own."""

import aiohttp
import pytest

from cli.errors import UnavailableError
from cli.metrics import metrics_at
from parity.exposition import Reading, Readings

UP = Readings([Reading("up", "Up.", lambda: 1)])


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
async def test_it_is_served_meanwhile_and_said_where(
    host: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with metrics_at((host, 0), UP) as port, aiohttp.ClientSession() as session:
        url = f"http://{shown}:{port}/metrics"
        async with session.get(url) as response:
            page = await response.text()

        assert page.endswith("up 1.0\n")
        assert capsys.readouterr().err == f"metrics {url}\n"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(url)


async def test_without_an_address_nothing_is_served() -> None:
    async with metrics_at(None, UP) as port:
        assert port is None


async def test_an_address_that_is_taken_is_one_sentence() -> None:
    async with metrics_at(("127.0.0.1", 0), UP) as port:
        assert port is not None
        with pytest.raises(UnavailableError, match=rf"cannot listen on 127\.0\.0\.1:{port}: "):
            async with metrics_at(("127.0.0.1", port), UP):
                pass
