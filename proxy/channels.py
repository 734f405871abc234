"""How a notification leaves: a signed webhook, or any service that the library `apprise` knows. No redirect is followed.

An address may hold secrets: only the name of a channel is ever logged, stored or shown.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp

from proxy.errors import ChannelError, NotSentError
from proxy.notification import EventKind, Notification

SECRET_PREFIX = "whsec_"  # noqa: S105  -- what a secret of the Standard Webhooks begins with, not one


class Channel(Protocol):
    """One way by which people hear of what happened."""

    @property
    def name(self) -> str:
        """What it is called, without any secret; the same as long as the configuration is."""
        ...

    async def send(self, notification: Notification) -> None:
        """Hand it over, within a bounded time. Raises `NotSentError`."""
        ...


class Webhook:
    """A POST of JSON, signed as the Standard Webhooks say (`webhook-id`, `-timestamp`, `-signature`, HMAC-SHA256)."""

    def __init__(
        self, name: str, url: str, key: bytes, timeout_s: float, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.name = name
        self._url = url
        self._key = key
        self._timeout_s = timeout_s
        self._clock = clock

    async def send(self, notification: Notification) -> None:
        """Any status of 2xx is a receipt."""
        body = notification.body()
        at = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "crossfade",
            "webhook-id": notification.id,
            "webhook-timestamp": at,
            "webhook-signature": sign(self._key, notification.id, at, body),
        }
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                status = response.status
        except TimeoutError as error:
            raise NotSentError(f"no answer within {self._timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            # what they say holds the address
            raise NotSentError(f"cannot be reached ({type(error).__name__})") from error
        if 300 <= status < 400:
            raise NotSentError(f"answered {status}: redirects are not followed")
        if not 200 <= status < 300:
            raise NotSentError(f"answered {status}")


class Service:
    """A service of `apprise`: Slack, e-mail, Teams, PagerDuty, and a hundred others by their URLs."""

    def __init__(self, name: str, url: str, timeout_s: float) -> None:
        import apprise  # a tenth of the start of a console that tells nobody by a service

        asset = apprise.AppriseAsset(http_redirects=False, async_mode=False)
        service = apprise.Apprise.instantiate(url, asset=asset)
        if service is None:
            raise ChannelError(f"{name}: expected an address that apprise knows, such as slack://…")
        service.redirects = False  # whatever the address says
        service.socket_connect_timeout = service.socket_read_timeout = timeout_s
        self.name = name
        self._kinds = apprise.NotifyType
        self._service = service
        self._timeout_s = timeout_s

    async def send(self, notification: Notification) -> None:
        """True from the library is a receipt; why it says False it tells nobody without the address."""
        kind = self._kinds.INFO if notification.kind is EventKind.TEST else self._kinds.WARNING
        try:
            async with asyncio.timeout(3 * self._timeout_s):  # several requests, each with its own bound
                done = await asyncio.to_thread(
                    self._service.notify,
                    body=notification.text,
                    title=notification.title,
                    notify_type=kind,
                )
        except TimeoutError as error:
            raise NotSentError(f"no answer within {3 * self._timeout_s:g} s") from error
        except Exception as error:  # a hundred plugins of other people raise what they like
            raise NotSentError(f"failed ({type(error).__name__})") from error
        if not done:
            raise NotSentError("the service did not take it")


def open_channels(
    webhooks: Sequence[str], services: Sequence[str], key: bytes, timeout_s: float
) -> tuple[Channel, ...]:
    """All channels of a configuration. Raises `ChannelError` that names every wrong one, by its place and not its address."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it logs addresses
    channels: list[Channel] = [
        Webhook(f"webhook-{number}", url, key, timeout_s) for number, url in enumerate(webhooks, start=1)
    ]
    problems = []
    for number, url in enumerate(services, start=1):
        try:
            channels.append(Service(f"{urlsplit(url).scheme or 'service'}-{number}", url, timeout_s))
        except ChannelError as error:
            problems.append(str(error))
    if problems:
        raise ChannelError("; ".join(problems))
    return tuple(channels)


def sign(key: bytes, notification_id: str, timestamp: str, body: bytes) -> str:
    """The signature of a webhook."""
    signed = b".".join((notification_id.encode(), timestamp.encode(), body))
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def secret_of(key: bytes) -> str:
    """The key as receivers give it to a library of the Standard Webhooks."""
    return f"{SECRET_PREFIX}{base64.b64encode(key).decode()}"
