"""Confirmation: reads that differ are asked again at both backends before they are called a mismatch, within bounds.

A small share of the reads that match is asked again, too: what noise is learned from. The copies are no requests: they
are counted apart, and what they took is in no number of latency.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import structlog

from parity.allowance import Allowance, ConfirmSettings
from parity.bodies import BOUNDS, Bounds
from parity.completing import Again, SecondAsking, Shed
from parity.errors import fault_of
from parity.exchange import Capture, Exchange
from parity.outcome import Comparison, Outcome
from parity.rules import RuleBook
from parity.settle import SERVER_ERROR, AskedAgain, Settled, settle, unsettled

Asked = Mapping[int, Again | str]
"""By place in the batch: the second answers, or the word why there are none."""

FAULT = "confirming_failed"

_PART = 0.5
"""Of the floor and the burst, what one endpoint may take: the others must not go without."""

_log = structlog.get_logger("parity")


@dataclass(slots=True)
class _Endpoint:
    """What one endpoint may still ask."""

    allowance: Allowance
    noise_due: float = 0.0


class Confirmer:
    """Asks again what is to be confirmed, on the event loop; `settle` is for the thread that compares."""

    def __init__(
        self,
        backends: SecondAsking,
        settings: ConfirmSettings,
        clock: Callable[[], float] = time.monotonic,
        *,
        bounds: Bounds = BOUNDS,
    ) -> None:
        self._bounds = bounds
        self._backends = backends
        self._settings = settings
        self._clock = clock
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._overall = self._allowance(1.0)
        self._endpoints: dict[str, _Endpoint] = {}

    async def ask(
        self,
        captures: Sequence[Capture],
        completed: Sequence[Exchange | Shed],
        comparisons: Sequence[Comparison],
    ) -> Asked:
        """Ask again what differs and a share of what matches, all at once as far as the bounds let them."""
        asked: dict[int, Again | str] = {}
        wanted: list[int] = []
        for place, (capture, one, comparison) in enumerate(
            zip(captures, completed, comparisons, strict=True)
        ):
            refused = "" if isinstance(one, Shed) else self._refused(capture, one, comparison)
            if refused:
                asked[place] = refused
            elif refused is not None and not isinstance(one, Shed):
                wanted.append(place)

        async def answer(place: int) -> None:
            asked[place] = await self._ask(captures[place])

        try:
            await asyncio.gather(*(answer(place) for place in wanted))
        except BaseException:
            self.release(asked)
            raise
        return asked

    def settle(
        self,
        asked: Asked,
        completed: Sequence[Exchange | Shed],
        comparisons: Sequence[Comparison],
        *,
        rules: RuleBook,
        plain: RuleBook,
        today: date,
    ) -> tuple[list[Comparison], AskedAgain]:
        """The comparisons as the second answers leave them, and what is to be recorded beside them."""
        settled, beside = list(comparisons), AskedAgain()
        for place, again in asked.items():
            exchange = completed[place]
            if isinstance(exchange, Shed):
                continue
            found = self._settled(exchange, comparisons[place], again, rules, plain, today)
            settled[place] = found.comparison
            beside.add(exchange.endpoint, found)
        return settled, beside

    def release(self, asked: Asked) -> None:
        """These are settled: what their answers held is free."""
        for again in asked.values():
            if isinstance(again, Again):
                self._backends.release_again(again)

    def _refused(self, capture: Capture, exchange: Exchange, comparison: Comparison) -> str | None:
        """Why this one is not asked again although it is wanted; empty: it is asked; None: nobody wants it."""
        endpoint = self._endpoint(exchange.endpoint)
        self._overall.seen()
        endpoint.allowance.seen()
        match comparison.outcome:
            case Outcome.MATCH:
                return self._noise_refused(capture, exchange, endpoint)
            case Outcome.MISMATCH:
                return self._confirmation_refused(capture, exchange, endpoint)
            case _:
                return None

    def _confirmation_refused(self, capture: Capture, exchange: Exchange, endpoint: _Endpoint) -> str:
        if not self._settings.share:
            return "off"
        if refused := self._backends.forbids(capture):
            return refused
        if max(exchange.legacy.status, exchange.modern.status) >= SERVER_ERROR:
            return "server_error"  # no data that moves makes a backend fail
        if not (endpoint.allowance.has_one and self._overall.has_one):
            return "rate"
        endpoint.allowance.take()
        self._overall.take()
        return ""

    def _noise_refused(self, capture: Capture, exchange: Exchange, endpoint: _Endpoint) -> str | None:
        if exchange.raced or self._backends.forbids(capture):
            return None
        endpoint.noise_due += self._settings.noise_share
        if endpoint.noise_due < 1:
            return None
        endpoint.noise_due -= 1
        return ""

    async def _ask(self, capture: Capture) -> Again | str:
        try:
            async with asyncio.timeout(self._settings.wait_s):
                await self._slots.acquire()
        except TimeoutError:
            return "busy"
        try:
            return await self._backends.ask_again(capture)
        except Exception as error:  # noqa: BLE001  the books must balance whatever asking does
            _log.error("confirming_failed", endpoint=capture.endpoint, fault=fault_of(error))
            return FAULT
        finally:
            self._slots.release()

    def _settled(
        self,
        exchange: Exchange,
        comparison: Comparison,
        again: Again | str,
        rules: RuleBook,
        plain: RuleBook,
        today: date,
    ) -> Settled:
        if isinstance(again, str):
            return unsettled(comparison, again)
        try:
            return settle(
                exchange, comparison, again, rules=rules, plain=plain, today=today, bounds=self._bounds
            )
        except Exception as error:  # noqa: BLE001  the books must balance whatever a backend sends
            _log.error("confirming_failed", endpoint=exchange.endpoint, fault=fault_of(error))
            return unsettled(comparison, FAULT)

    def _endpoint(self, name: str) -> _Endpoint:
        found = self._endpoints.get(name)
        if found is None:
            found = self._endpoints[name] = _Endpoint(self._allowance(_PART))
        return found

    def _allowance(self, part: float) -> Allowance:
        settings = self._settings
        most = max(1.0, settings.burst * part)
        return Allowance(
            settings.share, settings.floor_per_s * part, most, begins_with=most, clock=self._clock
        )
