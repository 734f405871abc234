"""Contacts and their roles on both sides beside each other: filters, parts, roles, fields and tags."""

from itertools import product
from typing import Any

from tests.domains.differential import RoomBesideLegacy, asks, sending, writes

LIST, ROLES = "/v1/contacts", "/v1/contact-roles"
ADA, ANN, BEN = "admin_ada", "agent_ann", "agent_ben"
OF_ANN, ARCHIVED = (f"{LIST}/0c000000-0000-4000-8000-{number:012}" for number in (3, 10))
OF_NOBODY = f"{LIST}/deadbeef-0000-4000-8000-000000000000"
CALLERS = (ADA, "owner_otto", ANN, BEN, "broker_bea", "apikey:agent_ann", None)
BUYER, BOGUS = "401e0000-0000-4000-8000-000000000001", "deadbeef-0000-4000-8000-000000000000"

READS = (
    *(
        asks(ANN, f"{LIST}?limit=3&{query}")
        for query in (
            "archived=true",
            "archived=1",
            "type=buyer",
            "type=Buyer",
            "search=o%27",
            "search=%25",
            "search=%00",
            "search=a%20b",
        )
    ),
    *(asks(ANN, f"{LIST}?limit=4&offset={offset}") for offset in ("abc", "99", "1.5", "-1", "")),
    *(asks(ANN, f"{LIST}?limit={limit}") for limit in ("2x", "-1", "", "%202", "0")),
    *(
        asks(ANN, f"{LIST}/search?{query}")
        for query in (
            "role=buyer",
            "name=%25",
            "name=_",
            "name=%5C",
            "email=EXAMPLE",
            "limit=x",
            "name=%00",
            "role=",
        )
    ),
    *(asks(user, f"{LIST}?limit=3") for user in CALLERS),
    *(
        asks(user, row + end)
        for user, row, end in product((ADA, ANN, BEN, None), (OF_ANN, ARCHIVED, OF_NOBODY), ("", "/roles"))
    ),
    *(asks(ADA, f"{LIST}/{key}") for key in ("health", "1", "%00", "%00/roles")),
    *(
        asks(user, f"{ROLES}{end}")
        for user, end in product((ANN, None), ("?active_only=false", f"/{BUYER}", "/x"))
    ),
)
ODD: tuple[Any, ...] = ([], {}, [["a"], None], 0, "", None, "\0")
"""What a text field may be sent as."""
FIELDS: tuple[dict[str, Any], ...] = (
    *sending("email", *ODD),
    *sending("first_name", *ODD),
    *sending("contact_type", "Buyer", "buyer", [], None),
    *sending("state", "California", [], ""),
    *sending(
        "tags",
        [],
        ["<b>", None, 5],
        [["a"], ["b"]],
        [["a"], ["b", "c"]],
        [[]],
        {},
        {"a": 1},
        "",
        "{a,b}",
        None,
        0,
        "{a\0}",
    ),
    *({}, {"nope": 1}, {"user_id": 1}),
)
NEW: tuple[dict[str, Any], ...] = (
    *sending("tags", "", None, "{a,b}", "x", {}, 0, [["a"]]),
    *sending("first_name", *ODD),
    *sending("contact_type", "Buyer", [], ""),
)
ROLE: tuple[dict[str, Any], ...] = (
    *({}, {"role_name": "buyer"}, {"icon": []}, {"color": "#1234567"}),
    *sending("sort_order", "x", "5", None),
    *sending("required_fields", ["a"], {}, "x", "[]", None, ""),
    *sending("is_lead_type", "yes", "x", None, []),
    *sending("role_name", *ODD),
)
ACTS: tuple[tuple[str, str, Any], ...] = (
    *(
        ("PATCH", "/archive", None),
        ("PATCH", "/unarchive", None),
        ("DELETE", "", None),
        ("PUT", "", {"last_name": "Q"}),
    ),
    *(("DELETE", f"/roles/{BUYER}", None), ("DELETE", "/roles/x", None)),
    *(
        (method, f"/roles{end}", {"role_id": value})
        for (method, end), value in product((("POST", ""), ("PUT", "/primary")), (BUYER, BOGUS, "", "x"))
    ),
)
WRITES = (
    *(writes(ANN, "PUT", OF_ANN, body) for body in FIELDS),
    *(
        writes(ANN, "POST", LIST, {"first_name": "A", "last_name": "B", "contact_type": "buyer"} | body)
        for body in NEW
    ),
    *(writes(ANN, "POST", ROLES, {"role_name": "notary", "display_name": "Notary"} | body) for body in ROLE),
    *(
        writes(user, method, f"{row}{suffix}", body)
        for user, row in product((ADA, ANN, BEN), (OF_ANN, ARCHIVED, f"{LIST}/%00"))
        for method, suffix, body in ACTS
    ),
)


class TestContactsBesideLegacy(RoomBesideLegacy):
    """Contacts of both sides."""

    domain = "contacts"
    tables = ("contacts", "contact_roles", "contact_role_assignments")
    questions = (*READS, *WRITES)
