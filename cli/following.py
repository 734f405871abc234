"""Wires the taking of stages from an OpenFeature provider: configuration and store in, a watch out."""

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from cli.checks import openfeature_problems
from cli.context import Context
from cli.control import control_of
from cli.errors import UnavailableError
from cli.openfeature_sections import OpenFeatureSection, is_address
from cli.output import message
from cli.settings import wrong
from proxy.errors import ProviderError
from proxy.openfeature import OpenFeatureWatch
from proxy.openfeature_metrics import OpenFeatureMetrics, add_metrics
from proxy.provider_answers import Source


def open_following(context: Context) -> OpenFeatureWatch | None:
    """The watch of this installation, to be run in an event loop; None where no provider is configured.

    Raises UsageError or `ProviderError`.
    """
    section = context.settings.openfeature
    if not section.provider:
        return None
    return OpenFeatureWatch(
        context.engine,
        context.flags,
        control_of(context),
        open_source(context),
        section.settings(),
        holder=f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}",
    )


def open_source(context: Context) -> Source:
    """The provider, not asked yet. Raises UsageError or `ProviderError`."""
    section = context.settings.openfeature
    if found := list(openfeature_problems(context.settings, context.endpoints)):
        raise wrong(found, "as a whole")
    return _ofrep(section) if is_address(section.provider) else _sdk(section)


async def until_signalled(following: OpenFeatureWatch, address: tuple[str, int] | None) -> None:
    """Run the watch until SIGTERM or Ctrl-C, with `/metrics` at that address. Raises UnavailableError."""
    async with _metrics_at(address, following):
        task = asyncio.ensure_future(following.run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled():
            task.result()


@asynccontextmanager
async def _metrics_at(address: tuple[str, int] | None, following: OpenFeatureWatch) -> AsyncIterator[None]:
    if address is None:
        yield
        return
    application = web.Application()
    add_metrics(application, OpenFeatureMetrics(following.figures))
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
        message(f"metrics http://{host}:{port}/metrics")
    try:
        yield
    finally:
        await runner.cleanup()


def _ofrep(section: OpenFeatureSection) -> Source:
    from proxy.ofrep_source import OfrepSource

    return OfrepSource(
        section.provider,
        token="" if section.token is None else section.token.get_secret_value(),
        targeting_key=section.targeting_key,
        timeout_s=section.timeout_s,
    )


def _sdk(section: OpenFeatureSection) -> Source:
    try:
        from proxy.openfeature_sdk import SdkSource, load_factory
    except ImportError as error:
        raise ProviderError(
            f"openfeature.provider: {section.provider!r}: expected the OpenFeature SDK to be installed "
            f"({error.name} is missing): pip install 'crossfade[openfeature]'"
        ) from error
    return SdkSource(
        load_factory(section.provider),
        section.name,
        targeting_key=section.targeting_key,
        timeout_s=section.timeout_s,
    )
