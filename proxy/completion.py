"""Makes exchanges of captures in the parity worker: asks the shadow where it is wanted, and says what both did."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import structlog

from parity.completing import Again, Shed, exchange_of, not_completed
from parity.exchange import LEFT_ALONE, SAFE_METHODS, Backend, Capture, Exchange, Observation
from proxy.canary import StickyKeys, token
from proxy.captures import Budget
from proxy.fields import pairs
from proxy.headers import EdgeHeaders
from proxy.mirror import Mirror, ShadowSender
from proxy.rehearsed import RehearsedWrites
from proxy.settings import ProxySettings, WriteCheck
from proxy.write_checks import CountedWrites, WriteChecks

if TYPE_CHECKING:  # it brings in psycopg, which only a worker that is told of legacy's database needs
    from proxy.legacy_rows import LegacyRows

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

MAX_SPREAD_S = 0.1
"""How much later than the first of a batch the last is asked at most; what comes in 0.05 s makes a batch."""

Overlapped = Callable[[str, tuple[int, int]], bool]
"""Whether a write to that domain was in flight at any moment since that mark."""


def busy_at_mark(_domain: str, mark: tuple[int, int]) -> bool:
    """What is known without the proxy workers' counts: whether writes were in flight when the request began."""
    return mark[0] > 0


class Completion:
    """The way to both shadow backends; implements `parity.completing.Shadow` and `SecondAsking`."""

    def __init__(
        self,
        settings: ProxySettings,
        senders: Mapping[Backend, ShadowSender],
        *,
        overlapped: Overlapped = busy_at_mark,
        counted_writes: CountedWrites | None = None,
        legacy_rows: "LegacyRows | None" = None,
    ) -> None:
        self._headers = EdgeHeaders(settings)
        self._sticky = StickyKeys(settings.sticky)
        self._token_key = settings.token_key
        self._overlapped = overlapped
        self._mirrorable = {endpoint.name for endpoint in settings.endpoints if endpoint.mirrorable}
        self._budget = Budget(settings.mirror.held_bytes)
        self.mirrors = {
            backend: Mirror(
                backend,
                sender,
                settings=settings.mirror,
                secret=settings.shadow_secret.encode(),
                budget=self._budget,
            )
            for backend, sender in senders.items()
        }
        self._write_checks = WriteChecks(settings.endpoints, self._ask, self._budget, counted_writes)
        self._rehearsed = RehearsedWrites(self._observation, self._budget, counted_writes, legacy_rows)

    @property
    def held_bytes(self) -> int:
        """How many bytes of the shadows' answers are held."""
        return self._budget.held

    def levels(self) -> dict[str, float]:
        """How the ways to the shadows stand, under the names of gauges (`proxy.metrics.LEVELS_BY`)."""
        found: dict[str, float] = {"held_bytes/parity": self.held_bytes}
        for backend, mirror in self.mirrors.items():
            found[f"shadow_in_flight/{backend}"] = mirror.in_flight
            found[f"shadow_waiting/{backend}"] = mirror.waiting
            found[f"shadow_limit/{backend}"] = mirror.limit
            found[f"{LEFT_ALONE}/{backend}"] = mirror.left_alone_s
        return found

    async def complete(self, captures: Sequence[Capture]) -> list[Exchange | Shed]:
        """One result for each capture, in their order; asked as far apart as their requests came, if the mirrors let them.

        A batch that was asked at once would load the shadow as no client does, and its answers would seem slow.
        """
        began = min((capture.at for capture in captures), default=0.0)
        shed = self._in_vain(captures)
        asked = await asyncio.gather(
            *(
                self._complete(capture, min(capture.at - began, MAX_SPREAD_S))
                for capture, in_vain in zip(captures, shed, strict=True)
                if in_vain is None
            )
        )
        results = iter(asked)
        return [next(results) if in_vain is None else in_vain for in_vain in shed]

    def release(self, completed: Sequence[Exchange | Shed]) -> None:
        """These are recorded: the answers of the shadow that they held are free."""
        self._budget.give_back(sum(_held(one) for one in completed if isinstance(one, Exchange)))

    def forbids(self, capture: Capture) -> str:
        """Why no backend may be asked that again; empty: both may."""
        if capture.method not in SAFE_METHODS:
            return "not_a_read"
        return "" if capture.endpoint in self._mirrorable else "never"

    async def ask_again(self, capture: Capture) -> Again:
        """Send a copy to both backends at once, whichever is authoritative."""
        asking: dict[Backend, asyncio.Task[Observation | str]] = {}
        try:
            async with asyncio.TaskGroup() as group:
                for backend in Backend:
                    asking[backend] = group.create_task(self._answer_again(backend, capture))
            raced = self._overlapped(capture.domain, capture.mark)
        except BaseException:
            whole = (task for task in asking.values() if not task.cancelled() and not task.exception())
            self._give_back(task.result() for task in whole)
            raise
        return Again(asking[Backend.LEGACY].result(), asking[Backend.MODERN].result(), raced)

    def release_again(self, again: Again) -> None:
        """These are compared: the answers that they held are free."""
        self._give_back((again.legacy, again.modern))

    async def close(self) -> None:
        """Let go of all connections."""
        await self._rehearsed.close()
        for mirror in self.mirrors.values():
            await mirror.close()

    def _give_back(self, answers: Iterable[Observation | str]) -> None:
        self._budget.give_back(sum(len(one.body) for one in answers if isinstance(one, Observation)))

    def _in_vain(self, captures: Sequence[Capture]) -> list[Shed | None]:
        """Which copies would be shed, as is known already: nothing else is done for them, and they have no task."""
        shed: list[Shed | None] = []
        ahead = dict.fromkeys(Backend, 0)
        for capture in captures:
            in_vain = None
            if capture.shadow is None and not capture.skipped and capture.method in SAFE_METHODS:
                backend = capture.authoritative.other
                in_vain = self.mirrors[backend].in_vain(ahead[backend])
                ahead[backend] += in_vain is None
            shed.append(in_vain)
        return shed

    async def _complete(self, capture: Capture, after_s: float) -> Exchange | Shed:
        try:
            if after_s > 0:
                await asyncio.sleep(after_s)
            return await self._exchange(capture)
        except Exception as error:  # noqa: BLE001 -- one capture at fault must not cost the others their outcome
            log.warning("completing_failed", endpoint=capture.endpoint, error=type(error).__name__)
            return not_completed(capture)

    async def _exchange(self, capture: Capture) -> Exchange | Shed:
        fields = pairs(line for line in capture.head.split(b"\r\n") if line)
        client = token(self._sticky.key(fields, capture.address), self._token_key)
        answer = self._observation(
            capture.answer_head, capture.status, capture.duration_s, capture.answer_body
        )
        if capture.skipped:
            return exchange_of(capture, client, answer, Observation(), skipped=capture.skipped)
        if capture.method not in SAFE_METHODS:
            return await self._checked(capture, client, answer)
        if capture.shadow is not None:
            if not self._budget.take(len(capture.shadow.body)):
                return Shed("shadow_queue")
            raced = self._overlapped(capture.domain, capture.mark)
            return exchange_of(capture, client, answer, capture.shadow, raced=raced)
        answered = await self._ask(capture.authoritative.other, capture)
        if isinstance(answered, Shed):
            return answered
        shadow, overflow = answered
        try:
            raced = self._overlapped(capture.domain, capture.mark)
            return exchange_of(capture, client, answer, shadow, raced=raced, skipped=overflow)
        except BaseException:
            self._budget.give_back(len(shadow.body))
            raise

    async def _checked(self, capture: Capture, client: str, answer: Observation) -> Exchange | Shed:
        """What checking a write comes to; it was rehearsed before, or is read back now."""
        if capture.rehearsal is not None:
            return await self._rehearsed.exchange(capture, capture.rehearsal, client, answer)
        return await self._write_checks.read_back(capture, client, answer)

    async def _answer_again(self, backend: Backend, capture: Capture) -> Observation | str:
        answered = await self._ask(backend, capture)
        if isinstance(answered, Shed):
            return answered.reason
        observation, overflow = answered
        return overflow or observation

    async def _ask(self, backend: Backend, capture: Capture) -> tuple[Observation, str] | Shed:
        """What that backend did with a copy, and why its body was not kept; whoever gets it gives the body back."""
        answered = await self.mirrors[backend].ask(capture)
        if isinstance(answered, Shed):
            return answered
        reply, body = answered.reply, answered.body
        if reply.error:
            return Observation(error=reply.error, duration_s=reply.duration_s), ""
        try:
            kept = b"" if body.overflow else body.content
            return self._observation(reply.fields, reply.status, reply.duration_s, kept), body.overflow
        except BaseException:
            body.release()
            raise

    def _observation(self, block: bytes, status: int, duration_s: float, body: bytes) -> Observation:
        headers, query_count = self._headers.observed(block)
        return Observation(status, headers, body, duration_s, query_count)


def _held(exchange: Exchange) -> int:
    """What its answers hold: where a write is read back both were asked for, else the client's came with the capture."""
    size = len(exchange.shadow.body) + exchange.rows_bytes
    if exchange.check == WriteCheck.READ_BACK:
        size += len(exchange.observation(exchange.authoritative).body)
    return size
