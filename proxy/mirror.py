"""Sends copies to one shadow backend, from the parity worker: as many as its limit allows, each once.

The live path has no part in it: whatever the shadow does, only its own copies wait, time out or are shed.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec
import structlog

from parity.completing import Shed
from parity.exchange import SAFE_METHODS, Backend, Capture
from proxy import writes
from proxy.adaptive import AdaptiveLimit, pool_wait_s
from proxy.breaker import Breaker
from proxy.captures import NO_ROOM, SHADOW_DOWN, Budget, KeptBody
from proxy.fields import name_of
from proxy.settings import MirrorSettings
from proxy.signature import shadow_headers

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

DOWN = Shed(SHADOW_DOWN)
"""It was not asked, for it only fails."""
_ANEW = frozenset({b"expect", b"transfer-encoding"})
_NEWEST = 0.05
"""How much of the way the usual duration goes to that of the newest copy."""


class Copy(msgspec.Struct, frozen=True):
    """A request as the shadow backend gets it: signed, head and body in one piece."""

    method: str
    wire: bytes


def whole_copy(
    method: str, target: str, fields: Iterable[bytes], body: bytes, own: Iterable[tuple[str, str]]
) -> Copy:
    """The request with these field lines, and `own` behind them.

    The body is whole, so nobody is asked whether it may be sent, and its length is known.
    """
    lines = [line for line in fields if line and name_of(line).lower() not in _ANEW]
    if body and all(name_of(line).lower() != b"content-length" for line in lines):
        lines.append(b"Content-Length: %d" % len(body))
    lines += (f"{name}: {value}".encode() for name, value in own)
    return Copy(method, b"\r\n".join([f"{method} {target} HTTP/1.1".encode(), *lines, b"", body]))


class Reply(msgspec.Struct, frozen=True):
    """What a sender saw of the shadow's answer; `error` is a word of `Observation.error`.

    `fields` are the field lines, each with its CR LF.
    """

    status: int = 0
    fields: bytes = b""
    duration_s: float = 0.0
    error: str = ""


class ShadowSender(Protocol):
    """How the shadow backend is reached: its own connections."""

    async def send(self, copy: Copy, kept: KeptBody) -> Reply:
        """Send once, without retry; stop reading when `kept` takes no more. The body stays there.

        A shadow that fails is a reply with its `error`, not an exception. Cancelling breaks the connection off.
        """
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


class Answered(msgspec.Struct, frozen=True):
    """What the shadow did with a copy; whoever gets it releases the body."""

    reply: Reply
    body: KeptBody


class Mirror:
    """The way to one shadow backend: a limit that adapts, a bounded line of those that wait for their turn, a breaker."""

    def __init__(
        self,
        backend: Backend,
        sender: ShadowSender,
        *,
        settings: MirrorSettings,
        secret: bytes,
        budget: Budget,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backend = backend
        self._sender = sender
        self._settings = settings
        self._secret = secret
        self._budget = budget
        self._clock = clock
        self._adaptive = AdaptiveLimit(settings.concurrency, settings.adaptive, clock)
        self._breaker = Breaker(settings.failures, settings.cool_down_s, self._report, clock)
        self._line: deque[asyncio.Future[bool]] = deque()
        self._under_way = 0
        self._usual_s = 0.0

    @property
    def limit(self) -> int:
        """How many copies may be under way now."""
        return self._adaptive.limit

    @property
    def in_flight(self) -> int:
        """How many copies are under way."""
        return self._under_way

    @property
    def waiting(self) -> int:
        """How many copies wait for their turn."""
        return len(self._line)

    @property
    def most_waiting(self) -> int:
        """How many copies may wait: `queue_items`, or as many as can have their turn within `wait_s`.

        While some wait, `limit` are under way, and one ends each time that the `limit`th part of what a copy usually
        takes has passed (Little 1961). Whoever is further back would wait in vain.
        """
        settings = self._settings
        if not self._usual_s:
            return settings.queue_items
        return min(settings.queue_items, math.ceil(settings.wait_s * self.limit / self._usual_s))

    @property
    def left_alone_s(self) -> float:
        """For how many seconds nothing is sent because the shadow only fails; 0: it is not down."""
        return self._breaker.left_s

    def in_vain(self, ahead: int = 0) -> Shed | None:
        """What would become of one more copy, behind `ahead` others that come, if it is known now: it would be shed."""
        if self._breaker.cools_down:
            return DOWN
        if self._line and len(self._line) + ahead >= self.most_waiting:
            return self._refused()
        return None

    async def ask(self, capture: Capture) -> Answered | Shed:
        """Send the copy of a captured request when its turn comes; takes `wait_s` and `timeout_s` at most.

        Raises ValueError for a write, whoever wants it sent: no write is ever sent again.
        """
        if capture.method not in SAFE_METHODS:
            raise ValueError(f"a copy of {capture.endpoint} is no copy of a read")
        if not self._breaker.admits():
            return DOWN
        if (refused := await self._turn()) is not None:
            return refused
        try:
            return await self._send(capture)
        finally:
            self._under_way -= 1
            self._let_in()

    async def close(self) -> None:
        """Let go of all connections."""
        await self._sender.close()

    async def _turn(self) -> Shed | None:
        if self._under_way < self.limit and not self._line:
            self._under_way += 1
            return None
        refused = self._refused()
        if len(self._line) >= self.most_waiting:
            return refused
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            await asyncio.wait({turn}, timeout=self._settings.wait_s)
        except asyncio.CancelledError:
            if turn.done() and turn.result():
                self._under_way -= 1
                self._let_in()
            raise
        finally:
            if not turn.done():
                turn.cancel()
                self._line.remove(turn)
        if turn.cancelled():
            return refused
        return None if turn.result() else DOWN

    def _refused(self) -> Shed:
        return Shed("shadow_limit" if self._adaptive.is_reduced else "shadow_queue")

    def _let_in(self) -> None:
        while self._line and self._under_way < self.limit:
            self._under_way += 1
            self._line.popleft().set_result(True)

    async def _send(self, capture: Capture) -> Answered | Shed:
        body = KeptBody(self._budget, self._settings.capture_bytes)
        began_at = self._clock()
        try:
            reply = await self._reply(capture, body)
        except BaseException:
            body.release()
            raise
        taken_s = self._clock() - began_at
        self._usual_s += (taken_s - self._usual_s) * (_NEWEST if self._usual_s else 1.0)
        if reply.error:
            self._breaker.failed()
            self._adaptive.failed(began_at)
            body.release()
        else:
            self._breaker.succeeded()
            waited_s = pool_wait_s(reply.fields)
            self._adaptive.succeeded(capture.endpoint, began_at, reply.duration_s, waited_s)
        if body.overflow == NO_ROOM:
            return Shed("shadow_queue")
        return Answered(reply, body)

    async def _reply(self, capture: Capture, body: KeptBody) -> Reply:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await self._sender.send(self._copy(capture), body)
        except TimeoutError:
            return Reply(error="timeout", duration_s=time.perf_counter() - started)
        except Exception as error:  # noqa: BLE001 -- whatever a sender does, the books must balance
            log.warning("shadow_sender_failed", backend=self._backend.value, error=type(error).__name__)
            return Reply(error="broken", duration_s=time.perf_counter() - started)

    def _copy(self, capture: Capture) -> Copy:
        is_stamped = capture.writes and self._backend is Backend.MODERN
        own = [(writes.HEADER, capture.writes)] if is_stamped else []
        own += shadow_headers(self._secret, capture.method, capture.target, capture.body, int(time.time()))
        return whole_copy(capture.method, capture.target, capture.head.split(b"\r\n"), capture.body, own)

    def _report(self, is_down: bool) -> None:  # noqa: FBT001 -- the breaker's one fact
        log.warning("shadow_down" if is_down else "shadow_up", backend=self._backend.value)
        while is_down and self._line:  # nobody waits for a shadow that is not asked
            self._line.popleft().set_result(False)
