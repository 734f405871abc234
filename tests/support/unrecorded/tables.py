"""The derived exchanges of every domain that has a table of them."""

from collections.abc import Mapping, Sequence

from tests.support.unrecorded import Derived, clients, escrows, listings

TABLES: Mapping[str, Sequence[Derived]] = {
    "escrows": escrows.DERIVED,
    "listings": listings.DERIVED,
    "clients": clients.DERIVED,
}
