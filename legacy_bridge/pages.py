"""Pages of a list, as the numbers of the query string come through `parseInt`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from legacy_bridge import node


@dataclass(frozen=True, slots=True)
class Page:
    """One page; what is not a number stays so, and it is the database that refuses it (Q-09)."""

    number: float
    limit: float

    @property
    def offset(self) -> float:
        """How many rows come before this page."""
        return node.number((self.number - 1) * self.limit)

    def pages(self, total: int) -> float | None:
        """How many pages `total` rows fill; None where the limit is zero."""
        if self.limit == 0 or math.isnan(self.limit):
            return None
        return node.finite(math.ceil(total / self.limit))

    def with_total(self, total: int) -> dict[str, float | None]:
        """The pagination of clients, appointments and leads (Q-21)."""
        return {
            "currentPage": node.finite(self.number),
            "totalPages": self.pages(total),
            "totalCount": total,
            "limit": node.finite(self.limit),
        }


def page_of(query: Mapping[str, str]) -> Page:
    """The page that is asked for: the first, of 20 rows, where the query does not say."""
    return Page(node.parse_int(query.get("page", "1")), node.parse_int(query.get("limit", "20")))


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """A page as the query writes it: JavaScript counts with the texts, `limit` goes into the SQL as it stands."""

    page: str
    limit: str

    @property
    def offset(self) -> float:
        """How many rows come before this page; a fraction is left to the database (Q-09)."""
        return node.number((node.to_number(self.page) - 1) * node.to_number(self.limit))

    def with_total(self, total: int) -> dict[str, float | None]:
        """The pagination of clients, appointments and leads (Q-21)."""
        shown = Page(node.parse_int(self.page), node.parse_int(self.limit)).with_total(total)
        return shown | {"totalPages": Page(1, node.to_number(self.limit)).pages(total)}


def written_page_of(query: Mapping[str, str]) -> WrittenPage:
    """The page that is asked for: the first, of 20 rows, where the query does not say."""
    return WrittenPage(query.get("page", "1"), query.get("limit", "20"))
