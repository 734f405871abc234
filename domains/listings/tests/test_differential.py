"""Listings on both sides beside each other: filters, sort keys, ids, roles, statuses and fields."""

from itertools import product
from typing import Any

from tests.domains.differential import RoomBesideLegacy, asks, writes

LIST = "/v1/listings"
ADA, ANN, BEN = "admin_ada", "agent_ann", "agent_ben"
OF_ANN, SHARED, ARCHIVED = (f"{LIST}/11500000-0000-4000-8000-{number:012}" for number in (9, 2, 40))
CALLERS = (ADA, "owner_otto", ANN, BEN, "broker_bea", "apikey:agent_ann", None)
STATUSES = ("Coming Soon", "Active", "Pending", "Sold", "Expired", "Cancelled", "Withdrawn", "Weird")

READS = (
    *(asks(ADA, f"{LIST}?limit=3&status={status}") for status in ("Active", "active", "Coming%20Soon", "")),
    *(
        asks(ADA, f"{LIST}?limit=3&{key}={value}")
        for key, value in product(("minPrice", "maxDaysOnMarket"), ("30", "x", ""))
    ),
    *(
        asks(ADA, f"{LIST}?limit=60&sortBy={key}&sortOrder={order}")
        for key, order in product(("list_price", "days_on_market", "listing_date", "bogus"), ("asc", "DESC"))
    ),
    *(asks(ADA, f"{LIST}?page={page}&limit=7x") for page in ("abc", "0", "99", "2.9")),
    *(
        asks(user, f"{LIST}?limit=3&scope={scope}")
        for user, scope in product(CALLERS[1:], ("user", "team", "brokerage"))
    ),
    *(asks(user, row) for user, row in product(CALLERS[1:], (OF_ANN, SHARED, ARCHIVED))),
    *(asks(ADA, f"{LIST}/{key}") for key in ("health", "health/db", "1", "%00")),
)
FIELDS: tuple[dict[str, Any], ...] = (
    *({"listingStatus": status} for status in STATUSES),
    *({"listPrice": value} for value in (5, "7.5", None, "", True, "x")),
    *(
        {"bedrooms": 3},
        {"features": ["a", "<b>"]},
        {"drone_photos": "true"},
        {"zipCode": "1" * 11},
        {"nope": 1},
    ),
    *(
        {"expiration_date": day}
        for day in ("today", "10000-01-01", "-infinity", ["2027-01-02"], "13/13/2027")
    ),
    *({"photos": []}, {"features": "5"}, {"features": "[5"}),
    *({"yearBuilt": 1500}, {"city": "X", "version": 2}, {"listingDate": "2027-01-02"}),
)
NEW: tuple[dict[str, Any], ...] = (
    *({"yearBuilt": value} for value in ("", 1.5, True, [], [None], "2.0")),
    {"propertyAddress": [None]},
    *({}, {"listPrice": "5"}, {"propertyType": "condo"}, {"features": {"a": 1}}, {"listingStatus": "Active"}),
    *(
        {"yearBuilt": 1500},
        {"photos": "p"},
        {"description": "<b>"},
        {"bathrooms": "2.5"},
        {"listPrice": None},
    ),
)
ACTS: tuple[tuple[str, str, Any], ...] = (
    *(("PUT", "/archive", None), ("DELETE", "", None), ("PUT", "", {"city": "Q"})),
    *(
        ("POST", "/price-reduction", {"newPrice": 5}),
        ("POST", "/showings", {"date": "2027-01-01", "time": "9"}),
    ),
)
WRITES = (
    *(writes(ADA, "PUT", OF_ANN, body) for body in FIELDS),
    *(writes(ADA, "POST", LIST, {"propertyAddress": "1 New Road"} | body) for body in NEW),
    *(
        writes(user, method, f"{row}{suffix}", body)
        for user, row in product((ADA, ANN, BEN), (OF_ANN, SHARED, ARCHIVED))
        for method, suffix, body in ACTS
    ),
    *(writes(user, "POST", f"{LIST}/batch-delete", {"ids": [ARCHIVED[-36:]]}) for user in CALLERS),
    *(writes(ADA, "POST", f"{LIST}/batch-delete", {"ids": ids}) for ids in ([None], [5], {"a": 1}, [])),
)


class TestListingsBesideLegacy(RoomBesideLegacy):
    """Listings of both sides."""

    domain = "listings"
    tables = ("listings",)
    questions = (*READS, *WRITES)
