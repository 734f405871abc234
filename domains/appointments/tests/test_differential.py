"""Appointments on both sides beside each other: filters, pages, roles, days, times, versions and grants."""

import asyncio
from itertools import product
from pathlib import Path
from typing import Any

import psycopg

from legacy_bridge.seed import reset
from parity.rules import RuleBook
from tests.domains.differential import RoomBesideLegacy, ask_both, asks, sending, writes
from tests.domains.recording import ROOMS

LIST = "/v1/appointments"
ADA, ANN, BEN = "admin_ada", "agent_ann", "agent_ben"
OF_ANN, ARCHIVED = (f"{LIST}/a9900000-0000-4000-8000-{number:012}" for number in (9, 20))
OF_NOBODY = f"{LIST}/deadbeef-0000-4000-8000-000000000000"
CALLERS = (ADA, "owner_otto", ANN, BEN, "broker_bea", "apikey:agent_ann", None)

READS = (
    *(asks(ADA, f"{LIST}?limit=3&status={status}") for status in ("Completed", "completed", "", "%00")),
    *(
        asks(ADA, f"{LIST}?limit=3&{key}={day}")
        for key, day in product(("startDate", "endDate"), ("2027-01-20", "", "soon", "%00"))
    ),
    *(asks(ADA, f"{LIST}?page={page}&limit=4") for page in ("abc", "0", "99", "1.5", "1e1", "")),
    *(asks(ADA, f"{LIST}?limit={limit}") for limit in ("2x", "-1", "", "%202", "0")),
    *(asks(user, f"{LIST}?limit=3&scope={scope}") for user, scope in product(CALLERS[1:], ("user", "all"))),
    *(asks(user, row) for user, row in product(CALLERS, (OF_ANN, ARCHIVED, OF_NOBODY))),
    *(asks(ADA, f"{LIST}/{key}") for key in ("health", "1", "%00")),
)
FIELDS: tuple[dict[str, Any], ...] = (
    *sending("title", "", None, 5, "<b>", [], [["a"]], "x" * 256),
    *sending("appointment_date", "2027-02-01", None, 20270201, [], "a\0", "2001-01-01"),
    *sending("start_time", "9:30", "25:00", None, [], 930),
    *sending("end_time", "11:00", "12:00", "13:00", "x", start_time="12:00"),
    *sending("status", "Weird", 5, [], "x" * 51),
    *sending("client_id", None, "x", [], "c1000000-0000-4000-8000-000000000001"),
    *sending("version", 1, "1", None, "x", [], 1.5, title="N"),
    *sending("startDate", "2027-01-01", "2027-01-01\0", 5, None, []),
    *({}, {"nope": 1}, {"location": {}}, {"location": [["a"], None]}),
)
NEW: tuple[dict[str, Any], ...] = (
    *sending("appointmentDate", 20270101, "a\0", "", [], "2001-01-01"),
    *sending("startTime", 930, "", [], "0930"),
    *sending("duration", "15", 481, [], [20, "x"], None, " 20 "),
    *sending("title", [], {}, 0, 5, "\0"),
    *sending("location", [], 0, "x" * 256),
    *sending("appointmentType", "other", [], ["Other"], None, 5),
    *sending("startDate", "2027-W01-1", [], ["2027-01-01"], ""),
    *sending("clientId", [], 0, 5),
    *({"description": [{"a": 1}]}, {"appointment_date": 5}, {"appointment_date": "a\0"}),
)
ACTS: tuple[tuple[str, str, Any], ...] = (
    *(("PUT", "/archive", None), ("DELETE", "", None), ("PUT", "", {"title": "Q"})),
    *(("POST", "/cancel", None), ("POST", "/complete", {})),
)
WRITES = (
    *(writes(ADA, "PUT", OF_ANN, body) for body in FIELDS),
    *(
        writes(ADA, "POST", LIST, {"title": "T", "appointmentDate": "2027-02-04", "startTime": "9:00"} | body)
        for body in NEW
    ),
    *(
        writes(user, method, f"{row}{suffix}", body)
        for user, row in product((ADA, ANN, BEN), (OF_ANN, ARCHIVED, f"{LIST}/%00"))
        for method, suffix, body in ACTS
    ),
    *(writes(user, "POST", f"{LIST}/batch-delete", {"ids": [ARCHIVED[-36:]]}) for user in CALLERS),
    *(writes(ADA, "POST", f"{LIST}/batch-delete", body) for body in sending("ids", *([], [None], {}, ["x"]))),
)

LINKED = """
    UPDATE leads SET is_private = true WHERE id = '1ead0000-0000-4000-8000-000000000001';
    UPDATE appointments SET lead_id = '1ead0000-0000-4000-8000-000000000001'
    WHERE id = 'a9900000-0000-4000-8000-000000000009';
    INSERT INTO data_access_control (resource_type, resource_id, user_id, can_view, can_edit)
    SELECT 'appointment', 'a9900000-0000-4000-8000-000000000009', id, true, true
    FROM users WHERE username IN ('agent_ben', 'owner_otto')
"""
"""An appointment of agent_ann that was shared with two others, and its lead, which is private and owner_otto's."""


class TestAppointmentsBesideLegacy(RoomBesideLegacy):
    """Appointments of both sides."""

    domain = "appointments"
    tables = ("appointments",)
    questions = (*READS, *WRITES)


def test_who_was_granted_an_appointment_of_somebody_elses_private_lead_is_not_shown_it(
    database_url: str, contract: Path
) -> None:
    reset(database_url, contract / "seed")
    with psycopg.connect(database_url) as connection:
        connection.execute(LINKED.encode())
    questions = [
        asks(BEN, OF_ANN),
        writes(BEN, "PUT", OF_ANN, {"title": "Q"}),
        asks("owner_otto", OF_ANN),
        asks(ANN, OF_ANN),
        asks(ADA, OF_ANN),
    ]

    asked = asyncio.run(ask_both(database_url, contract, "appointments", ("appointments",), questions))

    book = RuleBook.load([ROOMS / "appointments" / "parity.toml"])
    assert [line for one in asked for line in one.problems(book)] == []
    assert [one.statuses[1] for one in asked] == [403, 200, 200, 200, 200]
