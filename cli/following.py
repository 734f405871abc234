"""Wires the taking of stages from an OpenFeature provider: configuration and store in, a watch out."""

import asyncio
import os
import secrets
import signal
import socket

from cli.checks import openfeature_problems
from cli.context import Context
from cli.control import control_of
from cli.metrics import metrics_at
from cli.openfeature_sections import OpenFeatureSection, is_address
from cli.settings import wrong
from proxy.errors import ProviderError
from proxy.openfeature import OpenFeatureWatch
from proxy.openfeature_metrics import OpenFeatureMetrics
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
    async with metrics_at(address, OpenFeatureMetrics(following.figures)):
        task = asyncio.ensure_future(following.run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled():
            task.result()


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
