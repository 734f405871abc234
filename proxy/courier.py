"""Sends what waits in the queue of notifications, and tries again what did not arrive. Several couriers may run."""

import asyncio
from collections.abc import Sequence

import structlog

from parity.errors import StoreError
from proxy.channels import Channel
from proxy.errors import NotSentError
from proxy.notification import Notification
from proxy.notification_queue import NotificationQueue, Waiting

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

EVERY_S = 1.0
_FORGET_EVERY = 600


class Courier:
    """Takes from the queue what is due; at least once, with the id by which a receiver knows a second time."""

    def __init__(self, queue: NotificationQueue, channels: Sequence[Channel]) -> None:
        self._queue = queue
        self._channels = {channel.name: channel for channel in channels}

    async def run(self) -> None:
        """Send until cancelled; a store that is away is waited for."""
        rounds = 0
        is_lost = False
        while True:
            try:
                if rounds % _FORGET_EVERY == 0:
                    await asyncio.to_thread(self._queue.forget)
                await self.deliver()
                is_lost = False
            except StoreError as error:
                if not is_lost:
                    log.warning("notifications_without_store", error=str(error))
                is_lost = True
            rounds += 1
            await asyncio.sleep(EVERY_S)

    async def deliver(self) -> int:
        """Send what is due, side by side; returns how many were tried. Raises StoreError."""
        due = await asyncio.to_thread(self._queue.take)
        if due:
            await asyncio.gather(*(self._send(one) for one in due))
        return len(due)

    async def tell(self, notification: Notification) -> dict[str, str]:
        """Send it to all channels past the queue, once; what went wrong with each, empty where nothing did."""

        async def tell_one(channel: Channel) -> str:
            try:
                await channel.send(notification)
            except NotSentError as error:
                return str(error)
            return ""

        told = await asyncio.gather(*(tell_one(channel) for channel in self._channels.values()))
        return dict(zip(self._channels, told, strict=True))

    async def _send(self, one: Waiting) -> None:
        channel = self._channels.get(one.channel)
        if channel is None:
            await asyncio.to_thread(
                self._queue.failed, one, "no channel is called so any more", for_good=True
            )
            return
        try:
            await channel.send(one.notification)
        except NotSentError as error:
            log.warning("notification_not_sent", channel=one.channel, attempts=one.attempts, error=str(error))
            await asyncio.to_thread(self._queue.failed, one, str(error))
            return
        await asyncio.to_thread(self._queue.sent, one)
