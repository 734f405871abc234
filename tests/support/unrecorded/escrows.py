"""The gaps in the recording of escrows."""

from collections.abc import Sequence

from tests.support.unrecorded import CREATED, WRITTEN, Derived, in_domain

ADA, OTTO, ANN, BEN, BEA = "admin_ada", "owner_otto", "agent_ann", "agent_ben", "broker_bea"
LIST = "/v1/escrows"
UNKNOWN = f"{LIST}/deadbeef-0000-4000-8000-000000000000"
SEEDED = "the seed, by created_at, newest first, as in 002"
AS_GIVEN = "the name and the place: what the given exchanges show of the other parts"


def escrow(number: int) -> str:
    return f"{LIST}/e5c00000-0000-4000-8000-{number:012}"


gap = in_domain("escrows")


def listed(
    number: int,
    name: str,
    user: str,
    query: str,
    rows: Sequence[int],
    total: int,
    *,
    evidence: str = SEEDED,
    sql_count: int = 5,
    limit: int = 20,
) -> Derived:
    """A list, of which these rows come first."""
    pagination = {"total": total, "page": 1, "limit": limit, "totalPages": -(-total // limit)}
    shown = {f"data.escrows[{place}].displayId": f"ESC-2025-{row:04}" for place, row in enumerate(rows)}
    return gap(
        *(number, name, user, f"{LIST}{query}", 200, sql_count, evidence),
        shows=shown | {"data.pagination": pagination},
    )


def refused(number: int, name: str, user: str | None, query: str, sql_count: int, like: str) -> Derived:
    """A list that is refused as a given one is, or as the same list of another domain."""
    status = {"401": 401, "403": 403, "400": 400}[like[:3]]
    code, _, message = like[4:].partition(": ")
    return gap(
        *(number, name, user, f"{LIST}{query}", status, sql_count, "endpoints.md: codes of GET /escrows"),
        shows={"error.code": code, "error.message": message},
    )


LISTS = (
    # The first list of a process also asks for the columns of `escrows` (public source: the answer is kept until
    # the process ends), which would make it 6. "5-7" in endpoints.md allows both; ours never asks: legacy_bridge/__init__.py says why.
    listed(1, "list_admin_default", ADA, "", range(59, 40, -1), 57),
    listed(3, "list_limit_all", ADA, "?limit=200", range(59, 40, -1), 57, limit=200),
    listed(7, "list_admin_scope_team", ADA, "?scope=team&limit=4", (59, 58, 57, 56), 57, limit=4),
    listed(12, "list_status_upper", ADA, "?status=CLOSED&limit=3", (57, 52, 47), 12, limit=3),
    listed(12, "list_status_pending", ADA, "?status=Pending&limit=3", (56, 51, 46), 12, limit=3),
    listed(13, "list_status_unknown", ADA, "?status=bogus", (), 0),
    listed(15, "list_archived_false", ADA, "?archived=false&limit=3", (59, 58, 57), 57, limit=3),
    listed(15, "list_status_empty", ADA, "?status=&limit=3", (59, 58, 57), 57, limit=3),
    listed(18, "list_include_archived", ADA, "?includeArchived=true&limit=3", (60, 59, 58), 60, limit=3),
    # PostgreSQL puts what is null first where the order is descending
    listed(23, "list_sort_closing_desc", ADA, "?sort=closing_date&order=desc&limit=4", (), 57, limit=4),
    listed(23, "list_sort_closing_asc", ADA, "?sort=closing_date&order=asc&limit=2", (1, 2), 57, limit=2),
    gap(
        *(24, "list_sort_unknown", ADA, f"{LIST}?sort=bogus", 500, 5),
        "weakness 4: `sort=bogus` reaches the parser; 025 has the shape",
        shows={
            "error.code": "SERVER_ERROR",
            "error.details": {
                "errorMessage": 'column "bogus" does not exist',
                "errorCode": "42703",
                "errorName": "error",
            },
        },
    ),
    listed(
        26, "list_price_range_ignored", ADA, "?minPrice=400000&maxPrice=500000&limit=3", (59, 58), 57, limit=3
    ),
    refused(
        *(26, "list_min_price_invalid", ADA, "?minPrice=cheap", 1),
        "400 VALIDATION_ERROR: Invalid input data",
    ),
    listed(
        27, "list_closing_range_ignored", ADA, "?closingDateStart=2027-01-01&limit=3", (59, 58), 57, limit=3
    ),
    refused(
        *(34, "list_expired_token", "expired:agent_ann", "", 0),
        "401 TOKEN_EXPIRED: Authentication token has expired",
    ),
    refused(35, "list_unknown_user", "ghost", "", 1, "401 USER_NOT_FOUND: User not found"),
    listed(38, "list_agent_default_empty", ANN, "", (), 0, evidence="Q-20, as clients-017"),
    listed(43, "list_owner_default_empty", OTTO, "", (), 0, evidence="Q-20, as clients-017"),
    refused(
        *(44, "list_owner_scope_team", OTTO, "?scope=team", 1),
        "403 FORBIDDEN: User is not associated with a team",
    ),
    refused(
        *(44, "list_owner_scope_brokerage", OTTO, "?scope=brokerage", 1),
        '403 FORBIDDEN: Only brokers and system_admin can access "brokerage" scope',
    ),
    listed(44, "list_owner_scope_user", OTTO, "?scope=user&limit=4", (57, 50, 43, 36), 9, limit=4),
    listed(44, "list_other_team_scope_user", BEN, "?scope=user&limit=4", (54, 53, 47, 46), 15, limit=4),
    listed(48, "list_broker_scope_team", BEA, "?scope=team", (), 0, evidence="Q-20: the team is unknown"),
    refused(
        *(48, "list_broker_scope_all", BEA, "?scope=all", 1),
        '403 FORBIDDEN: Only system_admin can access "all" scope',
    ),
    listed(48, "list_apikey_admin", "apikey:admin_ada", "?limit=3", (59, 58, 57), 57, limit=3, sql_count=7),
    listed(
        *(50, "list_apikey_agent_scope_user", "apikey:agent_ann", "?scope=user&limit=3", (59, 58, 52), 18),
        limit=3,
        sql_count=7,
    ),
    refused(
        *(50, "list_apikey_agent_scope_team", "apikey:agent_ann", "?scope=team", 3),
        "403 FORBIDDEN: User is not associated with a team",
    ),
    refused(
        *(53, "list_apikey_invalid", "apikey:nobody", "", 2),
        "401 INVALID_API_KEY: Invalid API key provided",
    ),
)

ONE = (
    gap(54, "get_admin", ADA, escrow(1), 200, 2, "055", shows={"data.details.escrowNumber": "ESC-2025-0001"}),
    gap(59, "get_display_id", ADA, f"{LIST}/ESC-2025-0005", 200, 2, "forms of the id", like="escrows-058"),
    gap(62, "get_unknown_uuid_agent", ANN, UNKNOWN, 403, 2, "requireOwnership", like="escrows-064"),
    gap(63, "get_malformed_id", ADA, f"{LIST}/not-an-id", 404, 2, "its id is text", like="escrows-061"),
    gap(65, "get_no_auth", None, escrow(1), 401, 0, "endpoints.md: NO_AUTH_TOKEN", like="escrows-032"),
    gap(65, "get_display_id_agent", ANN, f"{LIST}/ESC-2025-0002", 403, 2, "notes", like="escrows-064"),
    gap(66, "get_agent_own", ANN, escrow(2), 200, 3, "074 by token", like="escrows-074"),
    gap(69, "get_other_team", BEN, escrow(3), 403, 3, "068", like="escrows-068"),
    gap(73, "get_archived_agent", ANN, escrow(20), 403, 3, "row 20 is bea's; 067", like="escrows-067"),
    gap(77, "health_shadowed", ADA, f"{LIST}/health", 404, 2, "shadowed by /:id", like="escrows-075"),
    gap(
        *(
            79,
            "health_db",
            ADA,
            f"{LIST}/health/db",
            200,
            3,
            "endpoints.md: data{connected,database,serverTime}",
        ),
        shows={"data.connected": True},
    ),
)


def part(first: int, name: str, *missing: str) -> tuple[Derived, ...]:
    """What is missing of the four reads of a part: of row 1, of row 6, of no row, of another team's row."""
    reads = {
        "": (ADA, escrow(1), 200, ""),
        "_variant": (ADA, escrow(6), 200, ""),
        "_unknown": (ADA, UNKNOWN, 404, "escrows-086"),
        "_foreign_team": (BEN, escrow(3), 200, ""),
    }
    return tuple(
        gap(first + place, f"sub_{name}{suffix}", user, f"{row}/{name}", status, 2, AS_GIVEN, like=like)
        for place, (suffix, (user, row, status, like)) in enumerate(reads.items())
        if suffix in missing or not missing
    )


PARTS = (
    # As 001: in endpoints.md one timeline took 3, the first part of an escrow that this process was asked for
    *part(80, "timeline", "", "_variant", "_unknown"),
    *part(88, "financials", "_unknown", "_foreign_team"),
    *part(92, "checklists", "_unknown", "_foreign_team"),
    *part(96, "details", "_variant", "_foreign_team"),
    *part(100, "property-details", "", "_unknown", "_foreign_team"),
    *part(104, "checklist-loan", "_variant"),
    *part(108, "checklist-house", ""),
    *part(112, "checklist-admin", "_unknown", "_foreign_team"),
    *part(116, "documents", "_variant", "_unknown", "_foreign_team"),
    *part(120, "notes"),
    gap(126, "sub_no_auth", None, f"{escrow(1)}/timeline", 401, 0, "NO_AUTH_TOKEN", like="escrows-032"),
)

AFTER = (
    gap(
        *(129, "get_created", ADA, f"{LIST}/{{{{create_full.data.id}}}}", 200, 2, "clients-035; 128"),
        shows={"data.details.propertyAddress": "12 Recorder Road", "data.details.purchasePrice": 512500},
        volatile=CREATED,
    ),
    gap(
        *(136, "get_html_escaped", ADA, f"{LIST}/{{{{create_html_escaped.data.id}}}}", 200, 2, "Q-22"),
        shows={"data.details.propertyAddress": "4 O&#x27;Test &amp; Sons &lt;b&gt;Way&lt;&#x2F;b&gt;"},
        volatile=CREATED,
    ),
    gap(178, "get_timeline_after_put", ADA, f"{escrow(13)}/timeline", 200, 2, "177", like="escrows-177"),
    gap(182, "get_financials_after_put", ADA, f"{escrow(13)}/financials", 200, 2, "181", like="escrows-181"),
    gap(
        *(
            222,
            "list_archived_after_batch",
            ADA,
            f"{LIST}?archived=true",
            200,
            5,
            "207: 015 is archived; 217, 218",
        ),
        shows={"data.escrows[*].displayId": ["ESC-2025-0015"]},
        volatile=(*WRITTEN, "$.**.deleted_at"),
    ),
    gap(
        226, "newstyle_stats", ADA, f"{LIST}/stats?status=Active", 404, 2, "listings-107", like="escrows-075"
    ),
)

DERIVED = (*LISTS, *ONE, *PARTS, *AFTER)
