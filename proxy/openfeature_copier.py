"""Copies what an OpenFeature provider says of one flag into the flag table, as far as that may be."""

import time
from collections.abc import Callable
from dataclasses import replace

from proxy.control import Control
from proxy.errors import ConflictError, RefusedError, ShareError, StageError
from proxy.flag_rows import Change
from proxy.flag_store import FlagStore
from proxy.flags import DEFAULT_FLAG, Flag, FlagTable, check_step
from proxy.openfeature_states import KeyState, ProviderState
from proxy.openfeature_steps import Move, hear, move_of, overruling, wanted
from proxy.provider_answers import ProviderAnswer, Said
from proxy.settings import OpenFeatureSettings
from proxy.stages import Stage

RETRY_S = 30.0
"""How soon a step is tried again that a verdict or a freeze window refused."""
_MOVES = 3


class Copier:
    """Moves one flag after the other. `may_act` raises when another process has taken over; `changed` is told of each change.

    `changed` gets the key, `forward` or `back`, and the entry of the ledger.
    """

    def __init__(
        self,
        flags: FlagStore,
        control: Control,
        settings: OpenFeatureSettings,
        actor: str,
        *,
        may_act: Callable[[], None] = lambda: None,
        changed: Callable[[str, str, Change], None] = lambda _key, _direction, _change: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._flags = flags
        self._control = control
        self._settings = settings
        self._actor = actor
        self._may_act = may_act
        self._changed = changed
        self._clock = clock

    def copy(self, before: KeyState, answer: ProviderAnswer) -> KeyState:
        """The state after that answer, and after what follows from it. Raises StoreError or `ProxyError` of the store."""
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
                case Move.ROLL_BACK | Move.LESS_SHARE as move:
                    self._may_act()
                    if change := self._back(move, heard, answer, flag):
                        self._changed(before.key, "back", change)
        return heard

    def _back(self, move: Move, heard: KeyState, said: Said, flag: Flag) -> Change | None:
        reason = _reason(heard, said)
        if move is Move.ROLL_BACK:
            return self._control.roll_back(heard.key, to=said.stage, actor=self._actor, reason=reason)
        share = wanted(flag, said).canary_share
        return self._control.set_share(heard.key, share, actor=self._actor, reason=reason)

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

    def _flag(self, table: FlagTable, key: str) -> Flag:
        return table.rows.get(key) or table.rows.get(self._flags.domain_of(key)) or DEFAULT_FLAG


def _reason(state: KeyState, said: Said) -> str:
    return f"flag {state.flag} says {said}"


def _overruled(change: Change) -> str:
    return (
        f"{change.actor} took it back in version {change.version} ({change.reason}); "
        "it goes forward again when the provider has agreed with that once, or somebody advances it"
    )
