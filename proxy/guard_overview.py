"""How all guards stand, for people: what each sees now, where it stands, who watches, and how notifications went."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from parity.database import complete_tables, storing
from proxy.guard import ACTOR
from proxy.guard_judge import GuardState, Watched
from proxy.guard_states import METADATA, Kept, Key, read_states
from proxy.guard_survey import Seen, Survey, Surveyor
from proxy.guards import holding
from proxy.notification_queue import NotificationQueue, Sent


class Shown(StrEnum):
    """Where a guard stands when it is none of `GuardState`."""

    IDLE = "idle"
    """It does not watch at this stage."""
    LATCHED = "latched"
    """A guard rolled the domain back; it stays there until somebody advances it."""
    STARTING = "starting"
    """Nobody has looked yet since its domain's flags were changed."""
    UNWATCHED = "unwatched"
    """No process looks."""


@dataclass(frozen=True, slots=True)
class GuardLine:
    """One guard of one domain; `held` is how many looks on end found it exceeded, `note` why it stands as it does."""

    seen: Seen
    state: GuardState | Shown
    held: int
    note: str = ""

    @property
    def is_alarming(self) -> bool:
        """Whether somebody should look at it: it is breached, or nobody can say that it is not."""
        return self.state in {GuardState.BREACHED, GuardState.CANNOT_TELL, Shown.UNWATCHED}


@dataclass(frozen=True, slots=True)
class GuardOverview:
    """All guards; `holder` is the process that watches, empty if none does."""

    survey: Survey
    holder: str
    lines: tuple[GuardLine, ...]
    sent: tuple[Sent, ...]


def overview(
    engine: sa.Engine,
    surveyor: Surveyor,
    queue: NotificationQueue,
    *,
    clock: Callable[[], float] = time.time,
) -> GuardOverview:
    """Everything now. Raises `FlagStoreError` or StoreError."""
    survey = surveyor.survey()
    holder = holding(engine, clock=clock)
    sent = tuple(queue.summary())
    with storing("read the states of guards"):
        complete_tables(engine, METADATA)
        with engine.connect() as connection:
            states = read_states(connection)
    return GuardOverview(survey, holder, tuple(_line(seen, states, holder) for seen in survey.seen), sent)


def _line(seen: Seen, states: dict[Key, Kept], holder: str) -> GuardLine:
    change = seen.change
    if seen.look is None:
        if change is not None and change.actor.startswith(ACTOR):
            when = f"{change.changed_at:%Y-%m-%d %H:%M:%S} UTC"
            return GuardLine(seen, Shown.LATCHED, 0, f"{change.actor} rolled back at {when}: {change.reason}")
        return GuardLine(seen, Shown.IDLE, 0)
    if not holder:
        return GuardLine(seen, Shown.UNWATCHED, 0)
    kept = states.get((seen.domain, seen.guard.measure))
    is_known = kept is not None and kept.changed_version == seen.changed_version
    watched = kept.watched if kept is not None and is_known else Watched(GuardState.WATCHING, 0.0)
    # what is seen to be exceeded is, whatever else is not seen
    if seen.look.blind and not watched.held:
        return GuardLine(seen, GuardState.CANNOT_TELL, 0, seen.look.blind)
    state = watched.state if is_known else Shown.STARTING
    return GuardLine(seen, state, watched.held, seen.look.blind)
