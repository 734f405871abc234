"""How escrows are found by each kind of endpoint."""

import pytest

from legacy_bridge.escrow_lookup import bare_id, id_column
from tests.legacy_bridge.support import Legacy

UUID = "e5c00000-0000-4000-8000-000000000007"
FORMS = (UUID, f"escrow-{UUID}", "7", "ESC-2025-0007")


def test_an_id_is_a_uuid_or_else_a_display_id() -> None:
    assert [id_column(bare_id(form)) for form in FORMS] == ["id", "id", "display_id", "display_id"]
    assert id_column(UUID.upper()) == "id"
    assert id_column(f"escrow-{UUID}") == "display_id"


@pytest.mark.parametrize(
    ("part", "statuses"),
    [
        ("people", [200, 200, 200, 200]),
        ("timeline", [200, 200, 200, 200]),
        ("financials", [200, 200, 200, 200]),
        ("checklist-loan", [200, 200, 200, 200]),
        ("documents", [200, 200, 200, 200]),
        ("details", [200, 404, 404, 200]),
        ("property-details", [200, 404, 404, 200]),
        ("notes", [200, 404, 404, 200]),
    ],
)
async def test_parts_take_every_form_of_an_id_and_sections_two(
    legacy: Legacy, part: str, statuses: list[int]
) -> None:
    found = [(await legacy.send("agent_ben", "GET", f"/v1/escrows/{form}/{part}")).status for form in FORMS]

    assert found == statuses


async def test_a_number_beyond_all_is_an_error_of_the_part(legacy: Legacy) -> None:
    reply = await legacy.send("admin_ada", "GET", "/v1/escrows/99999999999/people")

    expected = {"code": "SERVER_ERROR", "message": "Failed to fetch escrow people"}
    assert (reply.status, reply.body["error"]) == (500, expected)
