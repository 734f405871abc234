"""The recorded exchanges of appointments, replayed against modern: only declared deviations, each needed."""

from datetime import date
from typing import Any

import pytest

from parity.compare import compare
from parity.outcome import Outcome
from tests.domains.recording import Question, RecordedRoom
from tests.parity.factories import exchange

UNKNOWN = "deadbeef-0000-4000-8000-000000000000"
CLIENT, LISTING = "c1000000-0000-4000-8000-000000000003", "11500000-0000-4000-8000-000000000005"
MINIMAL = {"title": "T", "appointmentDate": "2027-02-04", "startTime": "09:00"}


def at(number: int) -> str:
    """The id of the seeded appointment; its owner is [ada, otto, ann, ann, ben, ben, bea][number % 7]."""
    return f"a9900000-0000-4000-8000-{number:012}"


def ids(*numbers: int) -> dict[str, Any]:
    return {"ids": [at(number) for number in numbers]}


LISTS = [
    ("admin_ada", "scope=all&limit=3&status=Completed"),
    ("admin_ada", "scope=brokerage&startDate=2027-01-20&endDate=2027-02-01"),
    ("admin_ada", "startDate=&endDate=&status="),
    ("admin_ada", "startDate=2027-02-30"),
    ("admin_ada", "endDate=soon&page=0"),
    ("admin_ada", "startDate=2027-01-20T10:00:00Z"),
    ("admin_ada", "page=99"),
    ("admin_ada", "page=0"),
    ("admin_ada", "page=abc"),
    ("admin_ada", "page=1.5"),
    ("admin_ada", "page=2.25&limit=4"),
    ("admin_ada", "page=1.5&limit=5"),
    ("admin_ada", "page=1e1&limit=%202"),
    ("admin_ada", "page="),
    ("admin_ada", "limit=2x"),
    ("admin_ada", "limit=0"),
    ("admin_ada", "limit=-1"),
    ("admin_ada", "status=%00"),
    ("admin_ada", "page=bogus&scope=bogus"),
    ("agent_ann", ""),
    ("agent_ann", "scope=team"),
    ("agent_ann", "scope=all"),
    ("owner_otto", "scope=user&limit=2"),
    ("broker_bea", ""),
    ("broker_bea", "scope=brokerage"),
    ("off_olga", ""),
    ("apikey:agent_ben", ""),
]
CREATIONS: list[dict[str, Any]] = [
    MINIMAL | {"endTime": "", "location": None, "clientId": "", "listingId": None, "description": 0},
    MINIMAL | {"clientId": CLIENT, "listingId": LISTING, "status": None, "duration": "480"},
    MINIMAL | {"status": "Weird", "location": "<b>O'Test</b>", "endTime": "10:00:30.25"},
    MINIMAL | {"startTime": "2027-02-04T14:30:00.000Z"},
    MINIMAL | {"startTime": "2:05 PM", "endTime": "24:00"},
    MINIMAL | {"startTime": "1430", "endTime": "143015"},
    MINIMAL | {"startTime": "24:01"},
    MINIMAL | {"startTime": "13:00 pm"},
    MINIMAL | {"startTime": "noon-ish", "endTime": 5},
    MINIMAL | {"appointmentDate": "2027-02-30"},
    MINIMAL | {"appointmentDate": "tomorrow", "clientId": "x"},
    MINIMAL | {"listingId": UNKNOWN},
    MINIMAL | {"title": "x" * 256, "status": "x" * 51},
    MINIMAL | {"title": "a\0b"},
    MINIMAL | {"startDate": "soon", "endDate": 5, "duration": 15.5, "appointmentType": None},
    MINIMAL | {"startTime": "", "owner_id": "me"},
    {"title": "", "duration": 481},
    {"title": "T", "start_time": "10:00", "end_time": "10:00", "appointment_date": "2001-01-01"},
    {"title": "T", "start_time": "10", "end_time": "x", "appointment_date": "soon"},
    {},
]
ROWS: list[tuple[str, str, str, Any]] = [
    ("agent_ann", "GET", at(9), None),
    ("agent_ann", "GET", at(80), None),
    ("agent_ann", "GET", "not-an-id", None),
    ("admin_ada", "GET", "%00", None),
    ("admin_ada", "GET", "export", None),
    ("agent_ann", "GET", "stats", None),
    ("broker_bea", "GET", at(20), None),
    ("admin_ada", "PUT", at(1), {"title": None, "startDate": "x", "endDate": "y", "status": 5}),
    ("admin_ada", "PUT", at(1), {"start_time": "25:99", "client_id": "x", "version": "one"}),
    ("admin_ada", "PUT", at(1), {"client_id": UNKNOWN}),
    ("admin_ada", "PUT", at(1), {"client_id": CLIENT, "listing_id": None, "title": "<i>"}),
    ("admin_ada", "PUT", at(1), {"appointment_date": "2001-01-01", "status": "Weird"}),
    ("admin_ada", "PUT", at(1), {"appointment_date": None, "start_time": None, "description": ""}),
    ("admin_ada", "PUT", at(1), {"version": 3}),
    ("admin_ada", "PUT", at(1), {"title": "x", "version": 99}),
    ("admin_ada", "PUT", at(1), {"title": "x", "version": "98"}),
    ("admin_ada", "PUT", at(1), {"title": "x", "version": None}),
    ("admin_ada", "PUT", at(1), {"owner_id": UNKNOWN, "team_id": None}),
    ("admin_ada", "PUT", at(20), {"title": "archived", "version": 1}),
    ("admin_ada", "PUT", "not-an-id", {"title": "x"}),
    ("agent_ann", "PUT", "not-an-id", {"title": "x"}),
    ("agent_ann", "PUT", at(1), {"start_time": "12:00", "end_time": "11:00"}),
    ("agent_ann", "DELETE", at(9), None),
    ("broker_bea", "DELETE", at(20), None),
    ("admin_ada", "DELETE", "not-an-id", None),
    ("agent_ann", "PUT", f"{at(16)}/archive", None),
    ("agent_ann", "PUT", f"{at(16)}/archive", None),
    ("agent_ann", "PUT", f"{at(1)}/archive", None),
    ("admin_ada", "PUT", "not-an-id/archive", None),
    ("agent_ann", "POST", f"{at(16)}/cancel", None),
    ("agent_ann", "POST", f"{at(17)}/cancel", None),
    ("admin_ada", "POST", "not-an-id/complete", None),
    ("agent_ben", "POST", f"{at(17)}/complete", None),
    ("agent_ann", "GET", f"{at(1)}/bogus", None),
]
BATCHES: list[tuple[str, dict[str, Any]]] = [
    ("agent_ann", ids(1)),
    ("agent_ann", ids(9)),
    ("agent_ann", ids(40)),
    ("agent_ann", {"ids": [UNKNOWN]}),
    ("admin_ada", ids(60, 60)),
    ("admin_ada", {"ids": ["bogus"]}),
    ("admin_ada", {"ids": [5, None]}),
    ("admin_ada", {"ids": {"a": "b"}}),
    ("admin_ada", {}),
]


class TestAppointments(RecordedRoom):
    """Appointments against the recording."""

    domain = "appointments"
    questions = (
        *(
            Question(user, f"list {user} {query}", "GET", f"/v1/appointments?{query}")
            for user, query in LISTS
        ),
        *(Question("agent_ann", f"create {body}", "POST", "/v1/appointments", body) for body in CREATIONS),
        Question("apikey:agent_ann", "create by key", "POST", "/v1/appointments", MINIMAL),
        *(
            Question(user, f"{method} {user} {key} {body}", method, f"/v1/appointments/{key}", body)
            for user, method, key, body in ROWS
        ),
        *(
            Question(user, f"batch {user} {body}", "POST", "/v1/appointments/batch-delete", body)
            for user, body in BATCHES
        ),
    )


@pytest.mark.parametrize(
    ("second_time", "outcome"), [("09:00:00", Outcome.MATCH), ("10:00:00", Outcome.MISMATCH)]
)
def test_appointments_of_one_time_stand_in_any_order_and_others_do_not(
    second_time: str, outcome: Outcome
) -> None:
    day = "2027-02-04T00:00:00.000Z"
    rows = [
        {"id": "6502f413-dc2d-4e7f-90d5-f44486fb13fc", "appointment_date": day, "start_time": "09:00:00"},
        {"id": "761fefe1-52a6-44e9-a52c-e554d81a01ff", "appointment_date": day, "start_time": second_time},
    ]
    found = exchange(
        *({"data": {"appointments": given}} for given in (rows, rows[::-1])),
        endpoint="GET /v1/appointments",
        domain="appointments",
    )

    assert compare(found, TestAppointments().book, today=date(2026, 11, 29)).outcome is outcome
