"""`/metrics` at an address of its own, for processes that have no admin listener."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from cli.errors import UnavailableError
from cli.output import message

if TYPE_CHECKING:
    from parity.exposition import FamilyCollector


@asynccontextmanager
async def metrics_at(
    address: tuple[str, int] | None, *collectors: "FamilyCollector"
) -> AsyncIterator[int | None]:
    """Serve them there meanwhile; yields the port, and None where nobody wants them. Raises UnavailableError."""
    if address is None:
        yield None
        return
    # not for processes that serve nothing: it takes as much memory as what it would tell of
    from aiohttp import web

    from proxy.metrics_page import add_metrics

    application = web.Application()
    add_metrics(application, collectors)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, *address).start()
    except OSError as error:
        await runner.cleanup()
        raise UnavailableError(
            f"cannot listen on {address[0]}:{address[1]}: {error.strerror or error}"
        ) from error
    for host, port, *_ in runner.addresses:
        message(f"metrics http://{f'[{host}]' if ':' in host else host}:{port}/metrics")
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
