"""The rooms' services under arbitrary values: they act or refuse, store nothing by half, and keep one of two updates.

Each example runs in a rehearsal, which is rolled back, so that every one begins with the seeded rows.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domains.appointments.services import AppointmentService
from domains.clients.services import ClientService
from domains.contacts.services import ContactService
from domains.escrows.services import EscrowService
from domains.leads.services import LeadService
from domains.listings.services import ListingService
from domains.shared.clock import utc_now
from domains.shared.database import Database
from domains.shared.errors import ApiError, VersionConflictError
from domains.shared.permissions import Principal, Role
from domains.shared.services import CrudService
from tests.support.bad_input import ADA, VALUES

ADMIN = Principal(UUID(ADA), "admin_ada@example.test", Role.SYSTEM_ADMIN)
ROW = "{}00000-0000-4000-8000-000000000009"
ROOMS: dict[type[CrudService], tuple[str, Mapping[str, Any]]] = {
    AppointmentService: (ROW.format("a99"), {"title": "New"}),
    ClientService: (ROW.format("c10"), {"status": "inactive"}),
    ContactService: ("", {}),
    EscrowService: (ROW.format("e5c"), {"city": "New"}),
    LeadService: ("1ead0000-0000-4000-8000-000000000009", {"notes": "New"}),
    ListingService: (ROW.format("115"), {"description": "New"}),
}
"""Service → a row of it, and an update of that."""
FIELDS = (
    *(
        "title",
        "appointmentDate",
        "startTime",
        "status",
        "firstName",
        "lastName",
        "email",
        "phone",
        "clientType",
    ),
    *(
        "first_name",
        "last_name",
        "contact_type",
        "tags",
        "propertyAddress",
        "listPrice",
        "purchasePrice",
        "ids",
    ),
    *(
        "closingDate",
        "features",
        "version",
        "lead_score",
        "notes",
        "client_id",
        "owner_id",
        "people",
        "yearBuilt",
    ),
)
QUERY = (
    "page",
    "limit",
    "offset",
    "scope",
    "status",
    "search",
    "sort",
    "order",
    "sortBy",
    "minPrice",
    "startDate",
)
WORDS = st.one_of(st.text(max_size=8), st.sampled_from([value for value in VALUES if isinstance(value, str)]))
VALUE = st.one_of(
    st.sampled_from(VALUES),
    st.integers(),
    st.floats(),
    WORDS,
    st.lists(WORDS, max_size=3),
    st.dictionaries(WORDS, WORDS, max_size=2),
)
OPERATIONS = (
    "list_page",
    "count",
    "export",
    "get",
    "create",
    "update",
    "archive",
    "restore",
    "delete",
    "delete_many",
)
OF_QUERIES, OF_BODIES = OPERATIONS[:3], ("create", "delete_many")


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_an_operation_acts_or_refuses_and_what_it_refuses_changes_nothing(
    room: type[CrudService], seeded_database: str
) -> None:
    row, _ = ROOMS[room]
    table = room.resource.table.name
    sums = text(f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) AS sum FROM {table} t")

    with asyncio.Runner() as runner:
        database = Database(seeded_database, pool_size=1)
        service = room(database, utc_now)

        @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(
            st.sampled_from(OPERATIONS),
            st.one_of(st.just(row), WORDS),
            st.dictionaries(st.sampled_from(FIELDS), VALUE, max_size=6),
            st.dictionaries(st.sampled_from(QUERY), WORDS, max_size=4),
        )
        def attack(operation: str, key: str, body: dict[str, Any], query: dict[str, str]) -> None:
            sent: tuple[Any, ...] = (key, body) if operation == "update" else (key,)
            if operation in OF_QUERIES:
                sent = (query,)
            elif operation in OF_BODIES:
                sent = (body,)
            runner.run(attempt(operation, sent))

        async def attempt(operation: str, sent: tuple[Any, ...]) -> None:
            async with database.rehearsal():
                before = await database.run(sums)
                with suppress(ApiError):
                    await getattr(service, operation)(ADMIN, *sent)
                    return
                assert await database.run(sums) == before

        attack()
        runner.run(database.close())


@pytest.mark.parametrize(
    "room", [room for room, (row, _) in ROOMS.items() if row], ids=lambda room: room.__name__
)
async def test_of_two_updates_of_one_version_exactly_one_is_kept(
    room: type[CrudService], seeded_database: str
) -> None:
    row, change = ROOMS[room]
    database = Database(seeded_database, pool_size=4)
    service: Any = room(database, utc_now)
    version = (
        (await service.get(ADMIN, row))["version"]
        if room is not ClientService and room is not EscrowService
        else 1
    )

    outcomes = await asyncio.gather(
        *(service.update(ADMIN, row, {**change, "version": version}) for _ in range(4)),
        return_exceptions=True,
    )

    await database.close()
    kept = [one for one in outcomes if not isinstance(one, BaseException)]
    refused = [one for one in outcomes if isinstance(one, VersionConflictError)]
    assert (len(kept), len(refused)) == (1, 3), outcomes
