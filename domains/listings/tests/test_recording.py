"""The recorded exchanges of listings, replayed against modern: only declared deviations, each needed."""

import psycopg

from loadtests.recording import Recorded
from tests.domains.recording import Question, RecordedRoom
from tests.support.replay import Before

OWN, OTHER, WRITTEN_BY_LEGACY, SHARED, UNKNOWN = (
    f"/v1/listings/{key}"
    for key in (
        "11500000-0000-4000-8000-000000000009",
        "11500000-0000-4000-8000-000000000010",
        "11500000-0000-4000-8000-000000000024",
        "11500000-0000-4000-8000-000000000002",
        "deadbeef-0000-4000-8000-000000000000",
    )
)
MALFORMED = "/v1/listings/not-an-id"
ADA, ANN, BEN, BEA = "admin_ada", "agent_ann", "agent_ben", "broker_bea"
SHOWING = {"date": "2027-05-01", "time": "10:00"}

# modern commits updates that legacy refuses; what follows starts from the recorded row again
AFTER_DEVIATIONS = "update_snake_price"
RECORDED_ROW = """
    UPDATE listings SET
        city = %(city)s, features = %(features)s, version = 1, last_modified_by = NULL, updated_at = %(updated_at)s
    WHERE id = %(id)s
"""


class TestListings(RecordedRoom):
    """Listings against their recording."""

    domain = "listings"
    questions = (
        Question(ADA, "list_page_invalid", "GET", "/v1/listings?page=abc"),
        Question(ADA, "list_page_blank", "GET", "/v1/listings?page="),
        Question(ADA, "list_limit_zero", "GET", "/v1/listings?limit=0"),
        Question(ADA, "list_limit_negative", "GET", "/v1/listings?limit=-1"),
        Question(ADA, "list_page_beyond", "GET", "/v1/listings?page=99&limit=7x"),
        Question(ADA, "list_days", "GET", "/v1/listings?minDaysOnMarket=10&maxDaysOnMarket=90&status="),
        Question(ADA, "list_days_invalid", "GET", "/v1/listings?minDaysOnMarket=soon"),
        Question(ADA, "list_sort_ties", "GET", "/v1/listings?sortBy=days_on_market&sortOrder=asc&limit=60"),
        Question(BEA, "list_broker_default", "GET", "/v1/listings"),
        Question(BEA, "list_broker_scope_user", "GET", "/v1/listings?scope=user"),
        Question(ANN, "list_default", "GET", "/v1/listings"),
        Question(ANN, "list_scope_all", "GET", "/v1/listings?scope=all"),
        Question(ADA, "get_malformed", "GET", MALFORMED),
        Question(ADA, "get_upper_case", "GET", OWN.upper().replace("/V1/LISTINGS", "/v1/listings")),
        Question(ANN, "get_malformed_agent", "GET", MALFORMED),
        Question(ADA, "health", "GET", "/v1/listings/health/db"),
        Question(ANN, "stats_agent", "GET", "/v1/listings/stats"),
        Question(ADA, "export", "GET", "/v1/listings/export"),
        Question(ADA, "stats_of_no_scope", "GET", "/v1/listings/stats?scope=bogus"),
        Question(ADA, "export_of_no_page", "GET", "/v1/listings/export?page=x"),
        Question(ANN, "export_agent", "GET", "/v1/listings/export"),
        Question(
            ADA, "create_text_year", "POST", "/v1/listings", {"propertyAddress": "x", "yearBuilt": "old"}
        ),
        Question(
            ADA,
            "create_odd",
            "POST",
            "/v1/listings",
            {
                "propertyAddress": 5,
                "features": {"a": 1},
                "photos": "p",
                "listingStatus": "Secret",
                "bathrooms": "2",
            },
        ),
        Question(ADA, "create_two_faults", "POST", "/v1/listings", {"listPrice": None, "listingDate": None}),
        Question(
            ADA, "update_team", "PUT", WRITTEN_BY_LEGACY, {"team_id": "aaaaaaaa-0000-4000-8000-000000000001"}
        ),
        Question(ADA, "update_price_invalid", "PUT", OTHER, {"listPrice": "1e5"}),
        Question(
            ADA, "update_status_raw", "PUT", OTHER, {"listing_status": "Anything", "mls_number": "MLS-X"}
        ),
        Question(
            ADA,
            "update_commission",
            "PUT",
            OTHER,
            {"listingCommission": "3.25", "showingInstructions": "<b>"},
        ),
        Question(ADA, "update_only_ignored", "PUT", OTHER, {"id": "x", "created_at": "y"}),
        Question(ADA, "update_malformed", "PUT", MALFORMED, {"city": "X"}),
        Question(ADA, "archive_malformed", "PUT", f"{MALFORMED}/archive"),
        Question(ANN, "archive_unknown", "PUT", f"{UNKNOWN}/archive"),
        Question(ADA, "delete_malformed", "DELETE", MALFORMED),
        Question(ADA, "price_text", "POST", f"{OTHER}/price-reduction", {"newPrice": "350000.5"}),
        Question(ADA, "price_none", "POST", f"{OTHER}/price-reduction", {"newPrice": -1}),
        Question(ADA, "price_too_large", "POST", f"{OTHER}/price-reduction", {"newPrice": 1e12}),
        Question(ADA, "price_malformed", "POST", f"{MALFORMED}/price-reduction", {"newPrice": 1}),
        Question(ANN, "price_unknown", "POST", f"{UNKNOWN}/price-reduction", {"newPrice": 1}),
        Question(BEN, "price_view_only", "POST", f"{SHARED}/price-reduction", {"newPrice": 1}),
        Question(ADA, "showing_malformed", "POST", f"{MALFORMED}/showings", SHOWING),
        Question(BEN, "showing_foreign_team", "POST", f"{OWN}/showings", SHOWING),
        Question(ANN, "showing_odd", "POST", f"{OWN}/showings", {"date": [], "time": {}, "agentName": None}),
        Question(ADA, "put_no_photos", "PUT", OWN, {"photos": []}),
        Question(ANN, "archive_own", "PUT", f"{OWN}/archive"),
        Question(ANN, "get_archived_own", "GET", OWN),
        Question(ANN, "update_archived_own", "PUT", OWN, {"city": "X"}),
        Question(ANN, "archive_again", "PUT", f"{OWN}/archive"),
        Question(BEN, "batch_foreign", "POST", "/v1/listings/batch-delete", {"ids": [OWN[-36:]]}),
        Question(ADA, "batch_foreign_admin", "POST", "/v1/listings/batch-delete", {"ids": [OWN[-36:]]}),
        Question(ANN, "batch_twice", "POST", "/v1/listings/batch-delete", {"ids": [OWN[-36:], OWN[-36:]]}),
        Question(ANN, "batch_object", "POST", "/v1/listings/batch-delete", {"ids": "x"}),
    )

    def before(self, database_url: str) -> Before:
        """Updates that legacy refuses are taken back before the next one."""
        with psycopg.connect(database_url) as connection:
            kept = connection.execute(
                "SELECT id, city, features::text, updated_at FROM listings"
                " WHERE id = '11500000-0000-4000-8000-000000000011'"
            ).fetchone()
        assert kept is not None
        row = dict(zip(("id", "city", "features", "updated_at"), kept, strict=True))

        def restore(recorded: Recorded) -> None:
            if recorded.name == AFTER_DEVIATIONS:
                with psycopg.connect(database_url) as connection:
                    connection.execute(RECORDED_ROW, row)

        return restore
