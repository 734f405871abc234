"""The gaps in the recording of appointments."""

from collections.abc import Sequence

from tests.support.unrecorded import CREATED, Derived, in_domain

ADA, OTTO, ANN, BEN, BEA = "admin_ada", "owner_otto", "agent_ann", "agent_ben", "broker_bea"
LIST = "/v1/appointments"
UNKNOWN = f"{LIST}/deadbeef-0000-4000-8000-000000000000"
SEEDED = "the seed, by day and time, latest first, as in 002"
gap = in_domain("appointments")


def appointment(number: int) -> str:
    return f"{LIST}/a9900000-0000-4000-8000-{number:012}"


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
    ids = {
        f"data.appointments[{place}].id": f"a9900000-0000-4000-8000-{row:012}"
        for place, row in enumerate(rows)
    }
    shows = ids | {"data.pagination": pagination}
    return gap(number, name, user, f"{LIST}{query}", 200, sql_count, evidence, shows=shows)


LISTS = (
    gap(
        *(4, "list_page_invalid", ADA, f"{LIST}?page=abc", 500, 3),
        "endpoints.md: FETCH_ERROR; leads-004 has the place, the count and the sentence",
        shows={
            "error.code": "FETCH_ERROR",
            "error.message": "Failed to fetch appointments",
            "error.details": 'invalid input syntax for type bigint: "NaN"',
        },
    ),
    listed(4, "list_limit_zero", ADA, "?limit=20&page=1", (58, 56, 54, 52, 50), 57),
    listed(8, "list_end_only", ADA, "?endDate=2025-06-01&limit=4", (9, 7, 5, 3), 5, limit=4),
    listed(11, "list_status_unknown", ADA, "?status=cancelled", (), 0, evidence="exact: seeded as Cancelled"),
    listed(11, "list_status_no_show", ADA, "?status=No%20Show&limit=3", (54, 44, 34), 12, limit=3),
    listed(14, "list_agent_default_empty", ANN, "", (), 0, evidence="Q-20; clients-017"),
    gap(
        *(16, "list_agent_scope_team", ANN, f"{LIST}?scope=team", 403, 1),
        "endpoints.md: FORBIDDEN, which no given list shows; clients-019",
        shows={"error": {"code": "FORBIDDEN", "message": "User is not associated with a team"}},
    ),
    listed(16, "list_owner_default_empty", OTTO, "", (), 0, evidence="Q-20; clients-017"),
    listed(20, "list_apikey_admin", "apikey:admin_ada", "?limit=2", (58, 56), 57, limit=2, sql_count=5),
)
ONE = (
    gap(20, "get_admin", ADA, appointment(1), 200, 2, "leads-021", shows={"data.version": 1}),
    gap(
        21,
        "get_agent_own",
        ANN,
        appointment(3),
        200,
        3,
        "listings-033; owner_id = me",
        shows={"success": True},
    ),
    gap(21, "get_agent_own_of_private_lead", ANN, appointment(30), 200, 3, "the owner sees it all the same"),
    gap(
        *(24, "get_linked_lead_other", ANN, appointment(5), 403, 4),
        "requireOwnership; public source: the lead of an appointment is one more statement",
        like="appointments-022",
    ),
    gap(
        *(24, "get_linked_private_lead", BEN, appointment(30), 403, 3),
        "private leads hide their appointments; public source: before the grants are asked for",
        like="appointments-022",
    ),
    gap(
        28, "get_malformed_agent", ANN, f"{LIST}/not-a-uuid", 403, 2, "cross-cutting", like="appointments-022"
    ),
    gap(28, "get_unknown_agent", ANN, UNKNOWN, 403, 2, "listings-039", like="appointments-022"),
    gap(28, "get_no_auth", None, appointment(1), 401, 0, "NO_AUTH_TOKEN; leads-030", like="appointments-019"),
    gap(
        *(29, "stats_shadowed", ADA, f"{LIST}/stats", 500, 2),
        "endpoints.md: GET /appointments/stats; leads-031",
        shows={"error.details": 'invalid input syntax for type uuid: "stats"'},
    ),
    gap(
        *(33, "get_created_by_creator_agent", ANN, f"{LIST}/{{{{create_minimal_agent.data.id}}}}", 403, 3),
        "Q-20; leads-035",
        like="appointments-022",
    ),
    gap(
        *(33, "get_created", ADA, f"{LIST}/{{{{create_minimal_agent.data.id}}}}", 200, 2, "031"),
        shows={"data.title": "Mini", "data.start_time": "09:00:00", "data.owner_id": None},
        volatile=CREATED,
    ),
)
DERIVED = (*LISTS, *ONE)
