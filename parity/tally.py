"""What a report counts: the tally of an endpoint or of all, its costs, and the balance of the books."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from parity.outcome import Aside, Outcome

COMPARED = (Outcome.MATCH, Outcome.ACCEPTED, Outcome.MISMATCH, Outcome.TRANSIENT)
"""The outcomes of exchanges whose answers were compared."""
CHECKS = "checks"
"""What comparisons that check a write are counted under at the read that they compare."""


@dataclass(frozen=True, slots=True)
class Balance:
    """The books over everything ever recorded: `mirrored` = the sum of outcomes + `in_flight` + `lost`.

    `lost` was in flight in proxy runs that have ended without handing it over.
    """

    mirrored: int = 0
    outcomes: int = 0
    in_flight: int = 0
    lost: int = 0

    @property
    def off_by(self) -> int:
        """How many mirrored requests have no outcome, or have one too many (negative)."""
        return self.mirrored - self.outcomes - self.in_flight - self.lost

    @property
    def balanced(self) -> bool:
        """Whether every mirrored request is accounted for."""
        return self.off_by == 0 and self.lost == 0


@dataclass(frozen=True, slots=True)
class Costs:
    """Means over the `n` exchanges that both backends answered; queries over the `query_n` where both said them."""

    n: int = 0
    legacy_s: float = 0.0
    modern_s: float = 0.0
    query_n: int = 0
    legacy_queries: float = 0.0
    modern_queries: float = 0.0

    @property
    def duration_ratio(self) -> float | None:
        """Modern's mean duration by legacy's."""
        return self.modern_s / self.legacy_s if self.n and self.legacy_s else None

    @property
    def query_ratio(self) -> float | None:
        """Modern's query count by legacy's."""
        return self.modern_queries / self.legacy_queries if self.query_n and self.legacy_queries else None


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted, for one endpoint or for all that the report is about."""

    requests: int = 0
    mirrored: int = 0
    fallback: int = 0
    failed: int = 0
    checks: int = 0
    """Comparisons of this read that checked a write: their outcomes are counted at the write."""
    not_mirrored: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    reasons: Mapping[Outcome, Mapping[str, int]] = field(default_factory=dict)
    asides: Mapping[Aside, Mapping[str, int]] = field(default_factory=dict)

    @property
    def compared(self) -> int:
        """Exchanges whose answers were compared."""
        return sum(self.outcomes.get(outcome, 0) for outcome in COMPARED)

    @property
    def judged(self) -> int:
        """Exchanges of this endpoint whose answers were compared, whatever they are counted under."""
        return self.compared + self.checks

    @property
    def mismatches(self) -> int:
        """Exchanges whose answers differ beyond what was accepted."""
        return self.outcomes.get(Outcome.MISMATCH, 0)

    @property
    def unconfirmed(self) -> int:
        """Mismatches that could not be asked again."""
        return sum(self.asides.get(Aside.UNCONFIRMED, {}).values())

    @property
    def total(self) -> int:
        """The sum of the outcomes."""
        return sum(self.outcomes.values())

    @property
    def not_compared(self) -> int:
        """Mirrored requests that have an outcome without a comparison."""
        return self.total - self.compared

    @property
    def mismatch_rate(self) -> float | None:
        """Mismatches by comparisons; None without comparisons."""
        return self.mismatches / self.compared if self.compared else None


def tally_of(counted: Iterable[tuple[str, str, int]]) -> Tally:
    """The tally of (name, reason, n) rows as the store counts them."""
    sums: dict[str, int] = {}
    not_mirrored: dict[str, int] = {}
    reasons: dict[Outcome, dict[str, int]] = {}
    asides: dict[Aside, dict[str, int]] = {}
    for name, reason, n in counted:
        sums[name] = sums.get(name, 0) + n
        if name == "not_mirrored":
            not_mirrored[reason] = not_mirrored.get(reason, 0) + n
        elif name in set(Aside):
            of_aside = asides.setdefault(Aside(name), {})
            of_aside[reason] = of_aside.get(reason, 0) + n
        elif reason and name in set(Outcome):
            of_outcome = reasons.setdefault(Outcome(name), {})
            of_outcome[reason] = of_outcome.get(reason, 0) + n
    return Tally(
        requests=sums.get("requests", 0),
        mirrored=sums.get("mirrored", 0),
        fallback=sums.get("fallback", 0),
        failed=sums.get("failed", 0),
        checks=sums.get(CHECKS, 0),
        not_mirrored=not_mirrored,
        outcomes={outcome: sums.get(outcome.value, 0) for outcome in Outcome},
        reasons=reasons,
        asides=asides,
    )


def tally_json(tally: Tally) -> dict[str, Any]:
    """A tally as JSON values."""
    return {
        "requests": tally.requests,
        "mirrored": tally.mirrored,
        "not_mirrored": dict(tally.not_mirrored),
        "fallback": tally.fallback,
        "failed": tally.failed,
        "checks": tally.checks,
        "outcomes": {outcome.value: tally.outcomes.get(outcome, 0) for outcome in Outcome},
        "reasons": {outcome.value: dict(found) for outcome, found in tally.reasons.items()},
        **{aside.value: dict(tally.asides.get(aside, {})) for aside in Aside},
        "compared": tally.compared,
        "mismatch_rate": tally.mismatch_rate,
    }


def costs_json(costs: Costs) -> dict[str, Any]:
    """Costs as JSON values."""
    return {**asdict(costs), "duration_ratio": costs.duration_ratio, "query_ratio": costs.query_ratio}
