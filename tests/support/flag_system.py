"""Another flag system, as Crossfade follows one: an OFREP server in a thread, whose flags a test changes."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

from parity.exchange import Endpoint
from proxy.flags import Flag, FlagTable
from proxy.ofrep import add_ofrep
from tests.support.threads import in_thread

TOKEN = "of-tests"
ENDPOINTS = (Endpoint("escrows", "GET", "/v1/escrows"), Endpoint("leads", "GET", "/v1/leads"))


@dataclass
class FlagSystem:
    """Its flags are `crossfade.escrows` and `crossfade.leads`; `url` is where it is asked."""

    rows: dict[str, Flag] = field(default_factory=dict)
    url: str = ""

    def table(self) -> FlagTable:
        return FlagTable(1, dict(self.rows))

    def config(self, **settings: object) -> str:
        """A `crossfade.toml` that follows it."""
        lines = [f"{name} = {value}" for name, value in settings.items()]
        return "\n".join(
            [
                "[openfeature]",
                f'provider = "{self.url}"',
                f'token = "{TOKEN}"',
                *lines,
                "[openfeature.keys]",
                'escrows = "crossfade.escrows"',
                'leads = "crossfade.leads"',
            ]
        )


@contextmanager
def flag_system(**rows: Flag) -> Iterator[FlagSystem]:
    """One that runs until the context is left."""

    @asynccontextmanager
    async def make() -> AsyncIterator[FlagSystem]:
        system = FlagSystem(rows)
        application = web.Application()
        add_ofrep(application, system.table, ENDPOINTS, _authorize)
        async with TestServer(application) as server:
            system.url = f"http://{server.host}:{server.port}"
            yield system

    with in_thread(make) as system:
        yield system


async def _authorize(request: web.Request) -> None:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        raise web.HTTPUnauthorized
