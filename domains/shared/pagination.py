"""Pages of a list: what was asked for, and what it comes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LARGEST_BIGINT = 2**63 - 1
"""What LIMIT and OFFSET can hold; rows beyond it there are none."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, and how many there are on all pages together."""

    rows: Sequence[Any]
    total: int
    number: int
    limit: int
    offset: int = 0
    """How many rows come before it, where the pages have no numbers."""

    @property
    def of(self) -> int | None:
        """How many pages there are; None where the limit is zero."""
        return -(-self.total // self.limit) if self.limit else None

    @property
    def has_more(self) -> bool:
        """Whether there are rows behind it, where the pages have no numbers."""
        return self.offset + len(self.rows) < self.total


def bounds(number: int, limit: int) -> tuple[int, int]:
    """LIMIT and OFFSET of a page, counted from 1."""
    return min(limit, LARGEST_BIGINT), min((number - 1) * limit, LARGEST_BIGINT)
