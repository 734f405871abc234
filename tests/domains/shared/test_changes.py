"""Statements of changes are made once for each set of columns."""

from sqlalchemy import func

from domains.escrows.models import ESCROW, escrows
from domains.shared.changes import NO_VERSION, adding, changing, setting, telling, version_of
from domains.shared.permissions import Access


def test_the_same_columns_are_the_same_statement_with_other_parameters() -> None:
    (one, first), (two, second) = (
        changing(escrows, {"city": city}, version=3, hides_archived=False) for city in ("A", "B")
    )

    assert one is two
    assert [first, second] == [{"new_city": city, "known_version": 3} for city in ("A", "B")]


def test_other_columns_or_conditions_are_another_statement() -> None:
    made = [
        changing(escrows, {"city": "A"}, version=None, hides_archived=False)[0],
        changing(escrows, {"city": "A"}, version=3, hides_archived=False)[0],
        changing(escrows, {"city": "A"}, version=None, hides_archived=True)[0],
        changing(escrows, {"state": "A"}, version=None, hides_archived=False)[0],
    ]

    assert len({id(statement) for statement in made}) == len(made)


def test_a_value_that_the_database_computes_stays_in_the_statement() -> None:
    statement, parameters = changing(escrows, {"city": func.upper("a")}, version=None, hides_archived=False)

    assert "upper" in str(statement)
    assert parameters == {}


def test_what_tells_of_a_change_is_made_once_for_it() -> None:
    statement, _ = changing(escrows, {"city": "A"}, version=None, hides_archived=False)
    how = escrows.c.id == "x"

    first, second = (telling(ESCROW, how, Access.EDIT, statement) for _ in range(2))

    assert first is second


def test_an_insertion_of_the_same_columns_is_made_once_and_tells_what_it_is_asked_to() -> None:
    told = (escrows.c.id,)
    (one, first), (two, second) = (
        adding(escrows, {"city": city}, told, unique="display_id") for city in ("A", "B")
    )

    assert one is two
    assert [first, second] == [{"new_city": "A"}, {"new_city": "B"}]
    assert str(one).endswith("RETURNING escrows.id")


def test_an_expression_that_is_made_once_makes_one_statement() -> None:
    now = func.now()

    made = [
        setting(escrows, {"city": "A", "updated_at": now}, escrows.c.deleted_at.is_(None))[0]
        for _ in range(2)
    ]
    again = [setting(escrows, {"city": "A", "updated_at": now})[0] for _ in range(2)]

    assert made[0] is not made[1], "its condition is made anew"
    assert again[0] is again[1]


def test_a_version_of_null_is_that_of_no_row() -> None:
    changes = {"title": "X", "version": 3}

    assert (version_of(changes), changes) == (3, {"title": "X"})
    assert version_of({"title": "X"}) is None
    assert version_of({"version": None}) == NO_VERSION
