"""The gaps in the recording of listings."""

from collections.abc import Sequence

from tests.support.unrecorded import CREATED, Derived, in_domain

ADA, ANN, BEA = "admin_ada", "agent_ann", "broker_bea"
LIST = "/v1/listings"
MALFORMED = f"{LIST}/not-a-uuid"
SEEDED = "the seed, by created_at, newest first, as in 001"
FILTERS = "endpoints.md: query of GET /listings"


def listing(number: int) -> str:
    return f"{LIST}/11500000-0000-4000-8000-{number:012}"


gap = in_domain("listings")


def listed(
    number: int,
    name: str,
    user: str,
    query: str,
    rows: Sequence[int],
    total: int,
    *,
    evidence: str = SEEDED,
    page: int = 1,
    limit: int = 20,
) -> Derived:
    """A list, of which these rows come first."""
    pages = -(-total // limit) if limit else None
    pagination = {"total": total, "page": page, "limit": limit, "pages": pages}
    shown = {f"data.listings[{place}].mls_number": f"MLSSYN{row:04}" for place, row in enumerate(rows)}
    return gap(
        *(number, name, user, f"{LIST}{query}", 200, 3, evidence),
        shows=shown | {"data.pagination": pagination},
    )


def failed(number: int, name: str, query: str, sql_count: int) -> Derived:
    """A list that fails: endpoints.md has 500 FETCH_ERROR, clients-013 and -014 show its shape."""
    return gap(
        *(number, name, ADA, f"{LIST}{query}", 500, sql_count, "endpoints.md: 500 FETCH_ERROR; clients-013"),
        shows={"error": {"code": "FETCH_ERROR", "message": "Failed to fetch listings"}},
    )


DERIVED = (
    listed(2, "list_page2", ADA, "?page=2&limit=5", (49, 48, 47, 46, 45), 57, page=2, limit=5),
    listed(4, "list_limit_zero", ADA, "?limit=0", (), 57, limit=0, evidence="limit=0 gives pages null"),
    failed(5, "list_page_invalid", "?page=abc", 3),
    failed(5, "list_limit_negative", "?limit=-1", 3),
    listed(8, "list_status_lower", ADA, "?status=active&limit=3", (), 0, limit=3, evidence="status is exact"),
    listed(8, "list_status_Coming", ADA, "?status=Coming%20Soon&limit=3", (50, 43, 36), 9, limit=3),
    listed(9, "list_status_unknown", ADA, "?status=Bogus", (), 0, evidence=FILTERS),
    listed(
        10, "list_min_price", ADA, "?minPrice=600000&limit=3", (54, 53, 52), 35, limit=3, evidence=FILTERS
    ),
    listed(
        *(14, "list_days_on_market", ADA, "?minDaysOnMarket=10&maxDaysOnMarket=30&limit=3", (29, 28, 26), 17),
        limit=3,
        evidence=FILTERS,
    ),
    failed(15, "list_min_price_invalid", "?minPrice=cheap", 2),
    listed(
        20, "list_scope_user", ADA, "?scope=user&limit=3", (49, 42, 35), 8, limit=3, evidence="escrows-006"
    ),
    listed(22, "list_scope_all", ADA, "?scope=all&limit=2", (54, 53), 57, limit=2, evidence="escrows-009"),
    listed(24, "list_agent_default_empty", ANN, "", (), 0, evidence="Q-20, as clients-017"),
    listed(25, "list_agent_scope_user", ANN, "?scope=user&limit=3", (52, 51, 45), 18, limit=3),
    gap(
        *(26, "list_agent_scope_team", ANN, f"{LIST}?scope=team", 403, 1, "endpoints.md: 403; clients-019"),
        shows={"error": {"code": "FORBIDDEN", "message": "User is not associated with a team"}},
    ),
    gap(
        *(27, "list_broker_default_error", BEA, LIST, 500, 1, "Q-11; appointments-017"),
        shows={"error.code": "FETCH_ERROR"},
    ),
    gap(
        *(30, "get_admin", ADA, listing(1), 200, 2, "031"),
        shows={"data.mls_number": "MLSSYN0001", "data.analytics.views": 0},
    ),
    gap(40, "get_malformed", ADA, MALFORMED, 500, 2, "endpoints.md: 500 FETCH_ERROR", like="listings-043"),
    gap(41, "get_malformed_agent", ANN, MALFORMED, 403, 2, "notes", like="listings-039"),
    gap(42, "get_no_auth", None, listing(1), 401, 0, "endpoints.md: NO_AUTH_TOKEN", like="listings-029"),
    gap(44, "health_shadowed", ADA, f"{LIST}/health", 500, 2, "weakness 3", like="listings-043"),
    gap(
        *(
            45,
            "health_db",
            ADA,
            f"{LIST}/health/db",
            200,
            4,
            "volatile values of endpoints.md; the public source",
        ),
        shows={"data.status": "connected", "error": None},
    ),
    gap(
        *(47, "get_created", ADA, f"{LIST}/{{{{create_full.data.id}}}}", 200, 2, "clients-035; 046"),
        shows={"data.property_address": "50 Listing Loop", "data.commission.total": 5},
        volatile=(*CREATED, "$.data.mls_number"),
    ),
)
