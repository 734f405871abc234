"""The WHERE clause of a list."""

import pytest

from legacy_bridge.auth import User
from legacy_bridge.errors import Refusal
from legacy_bridge.filters import NO_BROKER, Filter


def without_broker() -> Refusal:
    return Refusal(500, "FETCH_ERROR", NO_BROKER)


def test_each_value_has_its_place() -> None:
    wanted = Filter(["x.deleted_at IS NULL"])

    wanted.add("x.status = ?", "New")
    wanted.add("(x.a ILIKE ? OR x.b ILIKE ?)", "%q%")

    assert wanted.where == "x.deleted_at IS NULL AND x.status = $1 AND (x.a ILIKE $2 OR x.b ILIKE $2)"
    assert wanted.values == ["New", "%q%"]
    assert wanted.next_places() == ("$3", "$4")


def test_without_conditions_everything_is_left() -> None:
    assert Filter().where == "1=1"


@pytest.mark.parametrize(
    ("role", "query", "where", "values"),
    [
        ("system_admin", {}, "1=1", []),
        ("system_admin", {"scope": "brokerage"}, "1=1", []),
        ("system_admin", {"scope": "user"}, "x.owner_id = $1", ["me"]),
        ("agent", {}, "x.team_id = $1", [None]),
        ("team_owner", {}, "x.team_id = $1", [None]),
        ("broker", {"scope": "user"}, "x.owner_id = $1", ["me"]),
        ("broker", {"scope": "team"}, "x.team_id = $1", [None]),
    ],
)
def test_a_scope_leaves_the_rows_that_the_role_may_see(
    role: str, query: dict[str, str], where: str, values: list[str | None]
) -> None:
    wanted = Filter()

    wanted.narrow(User("me", role), query, "x", without_broker)

    assert (wanted.where, wanted.values) == (where, values)


def test_the_default_list_of_a_broker_fails() -> None:
    with pytest.raises(Refusal, match=NO_BROKER):
        Filter().narrow(User("me", "broker"), {}, "x", without_broker)
