"""Stages from an OpenFeature provider: copied into the flag table, one change a difference, and kept when it fails.

The provider is asked again and again by one process at a time. What it says is taken back at once; forward only when it
has said the same for a while, through `proxy.control`, with its verdicts and freeze windows. What a provider does when
it is broken (no answer, a default, a word that is no stage) changes nothing.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
import structlog

from parity.errors import StoreError
from proxy.control import Control
from proxy.errors import ConflictError, RefusedError, ShareError, StageError
from proxy.flag_rows import Change
from proxy.flag_store import FlagStore
from proxy.flags import DEFAULT_FLAG, Flag, FlagTable, check_step
from proxy.lease import Lease
from proxy.openfeature_states import KeyState, KeyStates, ProviderState
from proxy.openfeature_steps import ACTOR, Move, hear, move_of, overruling, wanted
from proxy.provider_answers import ProviderAnswer, Said, Source
from proxy.stages import Stage

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

LEASE = "openfeature"
_TTL_S = 15.0
RETRY_S = 30.0
"""How soon a step is tried again that a verdict or a freeze window refused."""
_MOVES = 3
_ACTOR_CHARS = 200


@dataclass(frozen=True, slots=True)
class OpenFeatureSettings:
    """`keys` maps domains and endpoints to flags of the provider; every time is in seconds."""

    keys: Mapping[str, str]
    poll_s: float = 5.0
    settle_s: float = 30.0
    stale_after_s: float = 60.0


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
        self._flags = flags
        self._control = control
        self._source = source
        self._settings = settings
        self._clock = clock
        self._actor = f"{ACTOR}{source.name}"[:_ACTOR_CHARS]
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
                after[key] = self._step(before, answers[flag])
            except Exception as error:  # noqa: BLE001  -- a verdict that cannot be had keeps no other flag from going back
                faults.append(error)
                after[key] = before
            self._tell(before, after[key])
        self._states.save(after.values())
        if faults:
            raise faults[0]
        return after

    def _step(self, before: KeyState, answer: ProviderAnswer) -> KeyState:
        heard = hear(before, answer, self._clock(), self._settings.stale_after_s)
        if not isinstance(answer, Said):
            return heard
        for _ in range(_MOVES):
            table = self._flags.table()
            flag = self._flag(table, before.key)
            match move_of(flag, answer):
                case Move.NONE:
                    return replace(heard, state=ProviderState.AGREES, agreed_version=table.version)
                case Move.FORWARD:
                    return self._forward(before, heard, answer, table)
                case Move.ROLL_BACK:
                    self._may_act()
                    self._changed(before.key, "back", self._roll_back(heard, answer))
                case Move.LESS_SHARE:
                    self._may_act()
                    share = wanted(flag, answer).canary_share
                    reason = _reason(heard, answer)
                    change = self._control.set_share(before.key, share, actor=self._actor, reason=reason)
                    self._changed(before.key, "back", change)
        return heard

    def _roll_back(self, heard: KeyState, said: Said) -> Change | None:
        return self._control.roll_back(
            heard.key, to=said.stage, actor=self._actor, reason=_reason(heard, said)
        )

    def _forward(self, before: KeyState, heard: KeyState, said: Said, table: FlagTable) -> KeyState:
        key = heard.key
        if hindrance := self._hindrance(before, heard, said, table):
            return hindrance
        self._may_act()
        share = said.canary_share if said.stage is Stage.CANARY else None
        reason = _reason(heard, said)
        try:
            change = self._control.advance(
                key, actor=self._actor, reason=reason, share=share, expected_version=table.version
            )
        except ConflictError:
            return heard
        except (RefusedError, StageError, ShareError) as error:
            return replace(heard, state=ProviderState.REFUSED, problem=str(error), tried_at=heard.checked_at)
        self._changed(key, "forward", change)
        return replace(heard, state=ProviderState.AGREES, agreed_version=change.version)

    def _hindrance(self, before: KeyState, heard: KeyState, said: Said, table: FlagTable) -> KeyState | None:
        """Why a step forward is not even tried now."""
        flag = self._flag(table, heard.key)
        try:
            check_step(heard.key, flag, wanted(flag, said))
        except StageError as error:
            return replace(heard, state=ProviderState.REFUSED, problem=str(error))
        if change := overruling(self._flags, heard.key, heard.agreed_version):
            return replace(heard, state=ProviderState.OVERRULED, problem=_overruled(change))
        if heard.checked_at - heard.said_since < self._settings.settle_s:
            return heard
        if heard.tried_at and heard.checked_at - heard.tried_at < RETRY_S:
            return replace(heard, state=ProviderState.REFUSED, problem=before.problem)
        return None

    def _may_act(self) -> None:
        """Whoever was stopped since it asked must ask again. Raises ConflictError."""
        if not self._lease.hold():
            raise ConflictError("another process takes stages from the provider now")

    def _changed(self, key: str, direction: str, change: Change | None) -> None:
        if change is None:
            return
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

    def _flag(self, table: FlagTable, key: str) -> Flag:
        return table.rows.get(key) or table.rows.get(self._flags.domain_of(key)) or DEFAULT_FLAG


def _reason(state: KeyState, said: Said) -> str:
    return f"flag {state.flag} says {said}"


def _overruled(change: Change) -> str:
    return (
        f"{change.actor} took it back in version {change.version} ({change.reason}); "
        "it goes forward again when the provider has agreed with that once, or somebody advances it"
    )
