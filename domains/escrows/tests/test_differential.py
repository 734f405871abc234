"""Escrows on both sides beside each other: filters, sort keys, ids, roles, fields and sections."""

from itertools import product
from typing import Any

from tests.domains.differential import RoomBesideLegacy, asks, writes

LIST = "/v1/escrows"
ADA, ANN, BEN = "admin_ada", "agent_ann", "agent_ben"
OF_ANN, OF_OTTO, ARCHIVED, OF_NOBODY = (
    f"{LIST}/e5c00000-0000-4000-8000-{number:012}" for number in (9, 1, 20, 42)
)
CALLERS = (ADA, "owner_otto", ANN, BEN, "broker_bea", "apikey:agent_ann", None)
PARTS = ("timeline", "people", "financials", "details", "property-details", "documents", "notes")


READS = (
    *(asks(ADA, f"{LIST}?limit=3&status={status}") for status in ("CLOSED", "all", "", "bogus")),
    *(asks(ADA, f"{LIST}?limit=3&search={text}") for text in ("granite", "%25", "_", "%5C")),
    *(
        asks(ADA, f"{LIST}?limit=60&sort={key}&order={order}")
        for key, order in (("closing_date", "asc"), ("city", "DESC"), ("version", "asc"), ("people", "asc"))
    ),
    *(asks(ADA, f"{LIST}?page={page}&limit=7") for page in ("1.5", "%2B2", "99")),
    *(
        asks(user, f"{LIST}?limit=3&scope={scope}")
        for user, scope in product(CALLERS[1:], ("user", "team", "all"))
    ),
    *(asks(user, row) for user, row in product(CALLERS[1:], (OF_ANN, OF_OTTO, ARCHIVED))),
    *(asks(ADA, f"{LIST}/{key}") for key in ("9", "ESC-2025-0009", "escrow-5", "1.5", "%00", "health")),
    *(asks(ADA, f"{OF_NOBODY}/{part}") for part in PARTS),
    asks("apikey:agent_ann", f"{LIST}/health/auth"),
)
DAYS = ("today", "01/02/2026", "Jan 5 2026", "10000-01-01", "0044-03-15 BC", "infinity", "2026-02-30", "5")
FIELDS: tuple[dict[str, Any], ...] = (
    *({"myCommission": value} for value in (5, "7.5", None, "", True)),
    *({"closingDate": value} for value in ("2027-01-02", None, "soon", 5)),
    *({"city": value} for value in ("<b>&", None, "")),
    *({"closingDate": value} for value in (["2027-01-02"], "2460000", "tomorrow", "10000-01-01")),
    *({"acceptanceDate": value} for value in DAYS),
    *({"pool": "yes"}, {"bedrooms": "3"}, {"my_commission": 5}),
    *(
        {"escrow_status": []},
        {"purchase_price": {}},
        {"property_images": []},
        {"people": "5"},
        {"purchase_price": 0},
    ),
    {"escrow_officer_name": "A", "escrowOfficerName": "B"},
    {"city": "X", "version": 2},
    {"opening_date": "2027-02-01", "closing_date": "2027-01-01"},
)
NEW: tuple[dict[str, Any], ...] = (
    *({"zip_code": value} for value in ("", 0, False)),
    *({"zipCode": ""}, {"closing_date": ""}, {"acceptance_date": False}, {"propertyAddress": [None]}),
    *({}, {"propertyAddress": 0}, {"propertyAddress": False}, {"propertyAddress": ""}),
    *({"my_commission": 5}, {"purchase_price": "7"}, {"state": "California"}, {"earnest_money": -1}),
    {"buyers": [{"name": "A"}], "id": "x", "owner_id": "y"},
)
ACTS: tuple[tuple[str, str, Any], ...] = (
    *(("PUT", "", {"city": "X"}), ("DELETE", "", None), ("PUT", "/archive", None), ("PUT", "/restore", None)),
    ("POST", "/notes", {"note": ""}),
)
WRITES = (
    *(writes(ADA, "PUT", OF_ANN, body) for body in FIELDS),
    *(writes(ADA, "POST", LIST, {"propertyAddress": "1 New Road"} | body) for body in NEW),
    *(
        writes(ADA, "PUT", f"{OF_ANN}/{part}", body)
        for part, body in product(("people", "financials"), ({}, {"a": {"b": ["<i>", None]}}, ["x"]))
    ),
    *(
        writes(user, method, f"{row}{suffix}", body)
        for user, row in product((ADA, ANN, BEN), (OF_ANN, ARCHIVED, f"{LIST}/%00"))
        for method, suffix, body in ACTS
    ),
)


class TestEscrowsBesideLegacy(RoomBesideLegacy):
    """Escrows of both sides."""

    domain = "escrows"
    tables = ("escrows",)
    questions = (*READS, *WRITES)
