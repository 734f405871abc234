"""What follows from what an OpenFeature provider says: back at once, forward only by steps that may be gone."""

from dataclasses import replace
from enum import Enum, auto

from proxy.flag_rows import Change
from proxy.flag_store import FlagStore
from proxy.flags import Flag, is_forward
from proxy.last_changes import changes_since
from proxy.openfeature_states import KeyState, ProviderState
from proxy.provider_answers import NoAnswer, ProviderAnswer, Said
from proxy.stages import Stage

ACTOR = "openfeature:"
"""How the ledger's name of whoever copies stages begins; the provider's follows."""


class Move(Enum):
    """What would make a flag what the provider says."""

    NONE = auto()
    ROLL_BACK = auto()
    LESS_SHARE = auto()
    FORWARD = auto()


def wanted(flag: Flag, said: Said) -> Flag:
    """The flag as the provider says it; `canary` without a share keeps its own."""
    share = said.canary_share if said.stage is Stage.CANARY else None
    return replace(flag, stage=said.stage, canary_share=flag.canary_share if share is None else share)


def move_of(flag: Flag, said: Said) -> Move:
    """What it takes. Back to `canary` is one move, its share another."""
    after = wanted(flag, said)
    if is_forward(flag, after):
        return Move.FORWARD
    if flag.stage.is_further_than(after.stage):
        return Move.ROLL_BACK
    return Move.NONE if after == flag else Move.LESS_SHARE


def hear(before: KeyState, answer: ProviderAnswer, now: float, stale_after_s: float) -> KeyState:
    """The state after an answer, before anything was done. Silence of us or of the provider ends what it said."""
    match answer:
        case NoAnswer(problem):
            since = now if before.silent_since is None else before.silent_since
            is_stale = now - since >= stale_after_s
            state = ProviderState.FROZEN if is_stale else ProviderState.UNANSWERED
            return replace(before, state=state, silent_since=since, problem=problem, checked_at=now)
        case Said():
            is_broken = before.silent_since is not None or now - before.checked_at > stale_after_s
            is_new = is_broken or answer != before.said
            return replace(
                before,
                state=ProviderState.SETTLING,
                said=answer,
                said_since=now if is_new else before.said_since,
                silent_since=None,
                problem="",
                tried_at=0.0 if is_new else before.tried_at,
                checked_at=now,
            )


def overruling(flags: FlagStore, key: str, agreed_version: int) -> Change | None:
    """The change by which somebody took this flag back after that version, if it is the last one of the flag."""
    names = {key, flags.domain_of(key)}
    for change in changes_since(flags, agreed_version):
        direction = _direction(change, names)
        if direction is not None:
            return change if direction < 0 and not change.actor.startswith(ACTOR) else None
    return None


def _direction(change: Change, names: set[str]) -> int | None:
    """Whether it took one of these forward (1) or back (-1), or neither (None)."""
    for row in change.rows:
        if row.key not in names:
            continue
        if change.action == "rollback" or (row.before is not None and is_forward(row.after, row.before)):
            return -1
        if row.before is None or is_forward(row.before, row.after):
            return 1
    return None
