"""The rooms' services under arbitrary values: they act or refuse, store nothing by half, and keep one of two updates.

Each example runs in a rehearsal, which is rolled back, so that every one begins with the seeded rows.
"""

import asyncio
from collections.abc import Mapping, Sequence
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
from domains.escrows.sections import SectionService
from domains.escrows.services import EscrowService
from domains.leads.services import LeadService
from domains.listings.services import ListingService
from domains.shared.clock import utc_now
from domains.shared.database import Database
from domains.shared.errors import ApiError, VersionConflictError
from domains.shared.permissions import Principal, Role
from domains.shared.requests import Origin
from domains.shared.services import CrudService
from domains.users.sections import UserServices
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


SECTIONS = {
    "change_checklist": ("name", "body"),
    **dict.fromkeys(("details", "property", "people", "require_part", "notes"), ()),
    **dict.fromkeys(("change_people", "change_financials", "change_item", "change_details"), ("body",)),
    **dict.fromkeys(("change_property", "add_note"), ("body",)),
    **dict.fromkeys(("change_timeline", "change_documents"), ("body", "is_array")),
}
ACCOUNTS = {
    **dict.fromkeys(("own_profile", "settings", "theme", "account", "sessions", "keys"), ()),
    **dict.fromkeys(("update_own_profile", "update_settings"), ("body",)),
    **dict.fromkeys(("update_account", "create_key"), ("body", "origin")),
    **dict.fromkeys(("team", "members", "delete_key"), ("word",)),
    "teams": ("query",),
    "revoke_key": ("word", "origin"),
    "change_permissions": ("word", "word", "body"),
}
"""Operation → what it is sent behind the caller (and the key of an escrow)."""
CHECKLISTS = ("loan", "house", "admin", "x")
OF_ACCOUNTS = (
    *("homeLat", "licensedStates", "timezone", "newPassword", "currentPassword", "name", "expiresInDays"),
    *("dashboardLayout", "theme", "profile", "settings", "permissions", "item", "value", "note", "city"),
)
TEAM, MEMBER = "aaaaaaaa-0000-4000-8000-000000000001", "c0ffee00-0000-4000-8000-000000000003"


@pytest.mark.parametrize(
    ("room", "operations", "tables"),
    [
        (SectionService, SECTIONS, ("escrows",)),
        (UserServices, ACCOUNTS, ("users", "user_settings", "user_profiles", "user_permissions", "api_keys")),
    ],
    ids=("sections", "users"),
)
def test_a_section_or_an_account_is_changed_or_left_alone(
    room: type[Any], operations: Mapping[str, Sequence[str]], tables: Sequence[str], seeded_database: str
) -> None:
    sums = [
        text(f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) AS sum FROM {one} t") for one in tables
    ]

    with asyncio.Runner() as runner:
        database = Database(seeded_database, pool_size=1)
        service = room(database, utc_now)

        @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(
            st.sampled_from(sorted(operations)),
            st.dictionaries(st.sampled_from((*FIELDS, *OF_ACCOUNTS)), VALUE, max_size=6),
            st.sampled_from(CHECKLISTS),
            st.lists(st.one_of(st.sampled_from((TEAM, MEMBER)), WORDS), min_size=2, max_size=2),
            st.booleans(),
        )
        def attack(operation: str, body: dict[str, Any], name: str, words: list[str], is_array: bool) -> None:  # noqa: FBT001 - drawn
            drawn = {"body": body, "name": name, "origin": Origin(), "query": {"brokerId": words[0]}}
            row = [ROW.format("e5c")] if room is SectionService else []
            wants = operations[operation]
            sent = [words.pop() if want == "word" else drawn[want] for want in wants if want != "is_array"]
            more = {"is_array": is_array} if "is_array" in wants else {}
            runner.run(attempt(operation, [*row, *sent], more))

        async def attempt(operation: str, sent: Sequence[Any], more: Mapping[str, bool]) -> None:
            async with database.rehearsal():
                before = [await database.run(one) for one in sums]
                with suppress(ApiError):
                    await getattr(service, operation)(ADMIN, *sent, **more)
                    return
                assert [await database.run(one) for one in sums] == before

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
