"""One thing that a verdict or a gate asks for, and how it stands: with its numbers and their denominators."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from parity.report import GroupRow
from parity.report_words import KINDS, alarm, balance_line, count, percent
from parity.tally import Balance

SHOWN = 3
"""Examples that a sentence gives of what it counts."""


class Standing(StrEnum):
    """How a condition stands."""

    HOLDS = "holds"
    MISSING = "missing"
    """It cannot be told yet."""
    WRONG = "wrong"
    """It does not hold, and more comparisons will not change that."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition by a short name, and a sentence with its numbers."""

    name: str
    standing: Standing
    text: str

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Share:
    """Some of all; the share is None of nothing."""

    n: int
    of: int

    @property
    def value(self) -> float | None:
        """From 0 to 1."""
        return self.n / self.of if self.of else None

    @property
    def text(self) -> str:
        """For example `3 of 1,204 (0.25%)`."""
        return f"{self.n:,} of {self.of:,}" + (f" ({percent(self.value)})" if self.of else "")

    def is_over(self, limit: float) -> bool:
        """Whether the share is larger than that."""
        return self.n > limit * self.of

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {"n": self.n, "of": self.of, "share": self.value}


def comparisons(n: int, least: int) -> Condition:
    """Whether enough was compared to be judged at all."""
    standing = Standing.HOLDS if n >= least else Standing.MISSING
    return Condition("comparisons", standing, f"{n:,}, wanted {least:,} at least")


def books(balance: Balance) -> Condition:
    """Whether the books balance; as long as they do not, no number can be trusted."""
    if not balance.balanced:
        return Condition("books", Standing.MISSING, alarm(balance).rstrip("."))
    return Condition("books", Standing.HOLDS, f"they balance: {balance_line(balance)}")


def groups(found: Sequence[GroupRow], most: int) -> Condition:
    """Whether there are more open difference groups than allowed, with the largest of them."""
    if not found:
        return Condition("groups", Standing.HOLDS, "no open difference group")
    standing = Standing.WRONG if len(found) > most else Standing.HOLDS
    wanted = f", wanted {most} at most" if most else ""
    return Condition(
        "groups",
        standing,
        f"{count(len(found), 'open difference group')}{wanted}: {some([named(group) for group in found])}",
    )


def named(group: GroupRow) -> str:
    """A group in one line: where, what, and how many exchanges."""
    kind = KINDS.get(group.kind, group.kind)
    return f"{group.endpoint} {group.path} {kind} ({count(group.n, 'exchange')}, {percent(group.share)})"


def some(names: Iterable[str]) -> str:
    """The first three, and how many more there are."""
    found = list(names)
    more = f" and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    return f"{'; '.join(found[:SHOWN])}{more}"


def rate_text(value: float) -> str:
    """A rate from 0 to 1 in per cent, with the three digits that matter: a bound may be as small as it likes."""
    return f"{value * 100:.3g}%"
