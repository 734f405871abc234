"""One rule: how the values at a path are compared, or the items of the list at a path.

Rules of values hold for their path and everything below it; rules of lists for the list at their path alone.
There is no rule that ignores: whatever a rule lets differ, it says what stays checked.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Compare(StrEnum):
    """How what is at a path is compared."""

    VALUE = "value"
    """Equal, type included: the default."""
    SHAPE = "shape"
    """Same JSON type, format, nullness and length class: for ids and timestamps, which stay checked."""
    TOLERANCE = "tolerance"
    """Numbers, numbers as text and timestamps may be a stated distance apart; all else is equal."""
    KEYED = "keyed"
    """The items of a list are paired by a key; their order is checked as far as the sort key fixes it."""
    UNORDERED = "unordered"
    """The items of a list are the same ones, each as often, in any order."""


OF_LISTS = frozenset({Compare.KEYED, Compare.UNORDERED})
"""What compares a list by its items; the others compare values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far two values may be apart: `absolute`, or `relative` to the larger one; `seconds` between timestamps."""

    absolute: Decimal = Decimal(0)
    relative: Decimal = Decimal(0)
    seconds: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a path is compared.

    `recording_only`: only when answers of two runs are compared. `learned`: no person wrote it, and any rule that one
    did is stronger. `key` and `sort` are fields of the items of a keyed list, each as the steps to it; without `sort` every item
    keeps its place, with an empty one none does. `group` is the group that the rule was written for, whose
    endpoints' own rules win over it. `source` is the file and row it stands in, which is no part of what it says.
    """

    endpoint: str
    path: str
    compare: Compare
    reason: str
    recording_only: bool = False
    learned: bool = False
    tolerance: Tolerance = Tolerance()
    key: tuple[str, ...] = ()
    sort: tuple[tuple[str, ...], ...] | None = None
    group: str = ""
    source: str = field(default="", repr=False, compare=False)

    @property
    def rank(self) -> int:
        """How strong the rule's scope makes it: what was learned, a group, a glob over endpoints, one endpoint."""
        if self.learned:
            return -1
        if self.group:
            return 0
        return 1 if "*" in self.endpoint else 2

    @property
    def of_lists(self) -> bool:
        """Whether it compares a list by its items."""
        return self.compare in OF_LISTS

    def same_meaning(self, other: "Rule") -> bool:
        """Whether it compares as the other one does."""
        return (self.compare, self.tolerance, self.key, self.sort) == (
            other.compare,
            other.tolerance,
            other.key,
            other.sort,
        )
