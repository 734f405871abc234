"""The gaps in the recording of leads."""

from collections.abc import Sequence

from tests.support.unrecorded import CREATED, Derived, in_domain

ADA, OTTO, ANN, BEN, BEA = "admin_ada", "owner_otto", "agent_ann", "agent_ben", "broker_bea"
LIST = "/v1/leads"
UNKNOWN = f"{LIST}/deadbeef-0000-4000-8000-000000000000"
SEEDED = "the seed, by created_at, newest first, as in 002"
LEAK = "Q-01: every user sees all leads"
gap = in_domain("leads")


def lead(number: int) -> str:
    return f"{LIST}/1ead0000-0000-4000-8000-{number:012}"


def listed(
    number: int,
    name: str,
    user: str,
    query: str,
    rows: Sequence[int],
    total: int,
    *,
    limit: int = 20,
    sql_count: int = 3,
    evidence: str = SEEDED,
) -> Derived:
    """A list, of which these rows come first."""
    pagination = {"currentPage": 1, "totalPages": -(-total // limit), "totalCount": total, "limit": limit}
    ids = {f"data.leads[{place}].id": f"1ead0000-0000-4000-8000-{row:012}" for place, row in enumerate(rows)}
    shows = ids | {"data.pagination": pagination}
    return gap(number, name, user, f"{LIST}{query}", 200, sql_count, evidence, shows=shows)


NEWEST = (69, 68, 67)
LISTS = (
    listed(1, "list_admin_default", ADA, "", (69, 68, 67, 66, 65), 76),
    listed(3, "list_limit_all", ADA, "?limit=200", (69, 68, 67, 66, 65), 76, limit=200),
    listed(5, "list_status_new", ADA, "?leadStatus=New&limit=3", (65, 55, 50), 12, limit=3),
    listed(6, "list_status_converted", ADA, "?leadStatus=Converted&limit=3", (68, 63, 58), 16, limit=3),
    listed(7, "list_status_lower", ADA, "?leadStatus=new", (), 0, evidence="exact"),
    listed(9, "list_type_ignored", ADA, "?leadType=Buyer&limit=3", NEWEST, 76, limit=3),
    listed(10, "list_search_name", ADA, "?search=cedar&limit=3", (59, 39, 19), 4, limit=3),
    listed(11, "list_search_email", ADA, "?search=lead13.&limit=3", (13,), 1, limit=3),
    gap(
        *(14, "list_scope_invalid", ADA, f"{LIST}?scope=x", 400, 1),
        "endpoints.md: INVALID_SCOPE, which no given list of leads shows; clients-016",
        shows={"error.message": "Invalid scope. Must be one of: user, team, brokerage, all"},
    ),
    listed(15, "list_agent_default_leak", ANN, "?limit=3", NEWEST, 76, limit=3, evidence=LEAK),
    gap(
        *(17, "list_agent_scope_team", ANN, f"{LIST}?scope=team", 403, 1),
        "endpoints.md: FORBIDDEN, which no given list of leads shows; clients-019",
        shows={"error": {"code": "FORBIDDEN", "message": "User is not associated with a team"}},
    ),
    listed(17, "list_owner_default_leak", OTTO, "?limit=3", NEWEST, 76, limit=3, evidence=LEAK),
    listed(18, "list_broker_default_leak", BEA, "?limit=3", NEWEST, 76, limit=3, evidence=LEAK),
    listed(18, "list_other_team_leak", BEN, "?limit=3", NEWEST, 76, limit=3, evidence=LEAK),
    listed(
        *(19, "list_apikey_agent", "apikey:agent_ann", "?scope=user&limit=2", (69, 68), 76),
        limit=2,
        sql_count=5,
        evidence="endpoints.md: 5 statements; clients-021, and Q-01",
    ),
)
ONE = (
    gap(
        22,
        "get_agent_own",
        ANN,
        lead(2),
        200,
        3,
        "listings-033",
        shows={"data.owner_id": "c0ffee00-0000-4000-8000-000000000003"},
    ),
    gap(
        *(25, "get_private_of_other", BEN, lead(24), 403, 2),
        "a private lead is its owner's and the admins' alone; public source: before the grants are asked for",
        like="leads-024",
    ),
    gap(25, "get_private_admin", ADA, lead(24), 200, 2, "admins see it", shows={"data.is_private": True}),
    gap(25, "get_owner_team_record", OTTO, lead(3), 403, 3, "Q-20; escrows-068", like="leads-024"),
    gap(
        *(29, "get_malformed", ADA, f"{LIST}/not-a-uuid", 500, 2),
        "appointments-027",
        shows={
            "error.code": "FETCH_ERROR",
            "error.details": 'invalid input syntax for type uuid: "not-a-uuid"',
        },
    ),
    gap(29, "get_unknown_agent", ANN, UNKNOWN, 403, 2, "listings-039", like="leads-024"),
    gap(
        *(33, "get_created", ADA, f"{LIST}/{{{{create_full.data.id}}}}", 200, 2, "appointments-031"),
        shows={"data.lead_source": "Referral", "data.lead_score": 40},
        volatile=CREATED,
    ),
    gap(
        *(62, "get_converted_client", ADA, "/v1/clients/{{convert.data.client.id}}", 200, 2),
        "endpoints.md names GET /clients/:id under leads; public source: what the notes become",
        shows={
            "data.client_type": "buyer",
            "data.first_name": "Quill",
            "data.email": "lead13.quartzby@example.test",
            "data.notes": "Converted from lead. Original notes: Lead note 13",
            "data.tags": None,
        },
        volatile=CREATED,
    ),
    gap(
        62,
        "get_after_convert",
        ADA,
        lead(13),
        200,
        2,
        "061",
        shows={"data.lead_status": "converted"},
        volatile=(*CREATED, "$.**.converted_to_client_id"),
    ),
)
DERIVED = (*LISTS, *ONE)
