"""Sends what waits in the queue of notifications, and tries again what did not arrive. Several couriers may run."""

import asyncio
from collections.abc import Sequence

import structlog

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
            except Exception as error:  # noqa: BLE001 -- a courier that ends tells nobody; it goes on with the next round
                if not is_lost:
                    log.warning("notifications_held_up", error=str(error) or type(error).__name__)
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
            return await _problem(channel, notification)

        told = await asyncio.gather(*(tell_one(channel) for channel in self._channels.values()))
        return dict(zip(self._channels, told, strict=True))

    async def _send(self, one: Waiting) -> None:
        channel = self._channels.get(one.channel)
        if channel is None:
            await asyncio.to_thread(
                self._queue.failed, one, "no channel is called so any more", for_good=True
            )
            return
        if problem := await _problem(channel, one.notification):
            log.warning("notification_not_sent", channel=one.channel, attempts=one.attempts, error=problem)
            await asyncio.to_thread(self._queue.failed, one, problem)
        else:
            await asyncio.to_thread(self._queue.sent, one)


async def _problem(channel: Channel, notification: Notification) -> str:
    """Send it; what went wrong, or nothing."""
    try:
        await channel.send(notification)
    except NotSentError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 -- what one channel does to us holds up no other
        return f"failed ({type(error).__name__})"  # its words may hold the address
    return ""
