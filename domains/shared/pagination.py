"""Pages of a list: what was asked for, and what it comes to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from domains.shared.errors import Fault, InvalidInputError
from domains.shared.validation import PageLimit

LARGEST_BIGINT = 2**63 - 1
"""What LIMIT and OFFSET can hold; rows beyond it there are none."""

_DIGITS = re.compile(r"\s*[+-]?\d{1,300}\s*", re.ASCII)
_NUMBER = re.compile(r"\s*([+-]?(\d{1,300}\.?\d*|\.\d+)(e[+-]?\d{1,3})?)?\s*", re.ASCII | re.IGNORECASE)
_LEADING_DIGITS = re.compile(r"\s*([+-]?\d{1,300})", re.ASCII)


def _to_digits(value: Any) -> Any:
    if not _DIGITS.fullmatch(str(value)):
        raise PydanticCustomError("kind", "Must be an integer")
    return value


def _require_number(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise PydanticCustomError("kind", "Must be a number")
    return value


RowCount = Annotated[PageLimit, BeforeValidator(_to_digits)]
"""What LIMIT and OFFSET take as text: a whole number of 0 or more."""
PageText = Annotated[str, AfterValidator(_require_number)]
"""The number of a page as it is written; it is counted with as JavaScript does."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, and how many there are on all pages together."""

    rows: Sequence[Any]
    total: int
    number: int | None
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


def counted_page(page: str, limit: int) -> tuple[int | None, int]:
    """How a page that is written so is numbered in the answer, and how many rows come before it.

    Half a page more is half its rows more, as recorded; raises InvalidInputError where that is no number of rows.
    """
    before = (float(page.strip() or "0") - 1) * limit
    if not before.is_integer() or not 0 <= before <= LARGEST_BIGINT:
        raise InvalidInputError([Fault("page", "Must be 1 or more")])
    shown = _LEADING_DIGITS.match(page)
    return int(shown[1]) if shown else None, int(before)
