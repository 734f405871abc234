"""What a guard is: a limit on one measure of a domain, the stages at which it holds, and what a breach does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from proxy.stages import Stage

ACTOR = "guard:"
"""What the actor of a guard's change begins with in the ledger; its measure follows."""
LONGEST_WINDOW_S = 300.0


class Measure(StrEnum):
    """What a guard looks at; a domain has one guard of each."""

    ERROR_RATE = "error_rate"
    """Share of the requests meant for modern that it answered by 5xx, or gave no whole answer to."""
    LATENCY_RATIO = "latency_ratio"
    """What modern took to what legacy took, for the same reads."""
    MISMATCH_RATE = "mismatch_rate"
    """Share of the comparisons that differ beyond what was accepted."""
    QUERY_RATIO = "query_ratio"
    """Modern's query count to legacy's, for the same reads."""
    SHADOW_SHED = "shadow_shed"
    """Share of the mirrored requests whose copy was shed."""

    @property
    def is_share(self) -> bool:
        """Whether it is a share, from 0 to 1; else it is a ratio."""
        return self in {Measure.ERROR_RATE, Measure.MISMATCH_RATE, Measure.SHADOW_SHED}


class Action(StrEnum):
    """What a breach does."""

    ROLL_BACK = "roll_back"
    """The domain goes back, and whoever is to be notified is."""
    NOTIFY = "notify"
    """Whoever is to be notified is."""


class Blindness(StrEnum):
    """What is done when a guard cannot tell, for a while, how things are."""

    ROLL_BACK = "roll_back"
    """As if it were breached, if that rolls back."""
    NOTIFY = "notify"
    """Whoever is to be notified is."""
    NOTHING = "nothing"
    """It is shown, that is all."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A limit on one measure over the last `window_s` seconds, of which there must be `min_samples`.

    It is breached when `looks` looks on end find it exceeded. An action that only notifies is repeated after
    `cool_down_s` at the earliest. At stage `shadow`, where modern serves nobody, `shadow_action` is done. With
    `against_legacy` the limit is how much modern's error rate may be above legacy's own. A latency ratio counts only where
    modern takes `slack_ms` longer. `to` is where it rolls back to.
    """

    measure: Measure
    limit: float
    stages: tuple[Stage, ...]
    window_s: float = 60.0
    min_samples: int = 20
    looks: int = 3
    cool_down_s: float = 300.0
    action: Action = Action.ROLL_BACK
    shadow_action: Action = Action.NOTIFY
    against_legacy: bool = True
    slack_ms: float = 20.0
    to: Stage = Stage.OFF
    dry_run: bool = False

    def action_at(self, stage: Stage) -> Action:
        """What a breach does there. Nothing can be taken back to where it is."""
        action = self.shadow_action if stage is Stage.SHADOW else self.action
        return action if stage.is_further_than(self.to) else Action.NOTIFY

    @property
    def actor(self) -> str:
        """As the ledger has it."""
        return f"{ACTOR}{self.measure}"


_SERVING = (Stage.CANARY, Stage.LIVE, Stage.COMPLETE)
_COMPARING = (Stage.SHADOW, Stage.CANARY, Stage.LIVE)

DEFAULTS: Mapping[Measure, Guard] = {
    guard.measure: guard
    for guard in (
        Guard(Measure.ERROR_RATE, 0.05, _SERVING, window_s=30.0),
        Guard(Measure.LATENCY_RATIO, 3.0, (Stage.CANARY, Stage.LIVE), min_samples=50),
        Guard(Measure.MISMATCH_RATE, 0.02, _COMPARING),
        Guard(Measure.QUERY_RATIO, 2.0, (Stage.CANARY, Stage.LIVE), min_samples=50),
        Guard(Measure.SHADOW_SHED, 0.5, _COMPARING, action=Action.NOTIFY),
    )
}
"""What holds without configuration."""


@dataclass(frozen=True, slots=True)
class GuardRule:
    """What is different of the guard with that measure, everywhere or in one domain; `changes` are fields of `Guard`."""

    measure: Measure
    domain: str = ""
    enabled: bool | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """Which guards there are, how often they look, and what is done when they cannot tell for `blind_s` seconds.

    With `dry_run` none of them acts: what would have been done is told.
    """

    enabled: bool = True
    dry_run: bool = False
    every_s: float = 1.0
    blind_s: float = 20.0
    blind: Blindness = Blindness.NOTIFY
    rules: Sequence[GuardRule] = ()

    def guards_of(self, domain: str) -> tuple[Guard, ...]:
        """The guards of a domain. A rule for the domain wins over one for all, and a later one over an earlier."""
        if not self.enabled:
            return ()
        found = []
        ordered = sorted(
            (one for one in self.rules if one.domain in {"", domain}), key=lambda r: r.domain != ""
        )
        for measure, guard in DEFAULTS.items():
            own = [rule for rule in ordered if rule.measure is measure]
            changes = {name: value for rule in own for name, value in rule.changes.items()}
            if _is_enabled(own):
                changed = replace(guard, **changes)
                found.append(replace(changed, dry_run=changed.dry_run or self.dry_run))
        return tuple(found)


def _is_enabled(rules: Sequence[GuardRule]) -> bool:
    said = [rule.enabled for rule in rules if rule.enabled is not None]
    return not said or said[-1]
