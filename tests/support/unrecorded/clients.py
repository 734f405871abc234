"""The gaps in the recording of clients."""

from collections.abc import Sequence

from tests.support.unrecorded import WRITTEN, Derived, in_domain

ADA, ANN, BEN, BEA = "admin_ada", "agent_ann", "agent_ben", "broker_bea"
LIST = "/v1/clients"
UNKNOWN = f"{LIST}/deadbeef-0000-4000-8000-000000000000"
SEEDED = "the seed, by created_at, newest first, as in 002"


def client(number: int) -> str:
    return f"{LIST}/c1000000-0000-4000-8000-{number:012}"


gap = in_domain("clients")


def listed(
    number: int,
    name: str,
    user: str,
    query: str,
    rows: Sequence[int],
    total: int,
    *,
    evidence: str = SEEDED,
    limit: int = 20,
) -> Derived:
    """A list, of which these rows come first."""
    pagination = {"currentPage": 1, "totalPages": -(-total // limit), "totalCount": total, "limit": limit}
    shown = {
        f"data.clients[{place}].id": f"c1000000-0000-4000-8000-{row:012}" for place, row in enumerate(rows)
    }
    return gap(
        *(number, name, user, f"{LIST}{query}", 200, 3, evidence),
        shows=shown | {"data.pagination": pagination},
    )


DERIVED = (
    listed(1, "list_admin_default", ADA, "", (57, 56, 55, 52, 51, 50, 47), 48),
    listed(4, "list_status_all", ADA, "?status=all&limit=3", (59, 58, 57), 80, limit=3),
    listed(6, "list_status_archived", ADA, "?status=archived&limit=3", (59, 54, 49), 16, limit=3),
    listed(7, "list_status_unknown", ADA, "?status=bogus", (), 0),
    listed(7, "list_status_upper", ADA, "?status=Active", (), 0, evidence="the column is compared as it is"),
    listed(
        12, "list_sort_ignored", ADA, "?sortBy=first_name&sortOrder=asc&limit=3", (57, 56, 55), 48, limit=3
    ),
    listed(18, "list_agent_scope_user", ANN, "?scope=user&limit=3", (57, 56, 50), 14, limit=3),
    gap(
        *(20, "list_broker_default_error", BEA, LIST, 500, 1, "Q-11; appointments-017"),
        shows={"error.code": "FETCH_ERROR", "error.details": "User is not associated with a broker"},
    ),
    gap(23, "get_admin", ADA, client(1), 200, 2, "028", shows={"data.first_name": "Briar"}),
    gap(
        *(27, "get_collaborator", BEN, client(1), 200, 4, "endpoints.md: 4 statements; listings-035"),
        shows={"data.first_name": "Briar"},
    ),
    gap(
        *(29, "get_unknown", ADA, UNKNOWN, 404, 2, "endpoints.md: NOT_FOUND; 062"),
        shows={"error": {"code": "NOT_FOUND", "message": "Client not found"}},
    ),
    gap(
        *(30, "get_unknown_agent", ANN, UNKNOWN, 403, 2, "requireOwnership; listings-039"),
        shows={"error.message": "You do not have permission to access this client"},
    ),
    gap(
        *(51, "get_after_update", ADA, client(10), 200, 2, "050 changes the contact, not the client"),
        shows={
            "data.first_name": "Renamed",
            "data.phone": "(213) 555-0100",
            "data.updated_at": "2025-01-19T17:10:00.000Z",
        },
    ),
    gap(
        *(56, "get_after_conflict", ADA, client(11), 200, 2, "054 was kept, 055 was not"),
        shows={"data.status": "inactive"},
        volatile=WRITTEN,
    ),
    gap(79, "get_after_delete", ADA, client(15), 404, 2, "078", shows={"error.code": "NOT_FOUND"}),
    gap(
        *(88, "newstyle_stats", ADA, f"{LIST}/stats?status=active", 500, 2, "listings-107; 033"),
        like="clients-033",
    ),
)
