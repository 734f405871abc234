"""Clients on both sides beside each other: filters, ids, roles, versions and fields."""

from itertools import product
from typing import Any

from tests.domains.differential import RoomBesideLegacy, asks, writes

LIST = "/v1/clients"
ADA, ANN, BEN = "admin_ada", "agent_ann", "agent_ben"
OF_ANN, SHARED, ARCHIVED = (f"{LIST}/c1000000-0000-4000-8000-{number:012}" for number in (7, 1, 4))
CALLERS = (ADA, "owner_otto", ANN, BEN, "broker_bea", "apikey:agent_ann", None)

READS = (
    *(
        asks(ADA, f"{LIST}?limit=5&status={status}")
        for status in ("inactive", "archived", "all", "Active", "")
    ),
    *(asks(ADA, f"{LIST}?limit=5&search={text}") for text in ("cedar", "CEDAR", "%25", "_", "%5C", "o%27")),
    *(asks(ADA, f"{LIST}?page={page}&limit=7x") for page in ("abc", "0", "99", "2.9")),
    *(
        asks(user, f"{LIST}?limit=3&status=all&scope={scope}")
        for user, scope in product(CALLERS[1:], ("user", "team", "brokerage"))
    ),
    *(asks(user, row) for user, row in product(CALLERS[1:], (OF_ANN, SHARED, ARCHIVED))),
    *(asks(ADA, f"{LIST}/{key}") for key in ("health", "1", "%00")),
)
FIELDS: tuple[dict[str, Any], ...] = (
    *({"status": status} for status in ("active", "inactive", "archived", "zombie", None)),
    *({"clientType": kind} for kind in ("Buyer", "seller", "Both", "BUYER")),
    *({"status": "inactive", "version": version} for version in (1, 2, "1", None, "x")),
    *(
        {"firstName": "N", "version": 9},
        {"firstName": ""},
        {"lastName": "<b>"},
        {"phone": 5},
        {"nope": 1},
        {},
    ),
    *({"email": value} for value in ("A@B.CO", "x", "", "kestrel.wexcombe.110@example.test")),
)
NEW: tuple[dict[str, Any], ...] = (
    *(
        {},
        {"email": "a+b@gmail.com"},
        {"clientType": "seller"},
        {"clientType": "Both"},
        {"tags": ["a", "<b>"]},
    ),
    *({"email": "briar.yarrowdale.101@example.test"}, {"addressState": "California"}, {"notes": "<i>"}),
)
ACTS: tuple[tuple[str, str, Any], ...] = (
    *(("PUT", "/archive", None), ("DELETE", "", None), ("PUT", "", {"lastName": "Q"})),
    *(("PATCH", "/tags", {"tags": ["a"]}), ("POST", "/notes", {})),
)
WRITES = (
    *(writes(ADA, "PUT", OF_ANN, body) for body in FIELDS),
    *(writes(ADA, "POST", LIST, {"firstName": "A", "lastName": "B"} | body) for body in NEW),
    *(
        writes(user, method, f"{row}{suffix}", body)
        for user, row in product((ADA, ANN, BEN), (OF_ANN, SHARED, ARCHIVED))
        for method, suffix, body in ACTS
    ),
    *(writes(user, "POST", f"{LIST}/batch-delete", {"ids": [ARCHIVED[-36:]]}) for user in CALLERS),
    *(writes(ADA, "POST", f"{LIST}/batch-delete", {"ids": ids}) for ids in ([None], [5], {"a": 1}, [])),
)


class TestClientsBesideLegacy(RoomBesideLegacy):
    """Clients of both sides."""

    domain = "clients"
    tables = ("clients", "contacts")
    questions = (*READS, *WRITES)
