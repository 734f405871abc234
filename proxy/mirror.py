"""Sends copies to one shadow backend after the client has its answer, as far as the bounds allow."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import msgspec
import structlog

from parity.exchange import Backend, Exchange, Observation
from proxy.breaker import Breaker
from proxy.capture import NO_ROOM, TOO_LARGE, Budget, Capture, size_of
from proxy.counters import Counters
from proxy.headers import Headers, Observed
from proxy.races import Mark, Races
from proxy.settings import MirrorSettings
from proxy.signature import shadow_headers

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Copy(msgspec.Struct, frozen=True):
    """A request as the shadow backend gets it, signed."""

    method: str
    target: str
    headers: Headers
    body: bytes


class Reply(msgspec.Struct, frozen=True):
    """What a data plane saw of the shadow's answer; `error` is a word of `Observation.error`."""

    status: int = 0
    headers: Headers = ()
    duration_s: float = 0.0
    error: str = ""


class ShadowSender(Protocol):
    """How a data plane reaches the shadow backend."""

    async def send(self, copy: Copy, capture: Capture) -> Reply:
        """Send once, without retry; stop reading when the capture takes no more. The body stays in the capture.

        A shadow that fails is a reply with its `error`, not an exception.
        """
        ...


class ExchangeSink(Protocol):
    """Where whole exchanges go."""

    def put(self, exchange: Exchange) -> bool:
        """False: there was no room, and it was counted as shed."""
        ...


class Mirrored(msgspec.Struct, frozen=True):
    """A mirrored request whose client has its answer: all that makes the exchange but the shadow's part.

    `size` is how many bytes of the budget it holds.
    """

    id: str
    endpoint: str
    domain: str
    method: str
    target: str
    headers: Headers
    body: bytes
    client: str
    stage: str
    authoritative: Backend
    answer: Observation
    at: float
    mark: Mark
    size: int


class Mirror:
    """The way to one shadow backend: a bounded queue, a few senders, a breaker.

    Whatever is offered was counted as mirrored and gets exactly one outcome: an exchange in the sink, or
    a count as shed.
    """

    def __init__(
        self,
        backend: Backend,
        sender: ShadowSender,
        sink: ExchangeSink,
        *,
        settings: MirrorSettings,
        secret: bytes,
        counters: Counters,
        budget: Budget,
        races: Races,
        observe: Callable[[Headers], Observed],
    ) -> None:
        self._backend = backend
        self._sender = sender
        self._sink = sink
        self._settings = settings
        self._secret = secret
        self._counters = counters
        self._budget = budget
        self._races = races
        self._observe = observe
        self._queue: deque[Mirrored] = deque()
        self._senders: set[asyncio.Task[None]] = set()
        self._closed = False
        self._breaker = Breaker(settings.failures, settings.cool_down_s, self._report)

    @property
    def waiting(self) -> int:
        """How many wait in the queue."""
        return len(self._queue)

    def offer(self, mirrored: Mirrored) -> None:
        """Queue a copy, or shed it at once; never waits."""
        if self._closed or len(self._queue) >= self._settings.queue_items:
            self._shed(mirrored, "shadow_queue")
        elif self._breaker.is_down and not self._breaker.admits():
            self._shed(mirrored, "shadow_down")
        else:
            self._queue.append(mirrored)
            if len(self._senders) < self._settings.concurrency:
                task = asyncio.get_running_loop().create_task(self._send_queued())
                self._senders.add(task)
                task.add_done_callback(self._senders.discard)

    async def drain(self, timeout_s: float) -> None:
        """Take nothing more, send what waits within that time, shed what is left."""
        self._closed = True
        if self._senders:
            await asyncio.wait(self._senders, timeout=timeout_s)
        for task in self._senders:
            task.cancel()
        await asyncio.gather(*self._senders, return_exceptions=True)
        while self._queue:
            self._shed(self._queue.popleft(), "shadow_queue")

    async def _send_queued(self) -> None:
        while self._queue:
            mirrored = self._queue.popleft()
            await self._send(mirrored)
            if self._breaker.is_down:
                while self._queue:
                    self._shed(self._queue.popleft(), "shadow_down")

    async def _send(self, mirrored: Mirrored) -> None:
        capture = Capture(self._budget, self._settings.capture_bytes)
        started = time.perf_counter()
        try:
            reply = await self._sender.send(self._copy(mirrored), capture)
        except asyncio.CancelledError:
            capture.release()
            self._shed(mirrored, "shadow_queue")
            raise
        except Exception as error:  # noqa: BLE001 -- whatever a sender does, the books must balance
            log.warning("shadow_sender_failed", backend=self._backend.value, error=repr(error))
            reply = Reply(error="broken", duration_s=time.perf_counter() - started)
        if reply.error:
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        try:
            self._settle(mirrored, reply, capture)
        finally:
            capture.release()

    def _settle(self, mirrored: Mirrored, reply: Reply, capture: Capture) -> None:
        if capture.overflow == NO_ROOM:
            self._shed(mirrored, "shadow_queue")
            return
        if reply.error:
            shadow = Observation(error=reply.error, duration_s=reply.duration_s)
        else:
            body = b"" if capture.overflow else capture.body
            shadow = observation(self._observe(reply.headers), reply.status, reply.duration_s, body)
        raced = self._races.overlapped(mirrored.domain, mirrored.mark)
        self._budget.give_back(mirrored.size)
        skipped = "" if reply.error else capture.overflow
        self._sink.put(exchange_of(mirrored, shadow, raced=raced, skipped=skipped))

    def _copy(self, mirrored: Mirrored) -> Copy:
        extra = shadow_headers(
            self._secret, mirrored.method, mirrored.target, mirrored.body, int(time.time())
        )
        return Copy(mirrored.method, mirrored.target, [*mirrored.headers, *extra], mirrored.body)

    def _shed(self, mirrored: Mirrored, reason: str) -> None:
        self._budget.give_back(mirrored.size)
        self._counters.shed(mirrored.endpoint, reason)

    def _report(self, is_down: bool) -> None:  # noqa: FBT001 -- the breaker's one fact
        log.warning("shadow_down" if is_down else "shadow_up", backend=self._backend.value)


def observation(observed: Observed, status: int, duration_s: float, body: bytes) -> Observation:
    """What a backend did that answered."""
    return Observation(status, observed.headers, body, duration_s, observed.query_count)


def exchange_of(mirrored: Mirrored, shadow: Observation, *, raced: bool, skipped: str = "") -> Exchange:
    """The exchange of a mirrored request and what the shadow backend did with it."""
    if skipped not in {"", TOO_LARGE}:
        raise ValueError(f"no reason for skipping an exchange: {skipped!r}")
    is_legacy = mirrored.authoritative is Backend.LEGACY
    return Exchange(
        id=mirrored.id,
        endpoint=mirrored.endpoint,
        domain=mirrored.domain,
        method=mirrored.method,
        target=mirrored.target,
        client=mirrored.client,
        stage=mirrored.stage,
        authoritative=mirrored.authoritative,
        legacy=mirrored.answer if is_legacy else shadow,
        modern=shadow if is_legacy else mirrored.answer,
        at=mirrored.at,
        raced=raced,
        skipped=skipped,
    )


def size_of_mirrored(headers: Headers, body: bytes, answer: Observation) -> int:
    """Roughly how many bytes a mirrored request holds while it waits."""
    return len(body) + size_of(answer) + sum(len(name) + len(value) + 100 for name, value in headers)
