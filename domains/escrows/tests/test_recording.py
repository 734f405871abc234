"""The recorded exchanges of escrows, replayed against modern: only declared deviations, each needed."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from loadtests.recording import Recorded
from tests.domains.recording import Question, RecordedRoom
from tests.support.replay import Before, Replayed

SEED = Path(__file__).parents[3] / "tests" / "contract" / "seed" / "escrows.json"
ROWS = {row["id"]: row for row in json.loads(SEED.read_text())}

# modern commits the update with a version that legacy refuses; what follows starts from the recorded row again
AFTER_THE_VERSION = """
    UPDATE escrows SET city = 'Sampleville', version = 1, last_modified_by = NULL
    WHERE id = 'e5c00000-0000-4000-8000-000000000009'
"""
# modern keeps the timeline that legacy destroys; what is read after it is the destroyed one
DESTROYED = "UPDATE escrows SET timeline = %s WHERE id = 'e5c00000-0000-4000-8000-000000000013'"
# modern lets no stranger archive
ARCHIVED_BY_A_STRANGER = """
    UPDATE escrows SET deleted_at = now() WHERE id = 'e5c00000-0000-4000-8000-000000000015'
"""
OF_ANN, OF_BEN = "e5c00000-0000-4000-8000-000000000009", "e5c00000-0000-4000-8000-000000000011"
OTHER = "e5c00000-0000-4000-8000-000000000010"
UNKNOWN = "deadbeef-0000-4000-8000-000000000000"
IN_THE_ARCHIVE = "e5c00000-0000-4000-8000-000000000020"


def ask(user: str, name: str, method: str, path: str, body: Any = None) -> Question:
    return Question(user, name, method, f"/v1/escrows{path}", body)


class TestTheRecordingOfEscrows(RecordedRoom):
    """Escrows, and what the recording does not show of them."""

    domain = "escrows"
    questions = (
        ask("admin_ada", "get_number_too_large", "GET", "/99999999999"),
        ask("admin_ada", "get_nul", "GET", "/%00"),
        ask("agent_ann", "get_own", "GET", f"/{OF_ANN}"),
        ask("admin_ada", "list_sort_bogus", "GET", "?sort=bogus"),
        ask("admin_ada", "list_sort_ties", "GET", "?sort=escrow_status&limit=50"),
        ask("admin_ada", "list_price_invalid", "GET", "?minPrice=x"),
        ask("broker_bea", "list_scope_all", "GET", "?scope=all"),
        ask("broker_bea", "list_scope_team", "GET", "?scope=team"),
        ask("owner_otto", "list_scope_brokerage", "GET", "?scope=brokerage"),
        ask("ghost", "list_ghost", "GET", ""),
        ask("expired:agent_ann", "list_expired", "GET", ""),
        ask("agent_ann", "no_endpoint", "GET", "/5/bogus"),
        ask("agent_ann", "archive_unknown", "PUT", f"/{UNKNOWN}/archive"),
        ask("agent_ann", "restore_unknown", "PUT", f"/{UNKNOWN}/restore"),
        ask("admin_ada", "export", "GET", "/export"),
        ask("admin_ada", "stats_of_no_scope", "GET", "/stats?scope=bogus"),
        ask("admin_ada", "export_of_no_page", "GET", "/export?page=x"),
        ask("agent_ann", "details_unknown", "GET", f"/{UNKNOWN}/details"),
        ask(
            "agent_ben", "patch_foreign", "PATCH", f"/{OF_ANN}/checklist", {"item": "loan.cd", "value": True}
        ),
        ask("agent_ben", "note_foreign", "POST", f"/{OF_ANN}/notes", {"note": "x"}),
        ask("agent_ann", "timeline_by_display_id", "GET", "/ESC-2025-0009/timeline"),
        ask("admin_ada", "details_by_number", "GET", "/9/details"),
        ask("admin_ada", "people_number_too_large", "GET", "/99999999999/people"),
        ask("admin_ada", "put_timeline_array", "PUT", f"/{OF_ANN}/timeline", [{"label": "Signed"}]),
        ask("admin_ada", "put_details_invalid", "PUT", f"/{OF_ANN}/details", {"purchasePrice": "lots"}),
        ask("admin_ada", "put_details_null", "PUT", f"/{OTHER}/details", {"escrowStatus": None, "x": 1}),
        ask("admin_ada", "put_financials_invalid", "PUT", f"/{OF_ANN}/financials", {"netCommission": "lots"}),
        ask(
            "admin_ada",
            "put_financials_mine",
            "PUT",
            f"/{OF_ANN}/financials",
            {"agentSplit": 0, "agentNet": 7},
        ),
        ask("admin_ada", "put_financials_null", "PUT", f"/{OF_ANN}/financials", {"purchasePrice": None}),
        ask("admin_ada", "get_financials", "GET", f"/{OF_ANN}/financials"),
        ask("admin_ada", "put_people_array", "PUT", f"/{OF_BEN}/people", ["a<b", {"name": "c<d"}]),
        ask("admin_ada", "get_people_array", "GET", f"/{OF_BEN}/people"),
        ask("admin_ada", "patch_item_form", "PATCH", f"/{OF_ANN}/checklist", {"item": "loan", "value": True}),
        ask("admin_ada", "patch_item_number", "PATCH", f"/{OF_ANN}/checklist", {"item": 5, "value": True}),
        ask("admin_ada", "patch_item_new", "PATCH", f"/{OF_ANN}/checklist", {"item": "x.y.z", "value": "1"}),
        ask(
            "admin_ada",
            "patch_item_note",
            "PATCH",
            f"/{OF_ANN}/checklist",
            {"item": 5, "value": 2, "note": 3},
        ),
        ask("admin_ada", "put_people_no_contact", "PUT", f"/{OF_BEN}/people", {"buyer": "not-a-uuid"}),
        ask("admin_ada", "get_people_no_contact", "GET", f"/{OF_BEN}/people"),
        ask("admin_ada", "put_images", "PUT", f"/{OF_ANN}/property-details", {"property_images": ["a", "b"]}),
        ask(
            "admin_ada",
            "put_lot_size",
            "PUT",
            f"/escrow-{OF_BEN}/property-details",
            {"lotSize": 7, "zoning": "R2"},
        ),
        ask("admin_ada", "put_documents", "PUT", f"/{OF_ANN}/documents", ["a<b", {"name": "c<d"}, 5, None]),
        ask("admin_ada", "whole", "GET", f"/{OF_BEN}"),
        ask("admin_ada", "list_sort_people", "GET", "?sort=people&limit=3"),
        ask("admin_ada", "put_deleter", "PUT", f"/{OF_BEN}/property-details", {"deleted_by": None}),
        ask("agent_ann", "batch_unknown", "POST", "/batch-delete", {"ids": [UNKNOWN]}),
        ask("admin_ada", "put_nul", "PUT", "/%00", {"city": "X"}),
        ask("admin_ada", "delete_nul", "DELETE", "/%00"),
        ask("agent_ann", "archive_nul", "PUT", "/%00/archive"),
        ask("admin_ada", "put_no_images", "PUT", f"/{OF_BEN}", {"property_images": []}),
        ask("admin_ada", "put_notes", "PUT", f"/{OTHER}", {"notes": "5"}),
        ask("admin_ada", "post_note_on_a_number", "POST", f"/{OTHER}/notes", {"note": "x"}),
        ask("admin_ada", "get_notes_of_a_number", "GET", f"/{OTHER}/notes"),
        ask("admin_ada", "post_note_type", "POST", f"/{OF_ANN}/notes", {"note": "", "type": 5}),
        ask("admin_ada", "batch_of_many_faults", "POST", "/batch-delete", {"ids": {"a": 1, "b": "x"}}),
        ask("admin_ada", "batch_nul", "POST", "/batch-delete", {"ids": ["a\0b"]}),
        ask("admin_ada", "batch_twice", "POST", "/batch-delete", {"ids": [IN_THE_ARCHIVE, IN_THE_ARCHIVE]}),
        ask("agent_ben", "batch_foreign", "POST", "/batch-delete", {"ids": [IN_THE_ARCHIVE]}),
    )

    def before(self, database_url: str) -> Before:
        """Take back what a deviation did to the rows that are read later."""

        def before(recorded: Recorded) -> None:
            with psycopg.connect(database_url) as connection:
                match recorded.name:
                    case "update_status_escaped":
                        connection.execute(AFTER_THE_VERSION)
                    case "get_timeline_after_put" | "put_timeline_unknown":
                        row = ROWS["e5c00000-0000-4000-8000-000000000013"]
                        items = {str(place): item for place, item in enumerate(row["timeline"])}
                        connection.execute(DESTROYED, [Jsonb(items | {"inspection": "2027-01-01"})])
                    case "list_archived_after_batch":
                        connection.execute(ARCHIVED_BY_A_STRANGER)
                    case _:
                        pass

        return before

    def deviating_events(self, one: Replayed) -> Sequence[Mapping[str, Any]]:
        """Q-08: what legacy tells everybody modern tells the user, the team and the broker of the escrow."""
        told: list[Mapping[str, Any]] = []
        for event in one.recorded.ws_events:
            if event["room"] != "*":
                told.append(event)
                continue
            row = ROWS[event["data"]["escrowId"]]
            rooms = {"user": row["owner_id"], "team": row["team_id"], "broker": row["broker_id"]}
            told += [dict(event) | {"room": f"{whose}-{key}"} for whose, key in rooms.items() if key]
        return told
