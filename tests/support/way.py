"""The way of a request: a client, the proxy, and a real backend behind it; some reads are mirrored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity.exchange import Endpoint
from proxy.settings import ClientSettings, ForwardSettings
from proxy.stages import Stage
from tests.proxy.rig import Rig, running
from tests.support.origin import origin

MIRRORED = tuple(Endpoint("escrows", "GET", path) for path in ("/echo", "/gzip", "/file", "/redirect"))


@dataclass
class Way:
    """Where the proxy and the backend behind it listen, and how many connections were made through the counter."""

    url: str
    origin: str
    counted_url: str
    rig: Rig
    connections: int = 0


@asynccontextmanager
async def through_the_proxy(directory: Path, **changes: Any) -> AsyncIterator[Way]:
    """A proxy before a real backend, some reads of which are mirrored; a relay before the proxy counts connections."""
    way: Way

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        way.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", way.rig.port)
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    async with (
        origin(directory) as behind,
        running(
            directory,
            stage=Stage.SHADOW,
            legacy_url=behind.url,
            endpoints=MIRRORED,
            forward=ForwardSettings(),
            client=ClientSettings(),
            **changes,
        ) as rig,
    ):
        counted = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        scheme = "http" if rig.settings.tls is None else "https"
        way = Way(f"{scheme}://127.0.0.1:{rig.port}", behind.url, counted, rig)
        yield way
    server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
