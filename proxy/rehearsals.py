"""Rehearsals: a write that legacy is about to get is first run by modern, which rolls it back and says what it would do.

Modern is asked before anything is sent whether it rehearses, on the connection that the write then goes on, and proves
it with the shadow secret: whoever does not know the contract would take a rehearsal for a write. An answer without
`X-Write-Set` may be one that was not rolled back, so after the first nothing is rehearsed any more. No rehearsal is ever
sent twice, and none to legacy.
"""

import asyncio
import hmac
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

import structlog

from parity.exchange import MODERN, Rehearsal
from proxy import writes
from proxy.admission import Admission
from proxy.breaker import Breaker
from proxy.captures import NO_ROOM, Budget, KeptBody
from proxy.errors import UnsignedError
from proxy.fields import name_of, value_of
from proxy.mirror import Copy, Reply, whole_copy
from proxy.rehearsal_results import RehearsalResults
from proxy.settings import MirrorSettings, ProxySettings
from proxy.signature import PROOF_HEADER, SIGNATURE_HEADER, WITHIN_HEADER, proof_of, rehearsal_headers
from proxy.wire.heads import RequestHead

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

LIMIT = "rehearsal_limit"
DOWN = "rehearsal_down"
UNPROVEN = "rehearsal_unproven"
ANSWERED = "answered"
ABANDONED = "abandoned"
ENCODED = "encoded_body"
EXPECTS = "expects"
LARGE_BODY = "large_body"
"""What becomes of a rehearsal, besides the words that a `Rehearsal` has for it."""
_WRITE_SET = b"x-write-set"
_ASK_AGAIN_S = 30.0
"""How long an endpoint is left alone at which modern did not prove that it rehearses."""


class Attempt:
    """One rehearsal on its way: the question, the copy, and what is made of the heads of their answers.

    `copy_within` makes the copy that has to be rolled back in so many seconds, of which there are `within_s` from now on.
    """

    def __init__(
        self,
        place: str,
        question: Copy,
        copy_within: Callable[[float], Copy],
        *,
        within_s: float,
        proof: str,
        results: RehearsalResults,
    ) -> None:
        self.place = place
        self.question = question
        self._copy_within = copy_within
        self._until = time.perf_counter() + within_s
        self._proof = proof.encode()
        self._results = results

    def copy(self) -> Copy:
        """As it is to be sent now: modern has the time that the question has left."""
        return self._copy_within(max(self._until - time.perf_counter(), 0.0))

    @property
    def is_stopped(self) -> bool:
        """Whether nothing may be sent any more."""
        return self._results.is_stopped

    def proves(self, fields: bytes) -> bool:
        """Whether the answer to the question is that of a backend which rehearses."""
        given = _values(fields, PROOF_HEADER.lower().encode())
        return len(given) == 1 and hmac.compare_digest(given[0], self._proof)

    def answering(self, status: int, fields: bytes) -> None:
        """The head of the answer to the copy; a refusal alone (4xx) has written nothing without saying so."""
        if not (400 <= status < 500 or any(_values(fields, _WRITE_SET))):
            self._results.stop(self.place, status)


class RehearsalSender(Protocol):
    """How modern is reached: connections of their own."""

    async def rehearse(self, attempt: Attempt, kept: KeptBody) -> Reply:
        """Ask where that was not proven, send the copy once; stop reading when `kept` takes no more.

        A backend that fails is a reply with its `error`, one that proves nothing a reply with the error
        `rehearsal_unproven`; neither is an exception. Cancelling breaks the connection off.
        """
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


class Rehearser:
    """The way to modern for writes of one worker, within the settings that it was made with."""

    def __init__(
        self,
        sender: RehearsalSender,
        settings: ProxySettings,
        *,
        budget: Budget,
        results: RehearsalResults,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        mirror = settings.mirror
        self.results = results
        self._sender = sender
        self._within_s = settings.write_checks.rehearse_within_s
        self._limit = settings.write_checks.rehearse_concurrency
        self._capture_bytes = mirror.capture_bytes
        self._secret = settings.shadow_secret.encode()
        self._budget = budget
        self._clock = clock
        self._breaker = Breaker(mirror.failures, mirror.cool_down_s, _report, clock)
        self._unproven_until: dict[str, float] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None

    @property
    def is_closed(self) -> bool:
        """Whether nothing of it is left."""
        return self._closing is not None and self._closing.done()

    def kept_body(self) -> KeptBody:
        """Room for the body of a write that is held back."""
        return KeptBody(self._budget, self._capture_bytes)

    def refusal(self, endpoint: str) -> str:
        """Why a write at that endpoint is not rehearsed now; empty: it may be, and of those after a failure the first."""
        if self.results.is_stopped or self._unproven_until.get(endpoint, 0.0) > self._clock():
            return UNPROVEN
        if len(self._running) >= self._limit:
            return LIMIT
        return "" if self._breaker.admits() else DOWN

    def begin(
        self, admission: Admission, body: bytes, ended: Callable[[Rehearsal, KeptBody], None]
    ) -> Callable[[], object] | str:
        """Rehearse; `ended` is called when modern has answered or the time is up, and is given the answer's room.

        Returns what breaks it off, after which nobody is called; or why it is not done.
        """
        if self.results.is_stopped:
            return UNPROVEN
        if self._closing is not None or len(self._running) >= self._limit:
            return LIMIT
        task = asyncio.get_running_loop().create_task(self._run(admission, body, ended))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task.cancel

    def retire(self) -> None:
        """Begin no other; what is under way ends, which takes no longer than one may, then the connections are closed."""
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close())

    async def close(self) -> None:
        """The same, and wait for it."""
        self.retire()
        if self._closing is not None:
            await self._closing

    async def _close(self) -> None:
        if self._running:
            await asyncio.wait(self._running)
        await self._sender.close()

    async def _run(
        self, admission: Admission, body: bytes, ended: Callable[[Rehearsal, KeptBody], None]
    ) -> None:
        kept = self.kept_body()
        try:
            rehearsal = await self._rehearsal(admission, body, kept)
        except BaseException:
            kept.release()
            raise
        ended(rehearsal, kept)

    async def _rehearsal(self, admission: Admission, body: bytes, kept: KeptBody) -> Rehearsal:
        endpoint = admission.way.name
        reply = await self._reply(admission, body, kept)
        if reply.error == UNPROVEN:
            self._breaker.succeeded()
            self._unproven_until[endpoint] = self._clock() + _ASK_AGAIN_S
            log.warning("rehearsal_unproven", endpoint=endpoint, asked_again_in_s=_ASK_AGAIN_S)
            return Rehearsal(shed=UNPROVEN)
        if reply.error:
            self._breaker.failed()
            kept.release()
            return Rehearsal(error=reply.error, duration_s=reply.duration_s)
        self._breaker.succeeded()
        if kept.overflow == NO_ROOM:
            return Rehearsal(shed=LIMIT)
        return Rehearsal(reply.status, reply.fields, kept.content, reply.duration_s, kept.overflow)

    async def _reply(self, admission: Admission, body: bytes, kept: KeptBody) -> Reply:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._within_s):
                return await self._sender.rehearse(self._attempt(admission, body), kept)
        except TimeoutError:
            return Reply(error="timeout", duration_s=time.perf_counter() - started)
        except Exception as error:  # noqa: BLE001 -- whatever goes wrong here, the live request goes on
            log.warning("rehearsal_failed", error=type(error).__name__)
            return Reply(error="broken", duration_s=time.perf_counter() - started)

    def _attempt(self, admission: Admission, body: bytes) -> Attempt:
        """Question and copy have the same path, so that whoever routes by it takes both to the same place."""
        method, target, now = admission.method, admission.target, int(time.time())
        question = rehearsal_headers(self._secret, "OPTIONS", target, b"", now)
        own = rehearsal_headers(self._secret, method, target, body, now)
        if admission.stamp:
            own.append((writes.HEADER, admission.stamp))
        fields = [line for lines in admission.lines for line in lines.split(b"\r\n")]
        host = [line for line in fields if name_of(line).lower() == b"host"]

        def copy_within(seconds: float) -> Copy:
            within = (WITHIN_HEADER, f"{seconds:.3f}")
            return whole_copy(method, target, fields, body, [*own, within])

        return Attempt(
            admission.way.name,
            whole_copy("OPTIONS", target, host, b"", question),
            copy_within,
            within_s=self._within_s,
            proof=proof_of(self._secret, dict(question)[SIGNATURE_HEADER]),
            results=self.results,
        )


def unfit(head: RequestHead, lines: Iterable[bytes], most_bytes: int) -> str:
    """Why a write can not be rehearsed whose head is this; empty: it can, if its body stays within the bound.

    A client that wants to be asked for its body is asked by legacy. What is compressed many a server unpacks before
    anybody sees it, and then no signature holds.
    """
    if head.expects_continue:
        return EXPECTS
    if head.length > most_bytes:
        return LARGE_BODY
    return ENCODED if any(name_of(line).lower() == b"content-encoding" for line in lines) else ""


def require_secret(settings: ProxySettings) -> bool:
    """Whether writes are to be rehearsed. Raises `UnsignedError` where nobody could sign them."""
    if settings.write_checks.rehearses and not settings.shadow_secret:
        raise UnsignedError(
            "write_checks: 'rehearse' without a shadow secret: expected one, or modern would take a rehearsal for a write"
        )
    return settings.write_checks.rehearses


def bounds_of(settings: ProxySettings) -> MirrorSettings:
    """The bounds of the connections that rehearsals go on."""
    checks = settings.write_checks
    return replace(
        settings.mirror, concurrency=checks.rehearse_concurrency, timeout_s=checks.rehearse_within_s
    )


def _values(fields: bytes, name: bytes) -> list[bytes]:
    return [value_of(line) for line in fields.split(b"\r\n") if line and name_of(line).lower() == name]


def _report(is_down: bool) -> None:  # noqa: FBT001 -- the breaker's one fact
    log.warning("rehearsals_down" if is_down else "rehearsals_up", backend=MODERN.value)
