"""How looks on end become a deed: hysteresis, cool-down, and what happens while a guard cannot tell. Pure functions."""

from dataclasses import dataclass, replace
from enum import StrEnum

from proxy.guard import Action, Blindness, Guard, GuardSettings
from proxy.guard_look import Look

RELEASE = 0.8
"""A guard that was exceeded counts anew only under this share of its limit: around the limit itself nothing changes."""


class GuardState(StrEnum):
    """How a guard stands."""

    WATCHING = "watching"
    """Within its limit."""
    TOO_FEW = "too_few"
    """Fewer samples in its window than it must have."""
    HOLDING = "holding"
    """Exceeded, and not yet as often as it must be."""
    BREACHED = "breached"
    """Exceeded as often as it must be."""
    CANNOT_TELL = "cannot_tell"
    """What it is judged by is missing."""


class Deed(StrEnum):
    """What is to be done after a look."""

    ROLL_BACK = "roll_back"
    NOTIFY = "notify"
    NOTIFY_BLIND = "notify_blind"
    ROLL_BACK_BLIND = "roll_back_blind"


@dataclass(frozen=True, slots=True)
class Watched:
    """Where one guard of one domain stands, since when (Unix time), and how many looks on end found it exceeded.

    `notified_at` is when its breach was told last, `blind_at` when it was told that it cannot tell.
    """

    state: GuardState
    since: float
    held: int = 0
    notified_at: float | None = None
    blind_at: float | None = None


def step(
    guard: Guard, action: Action, found: Look, before: Watched | None, now: float, settings: GuardSettings
) -> tuple[Watched, Deed | None]:
    """Where the guard stands after one more look, and what is to be done; `action` is that of the present stage."""
    was = before or Watched(GuardState.WATCHING, now)
    has_enough = found.value is not None and found.samples >= guard.min_samples
    exceeded = has_enough and found.floor > guard.limit
    if found.blind and not exceeded:
        return _blind(guard, action, _become(was, GuardState.CANNOT_TELL, was.held, now), now, settings)
    if not has_enough:
        return _become(was, GuardState.TOO_FEW, 0, now), None
    if exceeded:
        return _exceed(guard, action, was, now)
    nears = was.held > 0 and found.value is not None and found.value > guard.limit * RELEASE
    held = was.held if nears else 0
    return _become(was, _state(guard, held), held, now), None


def _exceed(guard: Guard, action: Action, was: Watched, now: float) -> tuple[Watched, Deed | None]:
    held = min(was.held + 1, guard.looks)
    after = _become(was, _state(guard, held), held, now)
    if after.state is not GuardState.BREACHED:
        return after, None
    if action is Action.ROLL_BACK and not guard.dry_run:
        return after, Deed.ROLL_BACK
    if _is_over(after.notified_at, guard.cool_down_s, now):
        return replace(after, notified_at=now), Deed.NOTIFY
    return after, None


def _blind(
    guard: Guard, action: Action, after: Watched, now: float, settings: GuardSettings
) -> tuple[Watched, Deed | None]:
    if now - after.since < settings.blind_s or settings.blind is Blindness.NOTHING:
        return after, None
    if settings.blind is Blindness.ROLL_BACK and action is Action.ROLL_BACK and not guard.dry_run:
        return after, Deed.ROLL_BACK_BLIND
    if _is_over(after.blind_at, guard.cool_down_s, now):
        return replace(after, blind_at=now), Deed.NOTIFY_BLIND
    return after, None


def _become(was: Watched, state: GuardState, held: int, now: float) -> Watched:
    return replace(was, state=state, held=held, since=was.since if was.state is state else now)


def _state(guard: Guard, held: int) -> GuardState:
    if not held:
        return GuardState.WATCHING
    return GuardState.BREACHED if held >= guard.looks else GuardState.HOLDING


def _is_over(last: float | None, cool_down_s: float, now: float) -> bool:
    return last is None or now - last >= cool_down_s
