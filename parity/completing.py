"""The seam to whoever asks the shadow: captures in, an exchange or the reason for shedding it out for each."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from parity.exchange import Backend, Capture, Exchange, Observation


class Shed(msgspec.Struct, frozen=True):
    """A capture whose copy was not sent because a bound was reached: `shadow_queue`, `shadow_down`, `shadow_limit`."""

    reason: str


class Shadow(Protocol):
    """The way to both shadow backends, from a parity worker."""

    async def complete(self, captures: Sequence[Capture]) -> list[Exchange | Shed]:
        """One result for each capture, in their order, within a bounded time; a shadow at fault is no exception."""
        ...

    def release(self, completed: Sequence[Exchange | Shed]) -> None:
        """These are recorded: what they held is free."""
        ...


class Again(msgspec.Struct, frozen=True):
    """What both backends did with a read that they were asked a second time, as copies.

    A word stands where a copy was not sent (`shadow_limit`, …) or its answer was not kept (`body_too_large`). `raced`:
    a write to the same domain was in flight since the read began.
    """

    legacy: Observation | str
    modern: Observation | str
    raced: bool = False


class SecondAsking(Protocol):
    """The way to both backends for reads that are asked again; everything goes as a copy, authoritative or not."""

    def forbids(self, capture: Capture) -> str:
        """The word why that request may never be sent again (`not_a_read`, `never`); empty: it may."""
        ...

    async def ask_again(self, capture: Capture) -> Again:
        """Ask both at once, within a bounded time; a backend at fault is no exception."""
        ...

    def release_again(self, again: Again) -> None:
        """Its answers are compared: what they held is free."""
        ...


def exchange_of(
    capture: Capture,
    client: str,
    answer: Observation,
    shadow: Observation,
    *,
    raced: bool = False,
    skipped: str = "",
) -> Exchange:
    """The exchange of a capture: `answer` is what its client got, `shadow` what the shadow backend did."""
    is_legacy = capture.authoritative is Backend.LEGACY
    return Exchange(
        id=capture.id,
        endpoint=capture.endpoint,
        domain=capture.domain,
        method=capture.method,
        target=capture.target,
        client=client,
        stage=capture.stage,
        authoritative=capture.authoritative,
        legacy=answer if is_legacy else shadow,
        modern=shadow if is_legacy else answer,
        at=capture.at,
        raced=raced,
        skipped=skipped,
    )


def not_completed(capture: Capture) -> Exchange:
    """What becomes of a capture when we have a fault of our own: its books must balance all the same."""
    return exchange_of(capture, "", Observation(), Observation(), skipped="completing_failed")
