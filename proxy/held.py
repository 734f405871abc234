"""A write that is held back until modern has rehearsed it, or the time for that is up; then it goes its way as any.

Nothing of it is sent to legacy before. Its body has to be whole for that, within the bound of what is captured.
"""

from collections.abc import Callable
from time import perf_counter

import structlog

from parity.exchange import Rehearsal
from proxy.captures import NO_ROOM, KeptBody
from proxy.refusals import Refusal
from proxy.rehearsals import ABANDONED, ANSWERED, LARGE_BODY, LIMIT
from proxy.wire.forwarding import Forwarding
from proxy.wire.framing import Content

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class HeldForwarding(Forwarding):
    """A request that was drawn for a rehearsal. While it is held back it waits, as for a connection."""

    _held: KeptBody | None = None
    """Its body so far, as long as it is held back."""
    _is_released: bool = False
    _break_off: Callable[[], object] | None = None
    _whole_at: float = 0.0

    def body(self, content: Content) -> None:
        """More of it; with too much of it the request goes on."""
        super().body(content)
        held = self._held
        if held is not None and not held.add(content):
            self._go_on(Rehearsal(shed=LIMIT) if held.overflow == NO_ROOM else None)

    def body_ended(self) -> None:
        """Now it can be rehearsed."""
        super().body_ended()
        self._rehearse()

    def _send(self) -> None:
        """Hold it back, the first time."""
        rehearser = self._edge.rehearser
        if self._is_released or rehearser is None:
            super()._send()
        elif refusal := rehearser.refusal(self._admission.way.name):
            self._go_on(Rehearsal(shed=refusal))
        else:
            self._is_waiting = True
            self._held = held = rehearser.kept_body()
            if not all(held.add(content) for content in self._pending):
                self._go_on(Rehearsal(shed=LIMIT))
            elif self._request_is_whole:
                self._rehearse()

    def _drop(self) -> None:
        """Nothing was sent to legacy, and nothing will be."""
        if self._held is None:
            super()._drop()
            return
        self._is_waiting = False
        self._let_go(ABANDONED)
        break_off, self._break_off = self._break_off, None
        if break_off is not None:
            break_off()

    def _rehearse(self) -> None:
        held, rehearser = self._held, self._edge.rehearser
        if held is None or rehearser is None:
            return
        self._whole_at = perf_counter()
        begun = rehearser.begin(self._admission, held.content, self._answered)
        if isinstance(begun, str):
            self._go_on(Rehearsal(shed=begun))
        else:
            self._break_off = begun

    def _answered(self, rehearsal: Rehearsal, body: KeptBody) -> None:
        """Modern has answered, or the time is up."""
        self._break_off = None
        rehearser, rehearsed = self._edge.rehearser, self._admission.rehearsed
        if rehearser is None or rehearsed is None:
            raise RuntimeError("a rehearsal of a request that was not drawn for one")
        rehearsed.body = body
        rehearsed.delay_s = perf_counter() - self._whole_at
        rehearser.results.delayed(self._admission.way.name, rehearsed.delay_s)
        try:
            self._go_on(rehearsal)
        except Exception:
            log.exception("request_failed")
            self.body_refused(Refusal.INTERNAL)

    def _go_on(self, rehearsal: Rehearsal | None) -> None:
        """To legacy, with or without having been rehearsed."""
        self._is_waiting = False
        self._is_released = True
        if self._admission.rehearsed is not None:
            self._admission.rehearsed.rehearsal = rehearsal
        self._let_go(LARGE_BODY if rehearsal is None else rehearsal.shed or rehearsal.error or ANSWERED)
        super()._send()

    def _let_go(self, result: str) -> None:
        """Of the body; and say what became of the rehearsal."""
        held, self._held = self._held, None
        if held is not None:
            held.release()
        if self._edge.rehearser is not None:
            self._edge.rehearser.results.ended(self._admission.way.name, result)
