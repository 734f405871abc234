"""The words of the answers about users."""

from datetime import UTC, datetime

from domains.users.controllers import shown, spelled
from tests.domains.support import Modern


def test_a_row_is_shown_under_other_keys_or_as_it_is_spelled() -> None:
    row = {"first_name": "Ann", "created_at": datetime(2026, 11, 23, tzinfo=UTC)}

    assert spelled(row, {"firstName": "first_name"}) == {"firstName": "Ann"}
    assert shown(row) == {"first_name": "Ann", "created_at": "2026-11-23T00:00:00.000Z"}


async def test_the_members_of_a_team_are_counted_in_text_and_a_role_that_was_not_asked_for_is_not_told(
    modern: Modern,
) -> None:
    team = await modern.send("admin_ada", "GET", "/v1/teams/aaaaaaaa-0000-4000-8000-000000000001")
    role = await modern.send("agent_ann", "GET", "/v1/auth/verify-role")

    assert isinstance(team.body["data"]["member_count"], str)
    assert "requiredRole" not in role.body["data"]
    assert role.body["data"]["authorized"] is False
