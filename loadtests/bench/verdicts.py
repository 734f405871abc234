"""A measurement against its target: passed, missed, undecided, or not measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from loadtests.interval import Interval


class Verdict(StrEnum):
    """What a measurement says about a target."""

    PASSED = "passed"
    """The whole interval is within the target."""
    MISSED = "missed"
    """The whole interval is outside it."""
    UNDECIDED = "undecided"
    """The interval holds the target: more rounds, or a quieter machine."""
    NOT_MEASURED = "not measured"
    """What it would be compared with is not here, or failed."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a value may be at most, or must be at least."""

    value: float
    at_most: bool

    def __str__(self) -> str:
        if self.at_most and not self.value:
            return "0"
        return f"{'<=' if self.at_most else '>='} {self.value:g}"

    def judge(self, measured: Interval) -> Verdict:
        """The verdict; an end that is at the bound is within."""
        within, outside = (
            (measured.high <= self.value, measured.low > self.value)
            if self.at_most
            else (measured.low >= self.value, measured.high < self.value)
        )
        return Verdict.PASSED if within else Verdict.MISSED if outside else Verdict.UNDECIDED


def at_most(value: float) -> Bound:
    """That or less."""
    return Bound(value, at_most=True)


def at_least(value: float) -> Bound:
    """That or more."""
    return Bound(value, at_most=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the target table; `note` says what it is a ratio of, or why there is no value."""

    name: str
    target: Bound
    verdict: Verdict
    value: Interval | None = None
    note: str = ""

    def to_json(self) -> Mapping[str, Any]:
        """The form of `Measurement` (measurements.py) with more: `passed` is null where that is open."""
        open_ = {Verdict.UNDECIDED, Verdict.NOT_MEASURED}
        return {
            "name": self.name,
            "value": None if self.value is None else self.value.value,
            "low": None if self.value is None else self.value.low,
            "high": None if self.value is None else self.value.high,
            "target": str(self.target),
            "passed": None if self.verdict in open_ else self.verdict is Verdict.PASSED,
            "verdict": self.verdict.value,
            "note": self.note,
        }


def judged(name: str, target: Bound, measured: Interval | None, note: str = "") -> Row:
    """The row of a measurement; None: there is none, and the note says why."""
    verdict = Verdict.NOT_MEASURED if measured is None else target.judge(measured)
    return Row(name, target, verdict, measured, note)


def counted(name: str, target: Bound, value: float, note: str = "") -> Row:
    """The row of a value that is exact, such as a count."""
    return judged(name, target, Interval(value, value, value), note)


def exit_code(rows: Sequence[Row]) -> int:
    """1 when a target is missed, else 0: what is open fails nobody, and is not called passed."""
    return int(any(row.verdict is Verdict.MISSED for row in rows))
