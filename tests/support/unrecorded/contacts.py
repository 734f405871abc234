"""The gaps in the recording of contacts and their roles."""

from collections.abc import Sequence
from typing import Any

from tests.support.unrecorded import CREATED, Derived, in_domain

ADA, ANN, BEN = "admin_ada", "agent_ann", "agent_ben"
LIST, ROLES = "/v1/contacts", "/v1/contact-roles"
UNKNOWN = f"{LIST}/deadbeef-0000-4000-8000-000000000000"
SEEDED = "the seed, by last and first name; 009 has the shape"
gap = in_domain("contacts")


def contact(number: int) -> str:
    return f"{LIST}/0c000000-0000-4000-8000-{number:012}"


def listed(
    number: int, name: str, query: str, rows: Sequence[int], total: int, evidence: str = SEEDED, **page: Any
) -> Derived:
    """A list of agent_ann's, of which these rows come first."""
    pagination = {"total": total, "limit": 50, "offset": 0, "hasMore": False} | page
    ids = {f"data[{place}].id": f"0c000000-0000-4000-8000-{row:012}" for place, row in enumerate(rows)}
    return gap(number, name, ANN, f"{LIST}{query}", 200, 3, evidence, shows=ids | {"pagination": pagination})


LISTS = (
    listed(1, "list_default", "", (121, 3, 171, 149, 31), 45),
    listed(2, "list_limit", "?limit=3", (121, 3, 171), 45, limit=3, hasMore=True),
    listed(2, "list_limit_offset", "?limit=3&offset=3", (149, 31, 115), 45, limit=3, offset=3, hasMore=True),
    listed(3, "list_type", "?type=buyer&limit=3", (121, 171, 149), 14, limit=3, hasMore=True),
    listed(4, "list_search", "?search=garnet", (66,), 1),
    listed(6, "list_archived", "?archived=true", (65, 52), 2),
    listed(8, "list_offset_beyond", "?offset=500", (), 45, offset=500),
    gap(10, "list_no_auth", None, LIST, 401, 0, "endpoints.md: NO_AUTH_TOKEN; 026", like="contacts-026"),
)
ONE = (
    gap(19, "get_unknown", ANN, UNKNOWN, 404, 2, "endpoints.md: NOT_FOUND", like="contacts-018"),
    gap(
        *(20, "get_malformed", ANN, f"{LIST}/not-a-uuid", 500, 2),
        "endpoints.md: INTERNAL_ERROR of GET /contacts/:id; public source: the sentence",
        shows={"error": {"code": "INTERNAL_ERROR", "message": "Failed to get contact"}},
    ),
    gap(
        *(22, "get_created", ANN, f"{LIST}/{{{{create.data.id}}}}", 200, 2, "row incl. search_vector"),
        shows={"data.full_name": "Clove Contactwell", "data.tags": ["a"]},
        volatile=CREATED,
    ),
    gap(
        *(34, "roles_get", ANN, f"{contact(2)}/roles", 200, 2, "035 is the same by another user"),
        shows={"count": 2, "data[*].role_name": ["client", "loan_officer"]},
        volatile=("$.timestamp",),
    ),
    gap(
        *(51, "roles_get_after_remove", ANN, f"{contact(2)}/roles", 200, 2, "047 has taken role 4"),
        shows={"count": 1, "data[*].role_name": ["client"]},
        volatile=("$.timestamp",),
    ),
)
KINDS = (
    gap(
        *(56, "contact_roles_list", ANN, ROLES, 200, 2),
        "endpoints.md: array; public source: count and timestamp beside it, thirteen columns",
        shows={
            "count": 6,
            "data[*].sort_order": [1, 2, 3, 4, 5, 6],
            "data[0].created_at": None,
            "data[0].is_active": True,
        },
        volatile=("$.timestamp",),
    ),
    gap(
        *(57, "contact_role_get", ANN, f"{ROLES}/401e0000-0000-4000-8000-000000000003", 200, 2),
        "endpoints.md: row; public source: its fifteen columns",
        shows={"data.role_name": "client"},
        volatile=("$.timestamp",),
    ),
    gap(
        *(58, "contact_role_unknown", ANN, f"{ROLES}/deadbeef-0000-4000-8000-000000000000", 404, 2),
        "endpoints.md: NOT_FOUND; 060 has the timestamp; public source: the sentence",
        shows={"error": {"code": "NOT_FOUND", "message": "Contact role not found"}},
        volatile=("$.timestamp",),
    ),
)
DERIVED = (*LISTS, *ONE, *KINDS)
