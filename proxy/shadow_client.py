"""Copies to a shadow backend: connections of their own, one attempt each, in the parity worker's process."""

import asyncio
from pathlib import Path
from time import perf_counter

from proxy.captures import KeptBody
from proxy.mirror import Copy, Reply
from proxy.refusals import Refusal
from proxy.settings import MirrorSettings
from proxy.wire.backend import BackendConnection
from proxy.wire.framing import Content
from proxy.wire.heads import AnswerHead
from proxy.wire.pool import Pool
from proxy.wire.target import target_of
from proxy.wire.timeouts import NEVER, Timeouts

_BUFFER_BYTES = 131_072


class ShadowClient:
    """Implements `proxy.mirror.ShadowSender`. The deadline of a copy is its mirror's; made on a running loop."""

    def __init__(self, url: str, settings: MirrorSettings, idle_s: float, ca: Path | None = None) -> None:
        self._timeouts = Timeouts(asyncio.get_running_loop())
        self._timeouts.start()
        self.pool = Pool(
            target_of(url, ca),
            self._timeouts,
            limit=settings.concurrency,
            wait_s=settings.timeout_s,
            connect_timeout_s=settings.timeout_s,
            idle_s=idle_s,
            buffer_bytes=_BUFFER_BYTES,
        )

    async def send(self, copy: Copy, kept: KeptBody) -> Reply:
        """One attempt; the answer's body goes into `kept`, and no more of it is read than fits."""
        return await self.reply(Asking(copy, kept))

    async def reply(self, asking: "Asking") -> Reply:
        """Let it have a connection, and wait until it has ended."""
        asking.ask_on(self.pool)
        try:
            refusal = await asking.ended
        finally:
            self.pool.forget(asking)
            asking.drop()
        duration_s = perf_counter() - asking.started
        head = asking.head
        if refusal is not None or head is None:
            error = "broken" if refusal is None else refusal.observed_error
            return Reply(error=error, duration_s=duration_s)
        return Reply(head.status, head.fields, duration_s)

    async def close(self) -> None:
        """Close all connections."""
        await self.pool.close()
        self._timeouts.stop()


class Asking:
    """One copy and what comes back; `ended` is set to None when all is there, else to why it is not."""

    def __init__(self, copy: Copy, kept: KeptBody) -> None:
        self.copy = copy
        self.ended: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        self.started = perf_counter()
        self.head: AnswerHead | None = None
        self._kept = kept
        self._connection: BackendConnection | None = None

    def ask_on(self, pool: Pool) -> None:
        """Send it on a connection of that pool, as soon as there is one."""
        connection = pool.take()
        if connection is not None:
            self.granted(connection)
        else:
            pool.wait(self)

    def granted(self, connection: BackendConnection) -> None:
        """A connection to send it on."""
        self._send(connection, self.copy)

    def not_granted(self, refusal: Refusal) -> None:
        """There is none."""
        self._end(refusal)

    def drop(self) -> None:
        """Break off what is still under way."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()

    def answer_interim(self, head: AnswerHead) -> None:
        """Nobody wants it."""

    def answer_began(self, head: AnswerHead, content: Content) -> None:
        """The head, and what came along."""
        self.head = head
        if content:
            self.answer_piece(content)

    def answer_piece(self, content: Content) -> None:
        """More of the body; what does not fit is not read."""
        if not self._kept.add(content):
            self.drop()
            self._end(None)

    def answer_ended(self) -> None:
        """All is there."""
        self._connection = None
        self._end(None)

    def answer_failed(self, refusal: Refusal, *, untouched: bool) -> None:  # noqa: ARG002  no copy is sent twice
        """It will not come."""
        self._connection = None
        self._end(refusal)

    def answer_switched(self, head: AnswerHead, rest: bytes) -> None:  # noqa: ARG002  never asked for
        """A copy asks for no other protocol."""
        self.drop()
        self._end(Refusal.MALFORMED)

    def backend_full(self) -> None:
        """The copy was handed over whole."""

    def backend_drained(self) -> None:
        """The copy was handed over whole."""

    def _send(self, connection: BackendConnection, copy: Copy) -> None:
        self._connection = connection
        connection.begin(
            self,
            copy.wire,
            to_head=copy.method == "HEAD",
            upgrades=False,
            is_whole=True,
            first_s=NEVER,
            silence_s=NEVER,
        )

    def _end(self, refusal: Refusal | None) -> None:
        if not self.ended.done():
            self.ended.set_result(refusal)
