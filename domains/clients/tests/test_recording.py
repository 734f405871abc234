"""The recorded exchanges of clients, replayed against modern: only declared deviations, each needed."""

from typing import Any

from tests.domains.recording import Question, RecordedRoom

OWN, OTHER, SHARED, ARCHIVED = (
    f"/v1/clients/c1000000-0000-4000-8000-{number:012}" for number in (7, 10, 1, 4)
)
UNKNOWN = "/v1/clients/deadbeef-0000-4000-8000-000000000000"
MALFORMED = "/v1/clients/not-an-id"
BATCH = "/v1/clients/batch-delete"
ADA, ANN, BEN, BEA = "admin_ada", "agent_ann", "agent_ben", "broker_bea"


def named(**more: Any) -> dict[str, Any]:
    return {"firstName": "Ivo", "lastName": "Example", **more}


class TestClients(RecordedRoom):
    """Clients against their recording."""

    domain = "clients"
    questions = (
        Question(ADA, "list_page_blank", "GET", "/v1/clients?page="),
        Question(ADA, "list_limit_zero", "GET", "/v1/clients?limit=0"),
        Question(ADA, "list_page_beyond", "GET", "/v1/clients?page=99&limit=7x"),
        Question(ADA, "list_status_blank", "GET", "/v1/clients?status=&limit=100"),
        Question(ADA, "list_search_pattern", "GET", "/v1/clients?search=a%25e_&status=all"),
        Question(ADA, "list_search_backslash", "GET", "/v1/clients?search=a%5C"),
        Question(ADA, "list_search_nul", "GET", "/v1/clients?search=%00"),
        Question(BEA, "list_broker_default", "GET", "/v1/clients"),
        Question(BEA, "list_broker_scope_user", "GET", "/v1/clients?scope=user"),
        Question(ANN, "list_scope_blank", "GET", "/v1/clients?scope="),
        Question(ANN, "get_malformed_agent", "GET", MALFORMED),
        Question(BEN, "get_shared", "GET", SHARED),
        Question(ANN, "stats_agent", "GET", "/v1/clients/stats"),
        Question(ADA, "export", "GET", "/v1/clients/export"),
        Question(ADA, "stats_of_no_scope", "GET", "/v1/clients/stats?scope=bogus"),
        Question(ADA, "export_of_no_page", "GET", "/v1/clients/export?page=x"),
        Question(ANN, "export_agent", "GET", "/v1/clients/export"),
        Question(
            ADA, "create_number_for_name", "POST", "/v1/clients", named(firstName=5, clientType="seller")
        ),
        Question(ADA, "create_tags", "POST", "/v1/clients", named(tags=["a", 1, None], addressState="CA")),
        Question(ADA, "create_tags_text", "POST", "/v1/clients", named(tags="a")),
        Question(ADA, "create_long_state", "POST", "/v1/clients", named(addressState="California")),
        Question(ADA, "create_null", "POST", "/v1/clients", named(email=None, phone=None, clientType=None)),
        Question(ADA, "update_both", "PUT", OTHER, {"firstName": "New", "status": "inactive", "version": 1}),
        Question(
            ADA,
            "update_conflict_keeps_the_name",
            "PUT",
            OTHER,
            {"firstName": "Lost", "status": "active", "version": 1},
        ),
        Question(ADA, "update_both_were_kept", "GET", OTHER),
        Question(ADA, "update_version_ignored", "PUT", OTHER, {"phone": "555-000-0000", "version": "x"}),
        Question(ADA, "update_version_no_number", "PUT", OTHER, {"status": "active", "version": "x"}),
        Question(ADA, "update_long_phone", "PUT", OTHER, {"phone": "5" * 40}),
        Question(
            ADA, "update_two_faults", "PUT", OTHER, {"firstName": None, "email": "x", "clientType": "B"}
        ),
        Question(ADA, "update_malformed", "PUT", MALFORMED, {"status": "active"}),
        Question(ANN, "update_malformed_agent", "PUT", MALFORMED, {"lastName": "X"}),
        Question(ADA, "archive_malformed", "PUT", f"{MALFORMED}/archive"),
        Question(ADA, "delete_malformed", "DELETE", MALFORMED),
        Question(ADA, "note_number", "POST", f"{OTHER}/notes", {"content": 5}),
        Question(ADA, "note_escaped", "POST", f"{OTHER}/notes", {"content": "<b>"}),
        Question(ADA, "note_malformed", "POST", f"{MALFORMED}/notes", {"content": "x"}),
        Question(ANN, "note_malformed_agent", "POST", f"{MALFORMED}/notes", {"content": "x"}),
        Question(ANN, "note_unknown", "POST", f"{UNKNOWN}/notes", {"content": "x"}),
        Question(BEN, "note_shared", "POST", f"{SHARED}/notes", {"content": "x"}),
        Question(ADA, "tags_malformed", "PATCH", f"{MALFORMED}/tags", {"tags": []}),
        Question(ANN, "tags_malformed_agent", "PATCH", f"{MALFORMED}/tags", {"tags": []}),
        Question(ANN, "tags_unknown", "PATCH", f"{UNKNOWN}/tags", {"tags": []}),
        Question(ANN, "tags_foreign_team", "PATCH", f"{OTHER}/tags", {"tags": ["x"]}),
        Question(ADA, "tags_odd", "PATCH", f"{OTHER}/tags", {"tags": ["<b>", 5, True, None, 'a"b\\c']}),
        Question(BEN, "batch_foreign", "POST", BATCH, {"ids": [ARCHIVED[-36:]]}),
        Question(ADA, "batch_twice", "POST", BATCH, {"ids": ["c1000000-0000-4000-8000-000000000059"] * 2}),
        Question(ADA, "batch_no_array", "POST", BATCH, {"ids": "x"}),
        Question(ANN, "archive_own", "PUT", f"{OWN}/archive"),
        Question(ANN, "get_archived_own", "GET", OWN),
        Question(ANN, "delete_own", "DELETE", OWN),
        Question(ANN, "delete_again", "DELETE", OWN),
    )
