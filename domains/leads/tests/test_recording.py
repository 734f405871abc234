"""The recorded exchanges of leads, replayed against modern: only declared deviations, each needed."""

from typing import Any

from parity.compare import compare
from parity.outcome import Outcome
from tests.domains.recording import Question, RecordedRoom
from tests.parity.factories import TODAY, exchange

UNKNOWN = "/v1/leads/deadbeef-0000-4000-8000-000000000000"
BATCH = "/v1/leads/batch-delete"
MINIMAL = {"firstName": "X", "lastName": "Y"}


def lead(number: int) -> str:
    """The path of the seeded lead of that number; its owner is [ada, otto, ann, ann, ben, ben, bea][number % 7]."""
    return f"/v1/leads/{lead_id(number)}"


def lead_id(number: int) -> str:
    return f"1ead0000-0000-4000-8000-{number:012}"


def ids(*numbers: int) -> dict[str, Any]:
    return {"ids": [lead_id(number) for number in numbers]}


LISTS = [
    ("admin_ada", "scope=all&limit=3&leadStatus=New"),
    ("admin_ada", "scope=brokerage&search=hazel"),
    ("admin_ada", "scope=bogus"),
    ("admin_ada", "page=99"),
    ("admin_ada", "page=0"),
    ("admin_ada", "page=1.9&limit=2x"),
    ("admin_ada", "page=1.5&limit=4"),
    ("admin_ada", "page=2x"),
    ("admin_ada", "limit=0"),
    ("admin_ada", "limit=-1"),
    ("admin_ada", "limit="),
    ("admin_ada", "search=%25&leadStatus="),
    ("admin_ada", "search=%00"),
    ("admin_ada", "page=bogus&scope=bogus"),
    ("agent_ann", ""),
    ("agent_ann", "scope=team"),
    ("agent_ann", "scope=all"),
    ("owner_otto", "scope=user&limit=2"),
    ("broker_bea", ""),
    ("broker_bea", "scope=brokerage"),
    ("broker_bea", "scope=team"),
    ("off_olga", ""),
    ("ghost", ""),
    ("badtoken", ""),
    ("apikey:agent_ann", "scope=user"),
    ("apikey:agent_ben", ""),
]
ROWS = [
    ("agent_ann", "GET", "not-an-id", None),
    ("admin_ada", "GET", "not-an-id", None),
    ("admin_ada", "GET", "%00", None),
    ("admin_ada", "GET", "1EAD0000000040008000000000000001", None),
    ("admin_ada", "GET", "export", None),
    ("agent_ann", "GET", lead_id(66), None),
    ("agent_ann", "GET", lead_id(80), None),
    ("admin_ada", "PUT", lead_id(1), {"lead_score": "abc"}),
    ("admin_ada", "PUT", lead_id(1), {"lead_score": 1.5}),
    ("admin_ada", "PUT", lead_id(1), {"lead_score": "7", "first_name": None, "phone": 5}),
    ("admin_ada", "PUT", lead_id(1), {"next_follow_up": "2027-03-15", "notes": "<b>O'Test</b>"}),
    ("admin_ada", "PUT", lead_id(1), {"next_follow_up": "2027-02-30"}),
    ("admin_ada", "PUT", lead_id(1), {"next_follow_up": None, "budget_range": None, "owner_id": None}),
    ("admin_ada", "PUT", lead_id(1), {"phone": "1" * 21}),
    ("admin_ada", "PUT", lead_id(1), {"notes": "x", "version": "one"}),
    ("admin_ada", "PUT", lead_id(1), {"notes": "x", "version": None}),
    ("admin_ada", "PUT", lead_id(1), {"notes": "x", "version": 99}),
    ("admin_ada", "PUT", lead_id(1), {"notes": "x", "version": "98"}),
    ("admin_ada", "PUT", lead_id(1), {"firstName": "", "lastName": None, "leadType": "Renter", "status": 5}),
    ("agent_ann", "PUT", lead_id(1), {"notes": "x", "leadType": "Alien"}),
    ("admin_ada", "PUT", lead_id(1), {"version": 1}),
    ("admin_ada", "PUT", lead_id(1), {"lead_score": 101, "budget_range": ""}),
    ("admin_ada", "PUT", lead_id(20), {"notes": "archived"}),
    ("agent_ann", "PUT", lead_id(80), {"notes": "archived", "version": 1}),
    ("agent_ann", "PUT", lead_id(9), {"notes": "mine", "version": 9}),
    ("agent_ann", "PUT", lead_id(1), {"lead_score": "abc"}),
    ("admin_ada", "PUT", "not-an-id", {"notes": "x"}),
    ("agent_ann", "PUT", "not-an-id", {"notes": "x"}),
    ("admin_ada", "PUT", lead_id(8), {"last_name": None}),
    ("agent_ann", "DELETE", lead_id(9), None),
    ("agent_ann", "DELETE", lead_id(80), None),
    ("agent_ann", "DELETE", lead_id(80), None),
    ("admin_ada", "DELETE", "%00", None),
]
ACTIONS = [
    ("admin_ada", lead_id(3), "activities", {"activityType": None, "notes": ["a", None, True]}),
    ("admin_ada", lead_id(4), "activities", {"activityType": {"a": 1}, "notes": 0}),
    ("admin_ada", lead_id(5), "activities", {"notes": "x\u0000"}),
    ("admin_ada", "not-an-id", "activities", {}),
    ("agent_ann", "not-an-id", "activities", {}),
    ("agent_ann", lead_id(9), "activities", {"activityType": "<Call>"}),
    ("agent_ann", lead_id(80), "activities", {}),
    ("agent_ben", lead_id(40), "convert", None),
    ("agent_ann", lead_id(10), "convert", None),
    ("admin_ada", lead_id(8), "convert", None),
    ("admin_ada", "not-an-id", "convert", None),
    ("apikey:agent_ann", lead_id(17), "convert", None),
]
CREATIONS: list[dict[str, Any]] = [
    {"firstName": "", "lastName": None, "email": None, "phone": None, "leadSource": 5, "leadType": None},
    MINIMAL | {"phone": 5},
    MINIMAL | {"leadType": "buyer"},
    MINIMAL | {"leadType": "Renter"},
    {"firstName": 0, "lastName": False},
    MINIMAL | {"leadStatus": None, "leadScore": None},
    MINIMAL | {"phone": "5" * 21},
    MINIMAL | {"leadScore": "abc"},
    MINIMAL | {"leadScore": "77", "leadStatus": "", "source": "", "notes": None, "leadTemperature": None},
    MINIMAL | {"leadStatus": "x" * 51},
    MINIMAL | {"firstName": "x" * 101},
    MINIMAL | {"notes": "\u0000"},
    MINIMAL | {"budget_range": "", "lead_score": -1},
    MINIMAL | {"lead_score": "abc", "owner_id": "me", "id": "5"},
    MINIMAL | {"email": "o'hara@example.test"},
    {"firstName": "<b>", "lastName": "'; DROP TABLE leads; --", "leadType": "Both", "leadSource": ""},
    {},
]
BATCHES: list[tuple[str, dict[str, Any]]] = [
    ("agent_ann", ids(20)),
    ("agent_ann", ids(80, 20)),
    ("agent_ann", {"ids": ["deadbeef-0000-4000-8000-000000000000"]}),
    ("agent_ann", ids(1)),
    ("agent_ann", ids(9)),
    ("agent_ben", ids(60, 60)),
    ("admin_ada", {"ids": ["bogus"]}),
    ("admin_ada", {"ids": [5]}),
    ("admin_ada", {"ids": "bogus"}),
    ("admin_ada", {}),
    ("admin_ada", ids(1, 40)),
    ("admin_ada", ids(40, 99)),
]


def page_of(*rows: dict[str, Any], total: int) -> dict[str, Any]:
    return {"success": True, "data": {"leads": list(rows), "pagination": {"totalCount": total}}}


def test_a_lead_that_both_sides_list_must_be_the_same_whoever_asks() -> None:
    mine, foreign = ({"id": lead_id(number), "notes": "x", "phone": None} for number in (9, 8))
    listed = page_of(foreign, mine, total=80)
    others = [
        (page_of(mine, total=23), Outcome.ACCEPTED),
        (page_of(total=0), Outcome.ACCEPTED),
        (page_of(mine | {"notes": "y"}, total=23), Outcome.MISMATCH),
        (page_of(foreign, mine | {"notes": "y"}, total=80), Outcome.MISMATCH),
        (page_of({"id": lead_id(9), "notes": "x"}, total=23), Outcome.MISMATCH),
        (page_of(mine | {"phone": 5}, total=23), Outcome.MISMATCH),
    ]

    outcomes = [
        compare(exchange(listed, other, endpoint="GET /v1/leads"), TestLeads().book, today=TODAY).outcome
        for other, _ in others
    ]

    assert outcomes == [outcome for _, outcome in others]


class TestLeads(RecordedRoom):
    """Leads against the recording."""

    domain = "leads"
    questions = (
        *(Question(user, f"list {user} {query}", "GET", f"/v1/leads?{query}") for user, query in LISTS),
        *(Question("agent_ann", f"create {body}", "POST", "/v1/leads", body) for body in CREATIONS),
        Question("apikey:agent_ann", "create by key", "POST", "/v1/leads", MINIMAL),
        *(
            Question(user, f"{method} {user} {key} {body}", method, f"/v1/leads/{key}", body)
            for user, method, key, body in ROWS
        ),
        *(
            Question(user, f"{what} {user} {key} {body}", "POST", f"/v1/leads/{key}/{what}", body)
            for user, key, what, body in ACTIONS
        ),
        *(
            Question(user, f"archive {user} {key}", "PUT", f"/v1/leads/{key}/archive")
            for user, key in (
                ("agent_ann", lead_id(16)),
                ("agent_ann", lead_id(16)),
                ("agent_ann", lead_id(1)),
                ("admin_ada", "not-an-id"),
            )
        ),
        *(Question(user, f"batch {user} {body}", "POST", BATCH, body) for user, body in BATCHES),
        Question("admin_ada", "no endpoint", "GET", f"{lead(1)}/bogus"),
    )
