"""Leads on both sides beside each other: filters, pages, roles, scores, versions, activities and conversions."""

from itertools import product
from typing import Any

from tests.domains.differential import RoomBesideLegacy, asks, sending, writes

LIST = "/v1/leads"
ADA, ANN, BEN = "admin_ada", "agent_ann", "agent_ben"
OF_ANN, ARCHIVED = (f"{LIST}/1ead0000-0000-4000-8000-{number:012}" for number in (9, 20))
OF_NOBODY = f"{LIST}/deadbeef-0000-4000-8000-000000000000"
CALLERS = (ADA, "owner_otto", ANN, BEN, "broker_bea", "apikey:agent_ann", None)

READS = (
    *(asks(ADA, f"{LIST}?limit=3&leadStatus={status}") for status in ("New", "new", "", "%00")),
    *(asks(ADA, f"{LIST}?limit=3&search={text}") for text in ("hazel", "%25", "_", "%5C", "%00")),
    *(asks(ADA, f"{LIST}?page={page}&limit=4") for page in ("abc", "0", "99", "1.5", "")),
    *(asks(ADA, f"{LIST}?limit={limit}") for limit in ("2x", "-1", "%202", "0")),
    *(asks(user, f"{LIST}?limit=3&scope={scope}") for user, scope in product(CALLERS[1:], ("user", "all"))),
    *(asks(user, row) for user, row in product(CALLERS, (OF_ANN, ARCHIVED, OF_NOBODY))),
    *(asks(ADA, f"{LIST}/{key}") for key in ("health", "1", "%00")),
)
FIELDS: tuple[dict[str, Any], ...] = (
    *sending("email", "a@b.co", "", None, 5, [], {}),
    *sending("phone", "5", 5, [], "5" * 21),
    *sending("lead_score", 0, 101, "7", "x", None, [], [5], "\0"),
    *sending("budget_range", "", " ", 5, []),
    *sending("next_follow_up", "2027-01-02", "soon", 20270102, [], "a\0", None),
    *sending("version", 1, "1", None, "x", [], 1.5, notes="N"),
    *sending("firstName", "", None, 5, []),
    *sending("leadType", "Buyer", ["Buyer"], [], 5),
    *sending("status", [], 5),
    *({}, {"nope": 1}, {"notes": {}}, {"notes": [["a"], None]}, {"first_name": None}, {"timeline": "<i>"}),
)
NEW: tuple[dict[str, Any], ...] = (
    *sending("email", "A@B.co", "x", None, 5, [], {}, ["a@b.co"], ["a@b.co", "x"]),
    *sending("phone", 5, "", None, []),
    *sending("firstName", [], {}, 0, 5, "\0", ""),
    *sending("leadScore", "5", "", "x", None, [], 500),
    *sending("source", [], 0, 5),
    *sending("leadSource", [], 0, ""),
    *sending("leadStatus", [], 0, ""),
    *sending("leadType", "Buyer", ["Buyer"], [], 5),
    *({"notes": []}, {"notes": 0}, {"lead_score": []}, {"lead_score": "x"}, {"leadTemperature": []}),
)
ACTS: tuple[tuple[str, str, Any], ...] = (
    *(("PUT", "/archive", None), ("DELETE", "", None), ("PUT", "", {"notes": "Q"})),
    *(("POST", "/convert", None), ("POST", "/activities", {"activityType": "Call", "notes": "<b>"})),
)
WRITES = (
    *(writes(ADA, "PUT", OF_ANN, body) for body in FIELDS),
    *(writes(ADA, "POST", LIST, {"firstName": "A", "lastName": "B"} | body) for body in NEW),
    *(
        writes(ADA, "POST", f"{OF_ANN}/activities", body)
        for body in (*sending("notes", [[1, [2]], {}], 1e21), *sending("activityType", []), ["x"])
    ),
    *(
        writes(user, method, f"{row}{suffix}", body)
        for user, row in product((ADA, ANN, BEN), (OF_ANN, ARCHIVED, f"{LIST}/%00"))
        for method, suffix, body in ACTS
    ),
    *(writes(user, "POST", f"{LIST}/batch-delete", {"ids": [ARCHIVED[-36:]]}) for user in CALLERS),
    *(writes(ADA, "POST", f"{LIST}/batch-delete", body) for body in sending("ids", *([], [None], {}, ["x"]))),
)


class TestLeadsBesideLegacy(RoomBesideLegacy):
    """Leads of both sides."""

    domain = "leads"
    tables = ("leads", "clients", "contacts")
    questions = (*READS, *WRITES)
