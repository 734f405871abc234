"""Stages from an OpenFeature provider: copied into the flag table, one change a difference, and kept when it fails.

The provider is asked again and again by one process at a time. What it says is taken back at once; forward only when it
has said the same for a while, through `proxy.control`, with its verdicts and freeze windows. What a provider does when
it is broken (no answer, a default, a word that is no stage) changes nothing.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog

from parity.errors import StoreError
from proxy.control import Control
from proxy.errors import ConflictError
from proxy.flag_rows import Change
from proxy.flag_store import FlagStore
from proxy.lease import Lease
from proxy.openfeature_copier import Copier
from proxy.openfeature_states import KeyState, KeyStates
from proxy.openfeature_steps import ACTOR
from proxy.provider_answers import ProviderAnswer, Source
from proxy.settings import OpenFeatureSettings

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

LEASE = "openfeature"
_TTL_S = 15.0
_ACTOR_CHARS = 200


@dataclass(slots=True)
class Figures:
    """What this process has seen and done, for metrics; the states are empty while another process watches."""

    states: dict[str, KeyState] = field(default_factory=dict)
    changes: dict[tuple[str, str], int] = field(default_factory=dict)
    """By key and `forward` or `back`."""


class OpenFeatureWatch:
    """Asks and copies while it holds the lease; `run` ends when it is cancelled. `holder` names this process."""

    def __init__(
        self,
        engine: sa.Engine,
        flags: FlagStore,
        control: Control,
        source: Source,
        settings: OpenFeatureSettings,
        *,
        holder: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._settings = settings
        actor = f"{ACTOR}{source.name}"[:_ACTOR_CHARS]
        self._copier = Copier(
            flags, control, settings, actor, may_act=self._may_act, changed=self._changed, clock=clock
        )
        self._states = KeyStates(engine, source.name)
        self._lease = Lease(engine, LEASE, holder, max(_TTL_S, 3 * settings.poll_s), clock=clock)
        self._is_lost = False
        self.figures = Figures()

    async def run(self) -> None:
        """Ask and copy until cancelled."""
        try:
            while True:
                await self._round()
                await asyncio.sleep(self._settings.poll_s)
        finally:
            await self._source.close()
            with suppress(StoreError):
                await asyncio.to_thread(self._lease.release)

    async def poll(self) -> bool:
        """One round: ask for every flag, do what follows; False if another process holds the lease.

        Raises StoreError or `ProxyError` when the store refuses: what was done is in the ledger, the next round goes on.
        """
        if not await asyncio.to_thread(self._lease.hold):
            self.figures.states = {}
            return False
        answers = await self._source.ask(list(dict.fromkeys(self._settings.keys.values())))
        self.figures.states = await asyncio.to_thread(self._take, answers)
        return True

    async def _round(self) -> None:
        try:
            await self.poll()
        except Exception as error:  # noqa: BLE001  -- whatever it is: the flags stay, and it looks again
            if not self._is_lost:
                problem = str(error).strip() or type(error).__name__
                log.warning("openfeature_cannot_look", error=problem)
            self._is_lost = True
            return
        if self._is_lost:
            log.info("openfeature_looks_again")
        self._is_lost = False

    def _take(self, answers: Mapping[str, ProviderAnswer]) -> dict[str, KeyState]:
        known = self._states.read()
        after: dict[str, KeyState] = {}
        faults: list[Exception] = []
        for key, flag in self._settings.keys.items():
            before = known.get(key)
            if before is None or before.flag != flag:
                before = KeyState(key, flag)
            try:
                after[key] = self._copier.copy(before, answers[flag])
            except Exception as error:  # noqa: BLE001  -- a verdict that cannot be had keeps no other flag from going back
                faults.append(error)
                after[key] = before
            self._tell(before, after[key])
        self._states.save(after.values())
        if faults:
            raise faults[0]
        return after

    def _may_act(self) -> None:
        """Whoever was stopped since it asked must ask again. Raises ConflictError."""
        if not self._lease.hold():
            raise ConflictError("another process takes stages from the provider now")

    def _changed(self, key: str, direction: str, change: Change) -> None:
        changes = self.figures.changes
        changes[key, direction] = changes.get((key, direction), 0) + 1
        log.info("openfeature_changed", key=key, version=change.version, reason=change.reason)

    def _tell(self, before: KeyState, after: KeyState) -> None:
        is_as_before = after.state is before.state and (
            not after.state.is_alarming or after.problem == before.problem
        )
        if is_as_before:
            return
        tell = log.warning if after.state.is_alarming else log.info
        tell(
            "openfeature",
            key=after.key,
            flag=after.flag,
            state=after.state.value,
            said=None if after.said is None else str(after.said),
            problem=after.problem,
        )


def watching(engine: sa.Engine) -> str:
    """Who asks the provider now; empty: nobody. Raises StoreError."""
    return Lease(engine, LEASE, "", _TTL_S).holder()
