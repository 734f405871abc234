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
