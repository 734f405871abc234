"""A plane that has every write rehearsed, and a modern backend that rehearses, or pretends to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from parity.exchange import Capture, Rehearsal
from proxy.rehearsal_client import RehearsalClient
from proxy.rehearsal_results import RehearsalResults
from proxy.rehearsals import Rehearser
from proxy.settings import MirrorSettings, WriteCheck, WriteCheckSettings
from proxy.signature import proof_of
from proxy.stages import Stage
from tests.proxy.rig import QUICK_MIRROR, SECRET
from tests.proxy.wire.rig import Rig, planed
from tests.support.backends import Behaviour, Seen, answering

WRITE_SET = '[{"table":"escrows","op":"insert","key":"1","columns":["city"]}]'
REHEARSED = answering(
    b'{"id":"rehearsed"}',
    status="201 Created",
    headers=(("Content-Type", "application/json"), ("X-Write-Set", WRITE_SET)),
)
"""The answer to a rehearsal as it should be."""


def rehearsing(rehearsed: Behaviour = REHEARSED, *, secret: str = SECRET) -> Behaviour:
    """Proves that it rehearses, and does so."""

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        if seen.method != "OPTIONS":
            return await rehearsed(seen, writer)
        proof = proof_of(secret.encode(), seen.header("X-Crossfade-Signature") or "")
        return await answering(status="204 No Content", headers=(("x-crossfade-rehearses", proof),))(
            seen, writer
        )

    return behave


def rehearsing_settings(**changes: Any) -> WriteCheckSettings:
    """Every write is rehearsed, with time for a machine that does something else for a moment."""
    return WriteCheckSettings(
        **{
            "check": WriteCheck.REHEARSE,
            "rehearse_share": 1.0,
            "rehearse_within_s": 5.0,
            **changes,
        }
    )


@asynccontextmanager
async def rehearsed(
    stage: Stage = Stage.SHADOW,
    *,
    behaviour: Behaviour | None = None,
    mirror: MirrorSettings = QUICK_MIRROR,
    checks: dict[str, Any] | None = None,
    **changes: Any,
) -> AsyncIterator[Rig]:
    """A plane whose edge has writes rehearsed, and a modern that rehearses, if nothing else is said."""
    settings = rehearsing_settings(**(checks or {}))
    async with planed(stage, shadow_secret=SECRET, write_checks=settings, mirror=mirror, **changes) as rig:
        rig.modern.behaviour = behaviour or rehearsing()
        rehearser = Rehearser(
            RehearsalClient(rig.settings.modern_url, rig.settings),
            rig.settings,
            budget=rig.edge.budget,
            results=RehearsalResults(),
        )
        rig.edge.rehearser = rehearser
        try:
            yield rig
        finally:
            await rehearser.close()


def results_of(rig: Rig) -> RehearsalResults:
    """What was counted of its rehearsals."""
    assert rig.edge.rehearser is not None
    return rig.edge.rehearser.results


def by_result(results: RehearsalResults) -> dict[str, float]:
    """How many writes had which result, over all endpoints."""
    totals: dict[str, float] = {}
    for family in results.families():
        for sample in family.samples:
            if sample.name == "crossfade_proxy_rehearsals_total":
                result = sample.labels["result"]
                totals[result] = totals.get(result, 0) + sample.value
    return totals


def held_back(results: RehearsalResults) -> tuple[int, float]:
    """How many writes were held back while modern was asked, and for how many seconds together."""
    found = {"count": 0.0, "sum": 0.0}
    for family in results.families():
        for sample in family.samples:
            kind = sample.name.removeprefix("crossfade_proxy_rehearsal_seconds_")
            if kind in found:
                found[kind] += sample.value
    return int(found["count"]), found["sum"]


def rehearsal_of(capture: Capture) -> Rehearsal:
    """What became of its rehearsal."""
    assert capture.rehearsal is not None
    return capture.rehearsal


def copies(rig: Rig) -> list[Seen]:
    """The writes that modern got."""
    return [seen for seen in rig.modern.seen if seen.method != "OPTIONS"]
