"""Wires the guards: configuration and store in, a watch out that whoever has an event loop can run."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

from cli.context import Context
from cli.control import control_of
from cli.errors import UsageError
from cli.guard_sections import check_address
from cli.settings import Settings
from proxy.channels import Channel, open_channels
from proxy.console.seams import GuardShown
from proxy.courier import Courier
from proxy.guard_judge import GuardState
from proxy.guard_overview import GuardLine, overview
from proxy.guard_survey import Surveyor
from proxy.guards import GuardWatch, holder_name
from proxy.notification_queue import NotificationQueue

KEY_NAME = "webhook"
"""The key in the state directory by which webhooks are signed."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Everything by which people are told."""

    channels: tuple[Channel, ...]
    queue: NotificationQueue
    courier: Courier


def open_telling(context: Context) -> Telling:
    """The channels of the configuration with their queue. Raises UsageError or `ChannelError`."""
    notify = context.settings.notify
    addresses = notification_addresses(context.settings)
    webhooks = [address for address in addresses if address.startswith(("http://", "https://"))]
    services = [address for address in addresses if address not in webhooks]
    key = context.settings.key(KEY_NAME) if webhooks else b""
    channels = open_channels(webhooks, services, key, notify.timeout_s)
    names = [channel.name for channel in channels]
    queue = NotificationQueue(context.engine, names, attempts=notify.attempts)
    return Telling(channels, queue, Courier(queue, channels))


def open_guards(context: Context) -> GuardWatch:
    """The guards of this installation, to be run in an event loop. Raises UsageError or `ChannelError`."""
    telling = open_telling(context)
    return GuardWatch(
        context.engine,
        context.flags,
        control_of(context),
        context.settings.guards.settings(),
        telling.queue,
        telling.courier,
        holder=holder_name(socket.gethostname(), os.getpid()),
    )


def shown_guards(context: Context) -> Callable[[str], list[GuardShown]]:
    """How the guards of a domain stand, for the console's pages; raises UsageError or `ChannelError`."""
    queue = open_telling(context).queue
    surveyor = Surveyor(context.engine, context.flags, context.settings.guards.settings())

    def of(domain: str) -> list[GuardShown]:
        lines = overview(context.engine, surveyor, queue).lines
        return [
            GuardShown(
                line.seen.guard.measure.value.replace("_", " "),
                state_words(line),
                line.note or ("" if line.seen.look is None else line.seen.look.words),
                line.is_alarming,
            )
            for line in lines
            if line.seen.domain == domain
        ]

    return of


def state_words(line: GuardLine) -> str:
    """Where a guard stands, such as `holding 2 of 3`."""
    guard = line.seen.guard
    match line.state:
        case GuardState.HOLDING:
            return f"holding {line.held} of {guard.looks}"
        case GuardState.TOO_FEW:
            return f"too few of {guard.min_samples}"
        case state:
            return state.value.replace("_", " ")


def notification_addresses(settings: Settings) -> list[str]:
    """Those of the configuration and those of its file. Raises UsageError, which holds none of them."""
    addresses = [url.get_secret_value() for url in settings.notify.urls]
    file = settings.notify.urls_file
    if file is None:
        return addresses
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise UsageError(f"notify.urls_file: {str(file)!r}: cannot be read: {reason}") from error
    for number, line in enumerate(lines, start=1):
        address = line.strip()
        if not address or address.startswith("#"):
            continue
        try:
            addresses.append(check_address(address))
        except ValueError as error:
            raise UsageError(f"notify.urls_file: {file}, line {number}: {error}") from error
    return addresses
