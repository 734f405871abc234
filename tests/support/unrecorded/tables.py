"""The derived exchanges of every domain that has a table of them."""

from collections.abc import Mapping, Sequence

from tests.support.unrecorded import (
    Derived,
    appointments,
    clients,
    contacts,
    escrows,
    leads,
    listings,
    users,
)

TABLES: Mapping[str, Sequence[Derived]] = {
    "escrows": escrows.DERIVED,
    "listings": listings.DERIVED,
    "clients": clients.DERIVED,
    "appointments": appointments.DERIVED,
    "leads": leads.DERIVED,
    "users": users.DERIVED,
    "contacts": contacts.DERIVED,
}
