"""The gate of a CI job: whether enough was compared, and few enough of it differs."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from parity.conditions import Condition, Share, Standing, books, comparisons, named, rate_text, some
from parity.confidence import RateSequence
from parity.evidence import DECIDED
from parity.report import Report
from parity.report_words import count

SCHEMA = "crossfade.parity-gate/1"
_CONFIDENCE = 0.95
_LEAST_RATE = 0.001  # what the bound is chosen for where no mismatch at all is allowed


class GateResult(IntEnum):
    """What a gate ends with, as an exit code."""

    HOLDS = 0
    DOES_NOT_HOLD = 1
    CANNOT_BE_TOLD = 2


@dataclass(frozen=True, slots=True)
class Gate:
    """The conditions of a gate, judged on a report; `upper` bounds the mismatch rate at 95 % confidence."""

    domain: str | None
    min_comparisons: int
    max_rate: float
    rate: Share
    upper: float
    conditions: tuple[Condition, ...]

    @property
    def result(self) -> GateResult:
        """Books that do not balance prove nothing; else what is over the rate weighs more than what is missing."""
        standings = {condition.name: condition.standing for condition in self.conditions}
        if standings["books"] is not Standing.HOLDS:
            return GateResult.CANNOT_BE_TOLD
        if Standing.WRONG in standings.values():
            return GateResult.DOES_NOT_HOLD
        return GateResult.CANNOT_BE_TOLD if Standing.MISSING in standings.values() else GateResult.HOLDS

    @property
    def headline(self) -> str:
        """The result in a sentence."""
        about = self.domain or "all domains"
        match self.result:
            case GateResult.HOLDS:
                return f"The gate holds for {about}."
            case GateResult.DOES_NOT_HOLD:
                return f"The gate does not hold for {about}."
            case GateResult.CANNOT_BE_TOLD:
                return f"Whether the gate holds for {about} cannot be told."

    def to_json(self) -> dict[str, Any]:
        """JSON values; `SCHEMA` is the version of their form."""
        return {
            "domain": self.domain,
            "result": self.result.name.lower(),
            "exit_code": self.result.value,
            "min_comparisons": self.min_comparisons,
            "max_rate": self.max_rate,
            "mismatches": self.rate.to_json(),
            "upper": self.upper,
            "confidence": _CONFIDENCE,
            "conditions": [condition.to_json() for condition in self.conditions],
        }


def judge_gate(report: Report, *, min_comparisons: int, max_rate: float) -> Gate:
    """Hold a report against both limits; `max_rate` is the share of comparisons that may differ, 0 to 1."""
    n = sum(report.tally.outcomes.get(outcome, 0) for outcome in DECIDED)
    rate = Share(report.tally.mismatches, n)
    upper = RateSequence(max_rate if 0 < max_rate < 1 else _LEAST_RATE, _CONFIDENCE).upper(rate.n, n)
    return Gate(
        report.domain,
        min_comparisons,
        max_rate,
        rate,
        upper,
        (
            books(report.balance),
            comparisons(n, min_comparisons),
            _rate(report, rate, upper, min_comparisons, max_rate),
        ),
    )


def _rate(report: Report, rate: Share, upper: float, least: int, max_rate: float) -> Condition:
    wanted = f"wanted {rate_text(max_rate)} at most"
    if not rate.of:
        return Condition("mismatch rate", Standing.MISSING, f"nothing was compared, {wanted}")
    seen = f"{rate.text} differ{'s' if rate.n == 1 else ''}, {wanted}; the rate is under {rate_text(upper)} at 95%"
    # with too few comparisons: what all the missing ones cannot make good, were they clean
    if rate.n > max_rate * max(rate.of, least):
        groups = report.open_groups
        places = f"; {count(len(groups), 'group')}: {some([named(one) for one in groups])}" if groups else ""
        return Condition("mismatch rate", Standing.WRONG, f"{seen}{places}")
    standing = Standing.MISSING if rate.is_over(max_rate) else Standing.HOLDS
    return Condition("mismatch rate", standing, seen)
