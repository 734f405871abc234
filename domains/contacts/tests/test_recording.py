"""The recorded exchanges of contacts, replayed against modern: only declared deviations, each needed."""

from typing import Any

import psycopg

from loadtests.recording import Recorded
from tests.domains.recording import Question, RecordedRoom
from tests.support.replay import Before

UNKNOWN = "deadbeef-0000-4000-8000-000000000000"
MINIMAL = {"first_name": "X", "last_name": "Y", "contact_type": "buyer"}
ROLE = {"role_name": "notary", "display_name": "Notary"}

# modern has added the roles that legacy refuses; what follows starts from the recorded rows again
AFTER_A_DEVIATION = "role_remove"
RECORDED_ROWS = """
    DELETE FROM contact_role_assignments
    WHERE contact_id = '0c000000-0000-4000-8000-000000000003' AND id::text NOT LIKE '4a000000-%';
    UPDATE contact_role_assignments SET is_primary = true
    WHERE contact_id = '0c000000-0000-4000-8000-000000000003'
"""


def contact_id(number: int) -> str:
    """The id of the seeded contact of that number."""
    return f"0c000000-0000-4000-8000-{number:012}"


def role_id(number: int) -> str:
    return f"401e0000-0000-4000-8000-{number:012}"


LISTS = [
    ("agent_ann", "limit=3&offset=2"),
    ("agent_ann", "limit=0"),
    ("agent_ann", "limit=2x&offset=1.9"),
    ("agent_ann", "offset=999"),
    ("agent_ann", "offset=-1"),
    ("agent_ann", "limit=-1"),
    ("agent_ann", "offset=bogus"),
    ("agent_ann", "archived=true"),
    ("agent_ann", "archived=yes&type=lender"),
    ("agent_ann", "type=bogus"),
    ("agent_ann", "search=%00"),
    ("agent_ann", "search=works%20%26%20!%3A"),
    ("admin_ada", "limit=2&scope=all"),
    ("broker_bea", ""),
    ("off_olga", ""),
    ("apikey:agent_ann", ""),
]
SEARCHES = [
    ("agent_ann", "name=%25&limit=2"),
    ("agent_ann", "role=loan_officer&email=example"),
    ("agent_ann", "limit=bogus"),
    ("agent_ann", "limit=0"),
    ("agent_ann", "name=%00"),
    ("admin_ada", ""),
]
ROWS: list[tuple[str, str, str, Any]] = [
    ("agent_ann", "GET", "/not-an-id", None),
    ("admin_ada", "GET", "/not-an-id", None),
    ("admin_ada", "GET", f"/{contact_id(3)}", None),
    ("agent_ann", "GET", "/stats", None),
    ("agent_ann", "GET", "/export", None),
    ("agent_ann", "GET", f"/{contact_id(3)}/bogus", None),
    ("apikey:agent_ann", "GET", f"/{contact_id(3)}", None),
    ("agent_ann", "PUT", f"/{contact_id(3)}", {"contact_type": "alien"}),
    ("agent_ann", "PUT", f"/{contact_id(3)}", {"first_name": None}),
    ("agent_ann", "PUT", f"/{contact_id(3)}", {"state": "California"}),
    ("agent_ann", "PUT", f"/{contact_id(3)}", {"tags": "vip"}),
    ("agent_ann", "PUT", f"/{contact_id(3)}", {"tags": ["<b>", 5, None, True], "notes": "<b>", "phone": 5}),
    ("agent_ann", "PUT", f"/{contact_id(3)}", {"tags": [], "email": None, "user_id": "me"}),
    ("agent_ann", "PUT", f"/{contact_id(3)}", {"notes": "\u0000"}),
    ("agent_ann", "PUT", f"/{contact_id(1)}", {"contact_type": "alien"}),
    ("agent_ann", "PUT", f"/{contact_id(1)}", {"state": "California"}),
    ("agent_ann", "PUT", f"/{contact_id(1)}", {}),
    ("agent_ann", "PUT", "/not-an-id", {"phone": "1"}),
    ("admin_ada", "PUT", f"/{contact_id(3)}", {"phone": "1"}),
    ("agent_ann", "PATCH", f"/{contact_id(3)}/archive", None),
    ("agent_ann", "PATCH", f"/{contact_id(3)}/archive", None),
    ("agent_ann", "PATCH", f"/{contact_id(3)}/unarchive", None),
    ("agent_ann", "PATCH", f"/{contact_id(3)}/unarchive", None),
    ("agent_ann", "PATCH", f"/{contact_id(1)}/unarchive", None),
    ("agent_ann", "PATCH", "/not-an-id/archive", None),
    ("agent_ann", "PATCH", "/not-an-id/unarchive", None),
    ("agent_ann", "DELETE", "/not-an-id", None),
    ("agent_ann", "DELETE", f"/{contact_id(1)}", None),
]
CREATIONS: list[dict[str, Any]] = [
    MINIMAL | {"first_name": ""},
    MINIMAL | {"tags": "vip"},
    MINIMAL | {"tags": ["a", None, "<b>"], "email": "", "notes": None},
    MINIMAL | {"state": "California"},
    MINIMAL | {"phone": 5, "is_archived": True, "user_id": "me"},
    MINIMAL | {"first_name": "<b>O'Test</b>"},
    MINIMAL | {"first_name": "x" * 101},
    MINIMAL | {"notes": "\u0000"},
]
ROLES: list[tuple[str, str, str, Any]] = [
    ("agent_ann", "GET", "not-an-id/roles", None),
    ("admin_ada", "GET", "not-an-id/roles", None),
    ("admin_ada", "GET", f"{UNKNOWN}/roles", None),
    ("admin_ada", "GET", f"{contact_id(2)}/roles", None),
    ("agent_ann", "GET", f"{contact_id(2)}/roles", None),
    ("agent_ben", "POST", f"{contact_id(2)}/roles", {}),
    ("agent_ann", "POST", f"{contact_id(2)}/roles", {"role_id": "bogus"}),
    ("agent_ben", "PUT", f"{contact_id(2)}/roles/primary", {"role_id": role_id(3)}),
    ("agent_ben", "PUT", f"{contact_id(2)}/roles/primary", {}),
    ("agent_ann", "PUT", f"{contact_id(2)}/roles/primary", {"role_id": "bogus"}),
    ("agent_ben", "DELETE", f"{contact_id(2)}/roles/{role_id(3)}", None),
    ("agent_ben", "DELETE", f"{contact_id(1)}/roles/{role_id(3)}", None),
    ("agent_ann", "DELETE", f"{contact_id(9)}/roles/not-an-id", None),
    ("admin_ada", "DELETE", f"{UNKNOWN}/roles/{role_id(3)}", None),
    ("admin_ada", "POST", "not-an-id/roles", {}),
    ("agent_ann", "DELETE", f"{contact_id(6)}/roles/{role_id(1)}", None),
    ("admin_ada", "DELETE", f"{contact_id(4)}/roles/not-an-id", None),
    ("agent_ben", "DELETE", f"{contact_id(4)}/roles/{role_id(1)}", None),
    ("agent_ben", "DELETE", f"{contact_id(10)}/roles/{role_id(1)}", None),
    ("admin_ada", "DELETE", f"not-an-id/roles/{role_id(3)}", None),
    ("agent_ann", "DELETE", f"not-an-id/roles/{role_id(3)}", None),
]
MADE_ROLES: list[dict[str, Any]] = [
    {},
    ROLE,
    ROLE,
    ROLE
    | {
        "role_name": "chef",
        "required_fields": ["email"],
        "hidden_fields": "x",
        "sort_order": "5",
        "color": "",
    },
    ROLE | {"role_name": "cook", "is_lead_type": "yes", "description": "<b>", "lead_category": 5},
    ROLE | {"role_name": "x" * 51},
    ROLE | {"role_name": "maid", "sort_order": "many"},
    ROLE | {"role_name": "page", "color": "#12345678"},
    ROLE | {"role_name": "\u0000"},
]


class TestContacts(RecordedRoom):
    """Contacts against the recording."""

    domain = "contacts"
    questions = (
        *(Question(user, f"list {user} {query}", "GET", f"/v1/contacts?{query}") for user, query in LISTS),
        *(
            Question(user, f"search {user} {query}", "GET", f"/v1/contacts/search?{query}")
            for user, query in SEARCHES
        ),
        *(
            Question(user, f"{method} {user} {path} {body}", method, f"/v1/contacts{path}", body)
            for user, method, path, body in ROWS
        ),
        *(Question("agent_ann", f"create {body}", "POST", "/v1/contacts", body) for body in CREATIONS),
        *(
            Question(user, f"{method} {user} {path} {body}", method, f"/v1/contacts/{path}", body)
            for user, method, path, body in ROLES
        ),
        *(
            Question("agent_ann", f"new role {body}", "POST", "/v1/contact-roles", body)
            for body in MADE_ROLES
        ),
        Question("agent_ann", "role", "GET", f"/v1/contact-roles/{role_id(3)}"),
        Question("agent_ann", "role unknown", "GET", f"/v1/contact-roles/{UNKNOWN}"),
        Question("agent_ann", "role malformed", "GET", "/v1/contact-roles/not-an-id"),
        Question("apikey:agent_ann", "roles by key", "GET", "/v1/contact-roles"),
        Question("agent_ann", "no endpoint", "DELETE", f"/v1/contact-roles/{role_id(3)}"),
    )

    def before(self, database_url: str) -> Before:
        """The roles of one contact are those of the recording again."""

        def restore(recorded: Recorded) -> None:
            if recorded.name == AFTER_A_DEVIATION:
                with psycopg.connect(database_url) as connection:
                    connection.execute(RECORDED_ROWS)

        return restore
