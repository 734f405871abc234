"""How far a domain has come, and what that means for one request: a table (design.md section 4)."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

from parity.exchange import Backend
from proxy.errors import StageError


@unique
class Stage(StrEnum):
    """How far a domain has come; the order of the members is the order of the way."""

    OFF = "off"
    """Legacy serves everything, modern sees nothing."""
    SHADOW = "shadow"
    """Legacy serves everything, modern gets a copy of the sampled reads."""
    CANARY = "canary"
    """Modern serves the canary share of the clients, legacy the others; the other backend gets the copies."""
    LIVE = "live"
    """Modern serves everything, legacy gets the copies, so that rolling back stays proven."""
    COMPLETE = "complete"
    """Modern serves everything, legacy sees nothing."""

    @property
    def position(self) -> int:
        """0 for `off` to 4 for `complete`."""
        return _POSITIONS[self]

    @property
    def next(self) -> "Stage | None":
        """The stage that follows, None after `complete`."""
        return _ORDER[self.position + 1] if self.position + 1 < len(_ORDER) else None

    def is_further_than(self, other: "Stage") -> bool:
        """Whether this stage comes later on the way."""
        return self.position > other.position

    @classmethod
    def parse(cls, word: str) -> "Stage":
        """The stage of that name; raises `StageError` with the names there are."""
        try:
            return cls(word)
        except ValueError:
            close = difflib.get_close_matches(word.lower(), list(cls), n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise StageError(f"there is no stage {word!r}{hint} (stages: {', '.join(cls)})") from None


_ORDER = tuple(Stage)
_POSITIONS = {stage: position for position, stage in enumerate(_ORDER)}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stage means for one request: who answers, and who gets a copy."""

    authoritative: Backend
    shadow: Backend | None = None


@dataclass(frozen=True, slots=True)
class Plans:
    """One cell of the table: the plan of the clients outside and of those within the canary share."""

    outside: Plan
    within: Plan


_LEGACY = Plan(Backend.LEGACY)
_MODERN = Plan(Backend.MODERN)
_LEGACY_THEN_MODERN = Plan(Backend.LEGACY, Backend.MODERN)
_MODERN_THEN_LEGACY = Plan(Backend.MODERN, Backend.LEGACY)

READS: Mapping[Stage, Plans] = {
    Stage.OFF: Plans(_LEGACY, _LEGACY),
    Stage.SHADOW: Plans(_LEGACY_THEN_MODERN, _LEGACY_THEN_MODERN),
    Stage.CANARY: Plans(_LEGACY_THEN_MODERN, _MODERN_THEN_LEGACY),
    Stage.LIVE: Plans(_MODERN_THEN_LEGACY, _MODERN_THEN_LEGACY),
    Stage.COMPLETE: Plans(_MODERN, _MODERN),
}
"""Reads, by stage."""


def _committed(reads: Plans) -> Plans:
    """The writes of those clients: by the backend that serves their reads, and by no other."""
    return Plans(Plan(reads.outside.authoritative), Plan(reads.within.authoritative))


WRITES: Mapping[Stage, Plans] = {stage: _committed(plans) for stage, plans in READS.items()}
"""Writes, by stage: never a shadow, so that each write is committed by one backend by construction."""

UNLISTED_PLAN = _LEGACY
"""The plan of a request that is at no endpoint of the list."""
